#!/usr/bin/env bash
# Builds the examples with debug information, into this folder. The results are checked in, for the
# sessions in docs/debugging.md and tests/debug are about these very files.
#
#   build.sh             C and C++, with Debian's clang-19 and wasi-libc
#   RUST=DIR build.sh    Rust, too: DIR is the usr folder of Debian's rustc and
#                        libstd-rust-dev-wasm32 packages, unpacked or installed (/usr)
#
# The libraries' own debug information is left out, in the way of tests/guests/debug/build.sh.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# So that the files do not depend on who builds them where.
map=(-ffile-prefix-map="$PWD"=/examples/debug -fdebug-compilation-dir=/examples/debug)
compile=(--target=wasm32-wasi -O0 -g -gdwarf-5 -fstandalone-debug "${map[@]}" -Wall -c)
libraries=/usr/lib/wasm32-wasi

for library in $libraries/lib{c++,c++abi,c}.a "$(clang-19 --target=wasm32-wasi -print-libgcc-file-name)"; do
  sed 's/\.debug_/.zebug_/g' "$library" >"$work/$(basename "$library")"
done
for object in crt1-command.o; do
  sed 's/\.debug_/.zebug_/g' "$libraries/$object" >"$work/$object"
done
finish() { # FILE
  llvm-objcopy-19 --wildcard --remove-section='.zebug_*' --remove-section='.debug_pub*' "$1"
}

for name in orders stock; do
  clang-19 "${compile[@]}" $name.c -o "$work/$name.o"
  wasm-ld-19 "$work/crt1-command.o" "$work/$name.o" "$work/libc.a" "$work"/libclang_rt*.a -o $name.wasm
done
clang++-19 "${compile[@]}" -std=c++20 -fno-exceptions -fno-rtti meters.cpp -o "$work/meters.o"
wasm-ld-19 "$work/crt1-command.o" "$work/meters.o" "$work"/lib{c++,c++abi,c}.a "$work"/libclang_rt*.a \
  -o meters.wasm
finish orders.wasm
finish stock.wasm
finish meters.wasm

if [ -n "${RUST:-}" ]; then
  # What rustc calls to link: wasm-ld, with stripped copies of the libraries and without the metadata
  # members that wasm-ld refuses.
  cat >"$work/linker" <<'TEXT'
#!/usr/bin/env bash
args=()
for arg; do
  if [[ $arg == *.rlib ]]; then
    copy=$(dirname "$0")/$(basename "$arg")
    cp "$arg" "$copy"
    llvm-ar-19 d "$copy" lib.rmeta
    sed -i 's/\.debug_/.zebug_/g' "$copy"
    arg=$copy
  fi
  args+=("$arg")
done
exec wasm-ld-19 -L "$(dirname "$0")" "${args[@]:2}"
TEXT
  chmod +x "$work/linker"
  LD_LIBRARY_PATH=$RUST/lib/x86_64-linux-gnu "$RUST/bin/rustc" --sysroot "$RUST" \
    --target wasm32-wasi -C opt-level=0 -g -C codegen-units=1 -C panic=abort \
    --remap-path-prefix "$PWD"=/examples/debug \
    -C linker-flavor=wasm-ld -C linker="$work/linker" grid.rs -o grid.wasm
  finish grid.wasm
fi
ls -l ./*.wasm
