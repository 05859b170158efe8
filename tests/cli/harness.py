"""What the tests of the command share: running it, and saying what was expected and what came."""

import os
import shutil
import subprocess
import sys
import tempfile

TIMEOUT = 60  # seconds for one process; a hang is a failure


def long_run():
    """Whether to try everything instead of samples: what `./dev test --long` asks for."""
    return bool(os.environ.get("REPRISE_LONG"))


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def same(self, other):
        return (self.code, self.out, self.err) == (other.code, other.out, other.err)

    def __str__(self):
        return "exit code %s\n--- stdout\n%s\n--- stderr\n%s" % (
            self.code, self.out.decode(errors="replace"), self.err.decode(errors="replace"))


class Suite:
    """`tool` is the built command; every test gets a folder of its own."""

    def __init__(self, tool):
        self.tool = os.path.abspath(tool)
        self.failures = []
        self.passed = 0
        self.root = tempfile.mkdtemp(prefix="reprise-cli-")
        self.name = ""

    def folder(self, name):
        self.name = name
        path = os.path.join(self.root, name)
        os.makedirs(path)
        return path

    def run(self, *arguments, stdin=b"", cwd=None, env=None, before=None):
        environment = dict(os.environ, **(env or {}))
        try:
            done = subprocess.run([self.tool, *arguments], input=stdin, cwd=cwd or self.root,
                                  env=environment, capture_output=True, timeout=TIMEOUT,
                                  preexec_fn=before)
        except subprocess.TimeoutExpired as expired:
            return Ended("none: did not end in %d s" % TIMEOUT, expired.stdout or b"",
                         expired.stderr or b"")
        return Ended(done.returncode, done.stdout, done.stderr)

    def expect(self, condition, what, *details):
        if condition:
            self.passed += 1
            return True
        self.failures.append("%s: %s" % (self.name, what))
        print("FAILED %s: %s" % (self.name, what))
        for detail in details:
            print("  " + str(detail).replace("\n", "\n  "))
        sys.stdout.flush()
        return False

    def finish(self):
        shutil.rmtree(self.root, ignore_errors=True)
        print("%d checks passed, %d failed" % (self.passed, len(self.failures)))
        sys.exit(1 if self.failures else 0)
