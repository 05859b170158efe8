"""Looking on while a run is recorded, and what becomes of a recording whose ring is taken away.

  follow.py TOOL PROGRAMS
"""

import os
import select
import subprocess
import sys
import time

from harness import Suite

PATIENCE = 20  # seconds; far more than is ever needed


class Lines:
    """The lines of a process's output, as they come."""

    def __init__(self, process):
        self.descriptor = process.stdout.fileno()
        self.pending, self.all = b"", []

    def wait_for(self, text):
        """The first line from here on that has `text`; None if none comes in time."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            while b"\n" in self.pending:
                line, self.pending = self.pending.split(b"\n", 1)
                self.all.append(line)
                if text in line:
                    return line
            if select.select([self.descriptor], [], [], 0.1)[0]:
                more = os.read(self.descriptor, 1 << 16)
                if not more:
                    return None
                self.pending += more
        return None


def start(suite, *arguments, **how):
    return subprocess.Popen([suite.tool, *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **how)


def record(suite, folder, programs):
    trace = os.path.join(folder, "run.trace")
    run = start(suite, "run", "--record", trace, os.path.join(programs, "ticks.wat"),
                stdin=subprocess.PIPE, cwd=folder)
    say(run, b"first")
    os.read(run.stdout.fileno(), 100)  # it runs, so its trace is there
    return run, trace


def say(run, text):
    run.stdin.write(text)
    run.stdin.flush()


def calls_appear(suite, programs, *options):
    """Each call is shown when it is made, long before its segment ends."""
    folder = suite.folder("follow" + "".join(options))
    run, trace = record(suite, folder, programs)
    follower = start(suite, "trace", "cat", "--follow", *options, trace)
    lines = Lines(follower)
    suite.expect(lines.wait_for(b"fd_write"), "the first call does not appear", lines.all)
    for number in range(5):
        say(run, b"line %d" % number)
        suite.expect(lines.wait_for(b"fd_write"), "call %d does not appear" % number, lines.all)
        # The next read has begun and has no result.
        if not options:
            suite.expect(lines.wait_for("fd_read(0, 64) … (call".encode()),
                         "the open call does not appear", lines.all)
    run.stdin.close()
    run.stdin = None
    suite.expect(lines.wait_for(b"end"), "the end does not appear", lines.all)
    suite.expect(follower.wait(PATIENCE) == 0, "following does not end well",
                 follower.stderr.read())
    run.communicate()


def killed(suite, programs):
    """Following ends when the recording process does, however that was."""
    folder = suite.folder("killed")
    run, trace = record(suite, folder, programs)
    follower = start(suite, "trace", "cat", "--follow", trace)
    lines = Lines(follower)
    suite.expect(lines.wait_for(b"fd_write"), "the first call does not appear", lines.all)
    run.kill()
    run.communicate()
    follower.wait(PATIENCE)
    told = follower.stderr.read()
    suite.expect(b"the trace has no end" in told, "the cut is not told", told)
    os.remove(ring_of(trace))


def ring_of(trace):
    """The ring's header names the trace it belongs to."""
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else os.path.dirname(trace)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.endswith(".ring"):
            with open(path, "rb") as file:
                if trace.encode() in file.read(4096):
                    return path
    return None


def ring_truncated(suite, programs):
    """Somebody truncates the ring's file: the recording ends and says why, the run goes on."""
    folder = suite.folder("truncated")
    run, trace = record(suite, folder, programs)
    time.sleep(1)  # longer than the writer waits before it writes what there is
    ring = ring_of(trace)
    if not suite.expect(ring, "the ring is not found"):
        run.kill()
        return
    os.truncate(ring, 0)
    for number in range(3):
        say(run, b"line %d" % number)
        suite.expect(os.read(run.stdout.fileno(), 100) == b"line %d" % number, "the run ends")
    out, err = run.communicate()
    suite.expect(run.returncode == 0, "the exit code is %d" % run.returncode, err)
    suite.expect(b"the recording ended early" in err and b"truncated" in err,
                 "the reason is not told", err)
    ended = suite.run("replay", trace)
    suite.expect(ended.code == 4 and ended.out.startswith(b"first"),
                 "what was recorded before does not replay", ended)
    if os.path.exists(ring):
        os.remove(ring)


def main():
    suite = Suite(sys.argv[1])
    programs = os.path.abspath(sys.argv[2])
    calls_appear(suite, programs)
    calls_appear(suite, programs, "--json")
    killed(suite, programs)
    ring_truncated(suite, programs)
    suite.finish()


main()
