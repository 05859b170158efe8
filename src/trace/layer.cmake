find_package(Threads REQUIRED)
set(REPRISE_trace_LIBS fmt::fmt-header-only zstd lz4 Threads::Threads)
