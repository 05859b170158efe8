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
// end of a slice the activation parks in front of the row it could not pay. How much was burnt by
// then says where that is, in every run; so an epoch that comes while fuel is charged ends the
// slice, too, and a replay yields where the recorded run did.

#pragma once

#include <algorithm>
#include <cstdint>

namespace reprise::runtime {

/// A bulk operation costs one unit for each 16 bytes that it writes, as log2.
inline constexpr uint32_t kFuelBytesLog2 = 4;

/// What to do when a slice does not suffice.
enum class Refuel : uint8_t {
  go_on,
  yield,        // the interval is over
  yield_asked,  // see yield_at()
  exhausted
};

class Meter {
 public:
  uint64_t fuel() const { return slice_ + reserve_; }
  void set_fuel(uint64_t fuel) {
    granted_ += fuel - this->fuel();
    divide(fuel);
  }
  /// As much as there was at an earlier moment of the same run.
  void put_back(uint64_t fuel) { divide(fuel); }
  /// By all guests together.
  uint64_t burnt() const { return granted_ - fuel(); }
  uint64_t interval() const { return interval_; }
  /// 0: never yields.
  void set_interval(uint64_t interval) {
    interval_ = interval;
    divide(fuel());
  }
  /// The row that is to be paid when so much was burnt yields, whatever the interval is; the next
  /// one that may, if that one may not. Less than was burnt by now: none does.
  void yield_at(uint64_t burnt) {
    yield_at_ = burnt;
    divide(fuel());
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
    const bool is_asked = until_asked() == 0;
    if (is_asked) yield_at_ = may_yield ? kNever : yield_at_ + units;
    const uint64_t wish = interval_ == 0 ? reserve_ : std::max(missing, interval_);
    const uint64_t slice = slice_ + std::min(wish, reserve_);
    take(std::min(slice, std::max(units, until_asked())));
    if (!may_yield) return Refuel::go_on;
    if (is_asked) return Refuel::yield_asked;
    return interval_ != 0 ? Refuel::yield : Refuel::go_on;
  }

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  /// Units from here to where a row was asked to yield.
  uint64_t until_asked() {
    if (yield_at_ < burnt()) yield_at_ = kNever;
    return yield_at_ - burnt();
  }
  void divide(uint64_t fuel) {
    reserve_ = fuel;
    slice_ = 0;
    const uint64_t slice = interval_ == 0 ? fuel : std::min(fuel, interval_);
    take(std::min(slice, until_asked()));
  }
  /// For the slice, of all that is left.
  void take(uint64_t slice) {
    reserve_ = fuel() - slice;
    slice_ = slice;
  }

  uint64_t slice_ = 0;
  uint64_t reserve_ = 0;
  uint64_t interval_ = 0;
  uint64_t granted_ = 0;
  uint64_t yield_at_ = kNever;
};

}  // namespace reprise::runtime
