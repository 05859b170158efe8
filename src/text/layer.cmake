set(REPRISE_text_LIBS fmt::fmt)
