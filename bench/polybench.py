#!/usr/bin/env python3
"""PolyBench in the interpreter, against other engines and native code.

    polybench.py REPRISE WORK [DATASET [ROUNDS]]

WORK is a folder outside this tree, where PolyBench/C 4.2.1 lies in `polybench`, and, as far as they are to be
compared, programs `wasm3-bin` and `iwasm` (WAMR, fast interpreter). node is taken from the path: its baseline
compiler alone, and its optimizer from the start. Everything runs in turn; what counts is the processor's time of
a whole run less that of an empty program, since the machine may be busy. The output of each run must be the native
one's. Prints the time of each kernel as a multiple of the native one, and the geometric means.
"""

import math
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

NODE_HOST = """
const { WASI } = require("node:wasi");
const wasi = new WASI({ version: "preview1", args: ["k"], returnOnExit: true });
const compiled = new WebAssembly.Module(require("node:fs").readFileSync(process.argv[2]));
wasi.start(new WebAssembly.Instance(compiled, wasi.getImportObject()));
"""


def kernels(folder):
    listed = (folder / "utilities" / "benchmark_list").read_text().split()
    return [folder / path for path in listed]


def build(folder, source, out, dataset, *flags):
    if not out.exists():
        subprocess.run(["clang-19", "-O2", "-ffp-contract=off", f"-I{folder}/utilities", f"-I{source.parent}",
                        f"-D{dataset}_DATASET", "-DPOLYBENCH_USE_C99_PROTO", "-DPOLYBENCH_DUMP_ARRAYS",
                        "-D_WASI_EMULATED_PROCESS_CLOCKS", str(folder / "utilities" / "polybench.c"), str(source),
                        "-o", str(out), "-lm", *flags], check=True, capture_output=True)
    return str(out)


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, done.stderr


def engines(reprise, work):
    found = {"reprise": [reprise, "run"]}
    for name, program in (("wasm3", "wasm3-bin"), ("wamr", "iwasm")):
        if (work / program).exists():
            found[name] = [str(work / program)]
    if node := shutil.which("node"):
        host = work / "node-host.cjs"
        host.write_text(NODE_HOST)
        for name, flags in (("v8-baseline", ["--liftoff-only"]), ("v8-optimizer", ["--no-liftoff"])):
            found[name] = [node, "--no-warnings", *flags, str(host)]
    return found


def main():
    reprise, work = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
    dataset = sys.argv[3].upper() if len(sys.argv) > 3 else "MEDIUM"
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    folder, made = work / "polybench", work / f"kernels-{dataset.lower()}"
    made.mkdir(exist_ok=True)
    others = engines(reprise, work)
    empty = made / "empty.c"
    empty.write_text("int main(void) { return 0; }")
    starts = {}
    for engine, command in (("native", []), *others.items()):
        target = [] if engine == "native" else ["--target=wasm32-wasi"]
        program = made / ("empty" if engine == "native" else "empty.wasm")
        subprocess.run(["clang-19", "-O2", *target, str(empty), "-o", str(program)], check=True)
        starts[engine] = statistics.median(seconds([*command, str(program)])[0] for _ in range(5))
    print(f"{'kernel':16}{'native s':>10}" + "".join(f"{name:>14}" for name in others))
    ratios = {name: [] for name in others}
    for source in kernels(folder):
        name = source.stem
        native = build(folder, source, made / name, dataset)
        wasm = build(folder, source, made / (name + ".wasm"), dataset, "--target=wasm32-wasi",
                     "-lwasi-emulated-process-clocks")
        times = {engine: [] for engine in ("native", *others)}
        for _ in range(rounds):
            taken, expected = seconds([native])
            times["native"].append(taken - starts["native"])
            for engine, command in others.items():
                taken, output = seconds([*command, wasm])
                times[engine].append(max(taken - starts[engine], 1e-3))
                if output.split() != expected.split():
                    sys.exit(f"{name}: {engine} computes something else")
        base = max(statistics.median(times["native"]), 1e-3)
        line = f"{name:16}{base:10.3f}"
        for engine in others:
            ratio = statistics.median(times[engine]) / base
            ratios[engine].append(ratio)
            line += f"{ratio:14.1f}"
        print(line, flush=True)
    print(f"{'geometric mean':26}" + "".join(
        f"{math.exp(statistics.mean(map(math.log, all_of))):14.1f}" for all_of in ratios.values()))


if __name__ == "__main__":
    main()
