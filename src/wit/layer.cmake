set(REPRISE_wit_LIBS fmt::fmt)
