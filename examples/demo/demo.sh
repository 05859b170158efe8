#!/usr/bin/env bash
# demo.sh REPRISE: records a component over a directory of files, takes the directory away, replays the
# run from the trace alone, and then replays a changed build of the component against the same trace.
set -euo pipefail
reprise_path=$(realpath "$1")
guest=$(dirname "$(realpath "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
cp "$guest"/*.wasm .

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() {
  printf '\033[2m$ %s\033[0m\n' "$*"
  "$@"
}
# Runs a command that is expected to end with another exit code than 0.
expect() {
  local wanted=$1 code=0
  shift
  show "$@" || code=$?
  printf '\033[2m(exit code %d)\033[0m\n' "$code"
  [ "$code" -eq "$wanted" ] || { echo "the demo expected exit code $wanted" >&2; exit 1; }
}
reprise() { "$reprise_path" "$@"; }

mkdir files
for name in apple banana cherry; do seq 1 200 | sed "s/^/$name /" >"files/$name.txt"; done

step "1. Run a component over a directory of files, and record it."
show reprise run --record run.trace --check state --dir files::/files checksum.wasm \
  /files /files/report.txt | tee recorded.out
ls -l run.trace

step "2. Take the directory away, and replay the run from the trace alone."
mv files gone
show reprise replay --check state run.trace | tee replayed.out
diff <(tail -n +2 recorded.out) <(tail -n +2 replayed.out)
echo "The outputs are the same, down to the clock."

step "3. Look into the trace: one call a line."
reprise trace cat run.trace >calls.txt
printf '\033[2m$ %s\033[0m\n' "reprise trace cat run.trace | grep open-at"
grep open-at calls.txt | cut -c1-110

step "4. Replay a changed build of the guest: where does it differ?"
expect 3 reprise replay --component checksum-changed.wasm run.trace
