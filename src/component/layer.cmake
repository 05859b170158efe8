set(REPRISE_component_LIBS fmt::fmt-header-only)
