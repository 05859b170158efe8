// The meter: fuel, where an engine charges it.
//
// Fuel is counted in WebAssembly instructions, by rows: a row is a stretch of code that is entered
// at its first instruction only and left behind its last, and it is paid for when it is entered.
// So whatever runs to its end has paid for exactly what it executed; a trap or an exception in the
// middle of a row leaves the rest of that row paid. Rows and prices are defined on WebAssembly
// (code/emitter_fuel.cpp), so every kind of code charges the same, and a run takes the same fuel
// wherever it is made. Operations whose work depends on a number pay for that before they begin
// (kFuelBytes): they cannot be interrupted in the middle.
//
// A store may be told to yield whenever so much was burnt: then fuel comes in slices, and at the
// end of a slice the activation parks in front of the row it could not pay. Yields happen at the
// same places in every run, but nothing that a guest can see depends on them.

#pragma once

#include <algorithm>
#include <cstdint>

namespace reprise::runtime {

/// A bulk operation costs one unit for each 16 bytes that it writes, as log2.
inline constexpr uint32_t kFuelBytesLog2 = 4;

/// What to do when a slice does not suffice.
enum class Refuel : uint8_t { go_on, yield, exhausted };

class Meter {
 public:
  uint64_t fuel() const { return slice_ + reserve_; }
  void set_fuel(uint64_t fuel) {
    slice_ = interval_ == 0 ? fuel : std::min(fuel, interval_);
    reserve_ = fuel - slice_;
  }
  uint64_t interval() const { return interval_; }
  /// 0: never yields.
  void set_interval(uint64_t interval) {
    interval_ = interval;
    set_fuel(fuel());
  }

  /// False, and nothing is paid, if the slice does not suffice.
  bool pay(uint64_t units) {
    if (units > slice_) [[unlikely]]
      return false;
    slice_ -= units;
    return true;
  }

  /// After pay(units) failed: makes the slice suffice for it, if there is so much fuel.
  Refuel refuel(uint64_t units, bool may_yield) {
    const uint64_t missing = units - slice_;
    if (missing > reserve_) return Refuel::exhausted;
    const uint64_t wish = interval_ == 0 ? reserve_ : std::max(missing, interval_);
    const uint64_t taken = std::min(wish, reserve_);
    slice_ += taken;
    reserve_ -= taken;
    return interval_ != 0 && may_yield ? Refuel::yield : Refuel::go_on;
  }

 private:
  uint64_t slice_ = 0;
  uint64_t reserve_ = 0;
  uint64_t interval_ = 0;
};

}  // namespace reprise::runtime
