#!/usr/bin/env python3
"""What recording costs a program that walks, reads, hashes and writes many small files.

    files.py REPRISE TREE_WASM [FILES [ROUNDS]]

Runs it plainly, recorded to a file, and replayed, in turn, ROUNDS times; prints medians of wall time and
process CPU, and the ratios to the plain run.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(command, cwd):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, cpu


def main():
    reprise, guest = (str(Path(p).resolve()) for p in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        for i in range(count):
            folder = tree / f"d{i % 100:02}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"f{i}").write_bytes(os.urandom(512 + i % 4096))
        run = [reprise, "run", "--dir", f"{tree}::/data"]
        program = [guest, "/data", "/data/index"]
        kinds = {
            "plain": run + program,
            "recorded": run + ["--record", "t.trace"] + program,
            "replayed": [reprise, "replay", "t.trace"],
        }
        times = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, command in kinds.items():
                times[kind].append(measure(command, scratch))
        base = [statistics.median(column) for column in zip(*times["plain"])]
        print(f"{count} files, trace of {Path(scratch, 't.trace').stat().st_size} bytes")
        for kind, samples in times.items():
            wall, cpu = (statistics.median(column) for column in zip(*samples))
            print(f"{kind:>9}: wall {wall:.3f} s ({wall / base[0]:.3f}), "
                  f"cpu {cpu:.3f} s ({cpu / base[1]:.3f})")


if __name__ == "__main__":
    main()
