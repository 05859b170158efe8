set(REPRISE_debug_LIBS fmt::fmt)
