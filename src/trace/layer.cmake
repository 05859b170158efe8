find_package(Threads REQUIRED)
set(REPRISE_trace_LIBS fmt::fmt zstd lz4 Threads::Threads)
