#!/usr/bin/env bash
# Builds the programs with planted faults, with debug information, into this folder. The results are
# checked in: which instructions and locations a compiler chooses is what the tests are about.
#
#   build.sh             C and C++, with Debian's clang-19 and wasi-libc
#   RUST=DIR build.sh    Rust, too: DIR is the usr folder of Debian's rustc and
#                        libstd-rust-dev-wasm32 packages, unpacked or installed (/usr)
#
# The libraries' own debug information is left out: they are linked from copies in which its sections
# have other names, by which they are removed from the result (llvm-strip cannot read all of these
# objects). Rust's libraries also carry metadata members that wasm-ld refuses.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Linkage names and name sections are most of what long C++ and Rust names cost, and no test needs
# them in every file.

# So that the files do not depend on who builds them where.
map=(-ffile-prefix-map="$PWD"=/guests -fdebug-compilation-dir=/guests)
link_flags=(--no-entry --export=run --gc-sections --build-id)

c() { # LEVEL DWARF
  clang-19 --target=wasm32-wasi -O"$1" -g -gdwarf-"$2" "${map[@]}" -Wall -c inventory.c -o "$work/c.o"
  wasm-ld-19 "${link_flags[@]}" "$work/c.o" -o "inventory_O$1.wasm"
}

cpp() { # LEVEL
  clang++-19 --target=wasm32-wasi -O"$1" -g -gdwarf-5 -std=c++20 -fno-exceptions -fno-rtti \
    -fstandalone-debug -mllvm -dwarf-linkage-names=Abstract "${map[@]}" -Wall -c shop.cpp -o "$work/cpp.o"
  wasm-ld-19 "${link_flags[@]}" "$work/cpp.o" "$work"/lib{c++,c++abi,c}.a -o "shop_O$1.wasm"
}

# What rustc calls to link: wasm-ld, with stripped copies of the libraries.
rust_linker() {
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
exec wasm-ld-19 -L "$(dirname "$0")" "${args[@]:2}" --build-id
TEXT
  chmod +x "$work/linker"
}

rust() { # LEVEL
  LD_LIBRARY_PATH=$RUST/lib/x86_64-linux-gnu "$RUST/bin/rustc" --sysroot "$RUST" \
    --target wasm32-wasi -C opt-level="$1" -g -C codegen-units=1 -C panic=abort \
    -C debug-assertions=off -C llvm-args=-dwarf-linkage-names=Abstract \
    --remap-path-prefix "$PWD"=/guests -C linker-flavor=wasm-ld -C linker="$work/linker" \
    ledger.rs -o "ledger_O$1.wasm"
}

for library in /usr/lib/wasm32-wasi/lib{c++,c++abi,c}.a; do
  sed 's/\.debug_/.zebug_/g' "$library" >"$work/$(basename "$library")"
done
c 0 5
c 2 4
cpp 0
cpp 2
if [ -n "${RUST:-}" ]; then
  rust_linker
  rust 0
  rust 2
fi
for file in shop_*.wasm ledger_*.wasm; do
  llvm-objcopy-19 --wildcard --remove-section='.zebug_*' --remove-section='.debug_pub*' \
    --remove-section=name "$file"
done
ls -l ./*.wasm

# What a frame holds at some instructions. The offsets are those of these very modules: after a change
# of compiler or source, look them up again.
frame() { # NAME GUEST ARGUMENT OFFSET [TIMES TO PASS IT BEFORE]
  node --experimental-websocket dump_frame.mjs "$2" "$3" "$4" "${5:-0}" >"$1.frame"
}
frame inventory_O0_label inventory_O0 3 0x34a 2
frame inventory_O0_walk inventory_O0 3 0x452
frame inventory_O0_run inventory_O0 3 0x6a4
frame inventory_O2_add inventory_O2 3 0x1b4 1
frame inventory_O2_walk inventory_O2 3 0x2e0
frame inventory_O2_run inventory_O2 3 0x25c
frame shop_O0_add shop_O0 3 0x422
frame shop_O0_run shop_O0 3 0x1ea7
frame shop_O2_run shop_O2 3 0xa88
frame ledger_O0_worth ledger_O0 2 0x487f
frame ledger_O0_run ledger_O0 2 0x523a
frame ledger_O2_patch ledger_O2 2 0x285
frame ledger_O2_worth ledger_O2 2 0x31a
