// Between the kernel's times and ours.

#pragma once

#include <time.h>

#include "base/os/clock.hpp"

namespace reprise::os {

inline Timestamp to_timestamp(const timespec& t) {
  return {static_cast<int64_t>(t.tv_sec), static_cast<uint32_t>(t.tv_nsec)};
}

}  // namespace reprise::os
