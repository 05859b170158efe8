// Clocks as interfaces handed in: what the host lets a guest know of time.
//
// A monotonic clock counts nanoseconds from an origin nobody should care about (its first reading
// in this process, so that no boot time leaks to guests and 64 bits never overflow). A wall clock
// tells the time since 1970-01-01T00:00:00Z. ManualClock stands still until told to move: tests use
// it, and ManualPoller (poller.hpp) makes an event loop jump along it.

#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>

namespace reprise::os {

inline constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;

/// A point in time since the Unix epoch; nanoseconds is below 1'000'000'000.
struct Timestamp {
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;
  auto operator<=>(const Timestamp&) const = default;
};

class MonotonicClock {
 public:
  virtual ~MonotonicClock() = default;
  /// Nanoseconds since the clock's origin; never decreases.
  virtual uint64_t now() = 0;
  /// Nanoseconds per tick; never zero.
  virtual uint64_t resolution() = 0;
};

/// How local time differs from UTC at one moment.
struct ZoneOffset {
  int32_t seconds_east = 0;
  std::string abbreviation = "UTC";
  bool daylight_saving = false;
};

class WallClock {
 public:
  virtual ~WallClock() = default;
  virtual Timestamp now() = 0;
  virtual Timestamp resolution() = 0;
  /// UTC unless an implementation grants more: a time zone says where a machine stands.
  virtual ZoneOffset zone(Timestamp when);
};

std::unique_ptr<MonotonicClock> system_monotonic_clock();
std::unique_ptr<WallClock> system_wall_clock();

/// Moves only when it is told to.
class ManualClock final : public MonotonicClock {
 public:
  uint64_t now() override { return elapsed_; }
  uint64_t resolution() override { return 1; }

  void advance(uint64_t nanoseconds) { elapsed_ += nanoseconds; }
  /// Moves to `instant` unless that is past already.
  void advance_to(uint64_t instant) { elapsed_ = instant > elapsed_ ? instant : elapsed_; }

 private:
  uint64_t elapsed_ = 0;
};

/// Runs `origin` ahead of a monotonic clock: the wall clock of a ManualClock.
class OffsetWallClock final : public WallClock {
 public:
  OffsetWallClock(MonotonicClock& clock, Timestamp origin) : clock_(clock), origin_(origin) {}
  Timestamp now() override;
  Timestamp resolution() override;

 private:
  MonotonicClock& clock_;
  Timestamp origin_;
};

}  // namespace reprise::os
