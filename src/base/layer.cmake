find_package(fmt REQUIRED)
set(REPRISE_base_LIBS fmt::fmt-header-only)
