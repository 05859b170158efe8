#!/usr/bin/env python3
"""CoreMark in the interpreter against wasm3's.

    coremark.py REPRISE WORK [ROUNDS]

WORK is a folder outside this tree, where both are fetched and built (git, clang-19, wasi-libc). The two
run in turn; what counts is the processor's time for the same number of iterations, since the machine may
be busy. Prints each one's median and the median of the ratios with its smallest and largest.
"""

import resource
import statistics
import subprocess
import sys
from pathlib import Path

ITERATIONS = 3000
SOURCES = ("core_list_join", "core_main", "core_matrix", "core_state", "core_util",
           "posix/core_portme")


def fetch(work, name, url):
    folder = work / name
    if not folder.exists():
        subprocess.run(["git", "clone", "--depth", "1", url, str(folder)], check=True)
    return folder


def build_coremark(work):
    wasm = work / "coremark.wasm"
    if not wasm.exists():
        folder = fetch(work, "coremark", "https://github.com/eembc/coremark")
        subprocess.run(["clang-19", "--target=wasm32-wasi", "-O3", "-I.", "-Iposix",
                        '-DFLAGS_STR="-O3"', "-DPERFORMANCE_RUN=1", "-DITERATIONS=0",
                        *(source + ".c" for source in SOURCES), "-o", str(wasm)],
                       cwd=folder, check=True)
    return wasm


def build_wasm3(work):
    program = work / "wasm3-bin"
    if not program.exists():
        folder = fetch(work, "wasm3", "https://github.com/wasm3/wasm3")
        sources = [str(p) for p in sorted((folder / "source").glob("*.c"))]
        subprocess.run(["clang-19", "-O3", "-DNDEBUG", "-Dd_m3HasWASI=1", "-o", str(program),
                        *sources, str(folder / "platforms/app/main.c"), f"-I{folder}/source",
                        "-lm"], check=True)
    return program


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([*command, "0x0", "0x0", "0x66", str(ITERATIONS)], check=True,
                          capture_output=True)
    if b"Correct operation validated" not in done.stdout and b"crcfinal" not in done.stdout:
        sys.exit("CoreMark did not run as it should:\n" + done.stdout.decode())
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    work = Path(sys.argv[2]).resolve()
    work.mkdir(parents=True, exist_ok=True)
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    wasm = str(build_coremark(work))
    commands = {"wasm3": [str(build_wasm3(work)), wasm],
                "reprise": [str(Path(sys.argv[1]).resolve()), "run", wasm]}
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command))
    for name, taken in times.items():
        print(f"{name:>8}: {ITERATIONS / statistics.median(taken):.0f} iterations a second")
    ratios = sorted(a / b for a, b in zip(times["wasm3"], times["reprise"]))
    print(f"reprise is {statistics.median(ratios):.2f} times as fast as wasm3 "
          f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {rounds} rounds)")


if __name__ == "__main__":
    main()
