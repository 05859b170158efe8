set(REPRISE_wasi_LIBS fmt::fmt)
