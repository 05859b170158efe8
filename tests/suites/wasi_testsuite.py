#!/usr/bin/env python3
"""Runs the WASI test suite's prebuilt 0.1 programs: plain, recorded, and replayed without their files.

    wasi_testsuite.py REPRISE SUITE [NAME…]

SUITE is a checkout of WebAssembly/wasi-testsuite, branch prod/testsuite-base (it is not part of this
tree). Each program runs three times: plainly, recorded, and replayed from the trace alone after its
directory is gone. The first two must meet the program's specification; the replay must give the same
output and exit code, reach the same state, and find no divergence.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 60


def run(command):
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class Case:
    def __init__(self, wasm):
        self.wasm = wasm
        spec = wasm.with_suffix(".json")
        self.spec = json.loads(spec.read_text()) if spec.exists() else {}

    def command(self, reprise, options, scratch):
        command = [reprise, "run", *options]
        if self.spec.get("root"):
            copy = scratch / "root"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.wasm.parent / self.spec["root"], copy, symlinks=True)
            for leftover in copy.rglob("*.cleanup"):
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            command += ["--dir", f"{copy}::/"]
        for name, value in self.spec.get("env", {}).items():
            command += ["--env", f"{name}={value}"]
        return command + [str(self.wasm), *self.spec.get("args", [])]

    def unmet(self, code, out, err):
        if code != self.spec.get("exit_code", 0):
            return f"exit code {code}\n{err.decode(errors='replace')}"
        if "stdout" in self.spec and out.decode(errors="replace") != self.spec["stdout"]:
            return f"stdout {out!r}"
        return None

    def check(self, reprise, scratch):
        """None, or what went wrong."""
        trace = scratch / "trace"
        wrong = self.unmet(*run(self.command(reprise, [], scratch)))
        if wrong:
            return "plain: " + wrong
        recorded = run(self.command(reprise, ["--record", str(trace), "--check", "state"], scratch))
        wrong = self.unmet(*recorded)
        if wrong:
            return "recorded: " + wrong
        shutil.rmtree(scratch / "root", ignore_errors=True)
        replayed = run([reprise, "replay", "--check", "state", str(trace)])
        if replayed != recorded:
            return f"replayed: {replayed}\ninstead of {recorded}"
        return None


def main():
    reprise, suite, *names = sys.argv[1:]
    programs = sorted(p for p in Path(suite).glob("tests/*/testsuite/wasm32-wasip1/*.wasm")
                      if not names or p.stem in names)
    failed = 0
    for wasm in programs:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                wrong = Case(wasm).check(reprise, Path(scratch))
            except subprocess.TimeoutExpired as late:
                wrong = f"no end after {TIMEOUT} s: {late.cmd}"
        if wrong:
            failed += 1
            print(f"FAIL {wasm.parent.parent.parent.name}/{wasm.stem}: {wrong}")
    print(f"{len(programs) - failed} passed, {failed} failed")
    return 1 if failed or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
