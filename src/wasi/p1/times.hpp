// Times as preview 1 has them: nanoseconds since 1970.

#pragma once

#include <utility>

#include "base/os/files.hpp"
#include "wasi/p1/types.hpp"

namespace reprise::wasi::p1 {

/// Zero before 1970.
inline uint64_t to_nanoseconds(const os::Timestamp& time) {
  if (time.seconds < 0) return 0;
  return static_cast<uint64_t>(time.seconds) * os::kNanosecondsPerSecond + time.nanoseconds;
}

/// What fd_filestat_set_times and path_filestat_set_times set: accessed, modified. `inval` for
/// unknown flags, and when a time is to be both given and now.
Outcome<std::pair<os::NewTime, os::NewTime>> to_new_times(uint64_t accessed, uint64_t modified,
                                                          uint16_t flags);

}  // namespace reprise::wasi::p1
