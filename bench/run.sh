#!/usr/bin/env bash
# run.sh BUILD [FILTER]: every benchmark in the tree, on an optimized build. Ratios are within one run,
# interleaved; absolute figures depend on the machine and on what else it does.
set -euo pipefail
build=$(realpath "$1")
filter=${2:-}
cd "$(dirname "$0")"
for program in "$build"/bench/bench_*; do
  [[ -x $program && $program == *"$filter"* ]] && "$program" --benchmark_enable_random_interleaving=true
done
# Time says what suspension costs here and now; instructions say it anywhere.
if [[ suspension == *"$filter"* ]] && command -v valgrind > /dev/null; then
  ./suspension.sh "$build"
fi
if [[ files == *"$filter"* ]]; then
  python3 files.py "$build/src/tool/reprise" guests/small_files.wasm
fi
if [[ long_recording == *"$filter"* ]]; then
  python3 long_recording.py "$build/src/tool/reprise" ../tests/guests/cat.wasm
fi
if [[ time_travel == *"$filter"* ]]; then
  python3 time_travel.py "$build/src/tool/reprise" 10
fi
# Wants wasm3 and CoreMark, fetched into a folder outside this tree.
if [[ coremark == *"$filter"* && -n ${REPRISE_BENCH_WORK:-} ]]; then
  python3 coremark.py "$build/src/tool/reprise" "$REPRISE_BENCH_WORK"
fi
if [[ polybench == *"$filter"* && -d ${REPRISE_BENCH_WORK:-/nonexistent}/polybench ]]; then
  python3 polybench.py "$build/src/tool/reprise" "$REPRISE_BENCH_WORK"
fi
