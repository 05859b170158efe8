// The two times that fd_filestat_set_times and path_filestat_set_times set.

#pragma once

#include <utility>

#include "base/os/files.hpp"
#include "wasi/p1/types.hpp"

namespace reprise::wasi::p1 {

/// Accessed, modified. `inval` for unknown flags, and when a time is to be both given and now.
Outcome<std::pair<os::NewTime, os::NewTime>> to_new_times(uint64_t accessed, uint64_t modified,
                                                          uint16_t flags);

}  // namespace reprise::wasi::p1
