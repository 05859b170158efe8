#!/usr/bin/env bash
# Builds the C guests in this folder to WASI 0.1 modules, beside their sources. The results are checked
# in, so that tests run without a WebAssembly toolchain; run this after changing a source.
#
# Needs Debian's clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32, and no binaryen: clang runs
# its wasm-opt when it finds one, and the result would depend on the machine.
set -euo pipefail
cd "$(dirname "$0")"

flags=(--target=wasm32-wasi -O2 -Wall -Wextra -Werror -fuse-ld=lld)
[ $# -gt 0 ] || set -- *.c

for source in "$@"; do
  name=${source%.c}
  case $name in
    # The point of this one is its debug information: names, lines and a call chain to walk.
    # Paths are made relative, so that the result does not depend on where it was built.
    faults) extra=(-g -O1 -fno-inline "-ffile-prefix-map=$PWD=tests/guests" -fdebug-compilation-dir=.) ;;
    *) extra=(-Wl,--strip-all) ;;
  esac
  clang-19 "${flags[@]}" "${extra[@]}" \
    "$source" -o "$name.wasm"
done
ls -l ./*.wasm
