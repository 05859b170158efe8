#!/usr/bin/env python3
"""What recording costs a component that reads, hashes and writes many small files.

    files.py REPRISE COMPONENT [FILES [ROUNDS]]

Runs it plainly, recorded to a file, and replayed, in turn, ROUNDS times, on one core and on two; prints
medians of wall time and process CPU, and the ratios to the plain run.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(command, cwd, cores):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL,
                   preexec_fn=lambda: os.sched_setaffinity(0, cores))
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, cpu


def make_tree(tree, count):
    content = os.urandom(1 << 16)
    for i in range(count):
        folder = tree / f"d{i % 100:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{i}").write_bytes(content[i % 997:i % 997 + 512 + i * 7 % 4096])
    return sum(512 + i * 7 % 4096 for i in range(count))


def compare(kinds, scratch, cores, rounds):
    times = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, command in kinds.items():
            if kind != "replayed":
                shutil.rmtree(scratch / "out", ignore_errors=True)
                (scratch / "out").mkdir()
            times[kind].append(measure(command, scratch, cores))
    base = [statistics.median(column) for column in zip(*times["plain"])]
    for kind, samples in times.items():
        wall, cpu = (statistics.median(column) for column in zip(*samples))
        print(f"{len(cores)} core{'s' if len(cores) > 1 else ' '} {kind:>9}: "
              f"wall {wall:.3f} s ({wall / base[0]:.3f}), cpu {cpu:.3f} s ({cpu / base[1]:.3f})")


def main():
    reprise, guest = (str(Path(p).resolve()) for p in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    # In memory, where it can be: how fast the disk is today is another question.
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        scratch = Path(folder)
        size = make_tree(scratch / "tree", count)
        run = [reprise, "run", "--dir", f"{scratch / 'tree'}::/from", "--dir",
               f"{scratch / 'out'}::/to"]
        program = [guest, "/from", "/to"]
        kinds = {
            "plain": run + program,
            "recorded": run + ["--record", "t.trace"] + program,
            "replayed": [reprise, "replay", "t.trace"],
        }
        available = sorted(os.sched_getaffinity(0))
        for cores in [available[:1], available[:2]][:len(available)]:
            compare(kinds, scratch, cores, rounds)
        trace = (scratch / "t.trace").stat().st_size - Path(guest).stat().st_size
        print(f"{count} files of {size} bytes; trace of {trace} bytes without the program")


if __name__ == "__main__":
    main()
