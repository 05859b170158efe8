#!/usr/bin/env bash
# Builds the demo's two components from checksum.c. Only needed when that changes: the results are in
# the tree. Wants Debian's clang-19, lld-19, wasi-libc, libclang-rt-19-dev-wasm32, and
# wasm-component-ld, which Rust toolchains bring.
set -euo pipefail
cd "$(dirname "$0")"
linker=${WASM_COMPONENT_LD:-$(find "${RUSTUP_HOME:-$HOME/.rustup}" -name wasm-component-ld -type f | head -1)}
[ -n "$linker" ] || { echo "no wasm-component-ld: set WASM_COMPONENT_LD" >&2; exit 1; }
sysroot=/usr/lib/wasm32-wasi
builtins=$(clang-19 --target=wasm32-wasi -print-libgcc-file-name)

build() { # OUTPUT OPTIONS
  local output=$1
  shift
  local object
  object=$(mktemp --suffix=.o)
  clang-19 --target=wasm32-wasi -O2 -g -fdebug-compilation-dir=. "$@" -c checksum.c -o "$object"
  "$linker" --wasm-ld-path "$(command -v wasm-ld-19)" --wasi-adapter command -o "$output" \
    "$sysroot/crt1-command.o" "$object" -L"$sysroot" -lc "$builtins"
  rm "$object"
}

build checksum.wasm
build checksum-changed.wasm -DREPORT_FIRST
ls -l ./*.wasm
