#!/usr/bin/env bash
# Builds the component of bench/files.py. Only needed when its source changes: the result is in the tree.
# Wants what examples/demo/build.sh wants.
set -euo pipefail
cd "$(dirname "$0")"
linker=${WASM_COMPONENT_LD:-$(find "${RUSTUP_HOME:-$HOME/.rustup}" -name wasm-component-ld -type f | head -1)}
[ -n "$linker" ] || { echo "no wasm-component-ld: set WASM_COMPONENT_LD" >&2; exit 1; }
sysroot=/usr/lib/wasm32-wasi
object=$(mktemp --suffix=.o)
trap 'rm -f "$object"' EXIT
clang-19 --target=wasm32-wasi -O2 -Wall -Wextra -Werror -c small_files.c -o "$object"
"$linker" --wasm-ld-path "$(command -v wasm-ld-19)" --wasi-adapter command --strip-all \
  -o small_files.wasm "$sysroot/crt1-command.o" "$object" -L"$sysroot" -lc \
  "$(clang-19 --target=wasm32-wasi -print-libgcc-file-name)"
ls -l small_files.wasm
