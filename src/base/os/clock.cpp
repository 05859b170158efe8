// What every clock shares, whatever the operating system.

#include "base/os/clock.hpp"

namespace reprise::os {

ZoneOffset WallClock::zone(Timestamp) {
  return {};
}

Timestamp OffsetWallClock::now() {
  const uint64_t nanoseconds = clock_.now() + origin_.nanoseconds;
  return {origin_.seconds + static_cast<int64_t>(nanoseconds / kNanosecondsPerSecond),
          static_cast<uint32_t>(nanoseconds % kNanosecondsPerSecond)};
}

Timestamp OffsetWallClock::resolution() {
  const uint64_t tick = clock_.resolution();
  return {static_cast<int64_t>(tick / kNanosecondsPerSecond),
          static_cast<uint32_t>(tick % kNanosecondsPerSecond)};
}

}  // namespace reprise::os
