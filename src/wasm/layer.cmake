set(REPRISE_wasm_LIBS fmt::fmt)
