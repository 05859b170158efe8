#!/usr/bin/env bash
# Instructions for each operation under callgrind: the difference of two runs, one of them longer.
#   bench/suspension.sh BUILD
set -euo pipefail
program=${1:-build/release}/bench/bench_suspension

instructions() { # OPERATION MODE COUNT
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" --instructions "$@" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

printf '%-12s %-16s %s\n' operation mode instructions
for operation in call grow instantiate; do
  for mode in synchronous answers_at_once waits; do
    few=$(instructions "$operation" "$mode" 200)
    many=$(instructions "$operation" "$mode" 1200)
    printf '%-12s %-16s %d\n' "$operation" "$mode" $(((many - few) / 1000))
  done
done
