// The machine's clocks, through clock_gettime.

#include "base/os/clock.hpp"

#include <time.h>

#include "base/check.hpp"
#include "base/os/linux/timespec.hpp"

namespace reprise::os {

namespace {

timespec read_clock(clockid_t id) {
  timespec t{};
  REPRISE_CHECK(clock_gettime(id, &t) == 0);
  return t;
}

timespec clock_tick(clockid_t id) {
  timespec t{};
  REPRISE_CHECK(clock_getres(id, &t) == 0);
  if (t.tv_sec == 0 && t.tv_nsec == 0) t.tv_nsec = 1;
  return t;
}

uint64_t to_nanoseconds(const timespec& t) {
  return static_cast<uint64_t>(t.tv_sec) * kNanosecondsPerSecond + static_cast<uint64_t>(t.tv_nsec);
}

class SystemMonotonicClock final : public MonotonicClock {
 public:
  uint64_t now() override { return to_nanoseconds(read_clock(CLOCK_MONOTONIC)) - origin_; }
  uint64_t resolution() override { return to_nanoseconds(clock_tick(CLOCK_MONOTONIC)); }

 private:
  const uint64_t origin_ = to_nanoseconds(read_clock(CLOCK_MONOTONIC));
};

class SystemWallClock final : public WallClock {
 public:
  Timestamp now() override { return to_timestamp(read_clock(CLOCK_REALTIME)); }
  Timestamp resolution() override { return to_timestamp(clock_tick(CLOCK_REALTIME)); }
};

}  // namespace

std::unique_ptr<MonotonicClock> system_monotonic_clock() {
  return std::make_unique<SystemMonotonicClock>();
}

std::unique_ptr<WallClock> system_wall_clock() {
  return std::make_unique<SystemWallClock>();
}

}  // namespace reprise::os
