#!/usr/bin/env python3
"""The memory of a process that records far more than it has memory for, faster than its trace is written.

    long_recording.py REPRISE GUEST [GIGABYTES [MEGABYTES_A_SECOND]]

GUEST is tests/guests/cat.wasm: it reads a file again and again and prints it, and both are recorded in full.
The trace goes into a pipe that is read no faster than so many megabytes a second, and thrown away.
Prints how much memory the process had at most (VmHWM) by then, at the first hundredth and at the end.
"""

import os
import select
import subprocess
import sys
import tempfile
import time

FILE = 64 << 20
PIECE = 1 << 20


def most_resident(process):
    """In kB; what the kernel calls the high-water mark."""
    with open(f"/proc/{process.pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status if ":" in line)
    return int(fields["VmHWM"].split()[0]) if "VmHWM" in fields else 0


def main():
    reprise, guest = (os.path.abspath(p) for p in sys.argv[1:3])
    total = int(float(sys.argv[3] if len(sys.argv) > 3 else 10) * 1e9)
    rate = float(sys.argv[4] if len(sys.argv) > 4 else 250) * 1e6
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "data"))
        with open(os.path.join(folder, "data", "file"), "wb") as file:
            file.truncate(FILE)
        pipe = os.path.join(folder, "pipe")
        os.mkfifo(pipe)
        # Each pass over the file is recorded twice: as it is read, and as it is written.
        passes = -(-total // (2 * FILE))
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(reading, True)
        process = subprocess.Popen(
            [reprise, "run", "--record", "pipe", "--args", "full", "--check", "none", "--dir", "data",
             guest, *["data/file"] * passes], cwd=folder, stdout=subprocess.DEVNULL)
        select.select([reading], [], [])  # until somebody writes
        start = time.monotonic()
        read = peak = early = 0
        while piece := os.read(reading, PIECE):
            read += len(piece)
            if read // (16 * PIECE) != (read - len(piece)) // (16 * PIECE):
                peak = max(peak, most_resident(process))
                early = early if read > total // 100 else peak
                time.sleep(max(0.0, read / rate - (time.monotonic() - start)))
        if process.wait() != 0:
            sys.exit("the run failed")
        taken = time.monotonic() - start
    print(f"{read / 1e9:.2f} GB recorded in {taken:.0f} s, {read / 1e6 / taken:.0f} MB/s; at most "
          f"{peak / 1024:.1f} MiB resident, {early / 1024:.1f} MiB in the first hundredth")


if __name__ == "__main__":
    main()
