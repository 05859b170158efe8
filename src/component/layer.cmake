set(REPRISE_component_LIBS fmt::fmt)
