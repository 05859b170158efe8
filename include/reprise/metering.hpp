// Metering: what bounds a guest's time. Fuel is exact and the same in every run; epochs are cheap;
// deadlines are of the wall clock. docs/limits.md compares them.
//
//   auto engine = Engine::create({.fuel = true});
//   auto store = Store<App>::create(*engine, App{}, {.fuel = 1'000'000});
//   uint64_t left = store->metering().fuel();       // in units: instructions, and a little more
//   store->metering().set_timeout(std::chrono::milliseconds(250));  // from now on
//   std::thread other([stop = store->metering().interrupt()] { stop.raise(); });
//
// A guest that runs out of any of them traps (`out_of_fuel`, `interrupted`), and its instance is
// closed. Fuel and epochs may yield instead, where the store has a Scheduler (scheduler.hpp): the
// operation suspends where the guest is, and goes on when the scheduler says that it is its turn.
// A recording holds a yield if anything else happens in the store meanwhile, and interruptions;
// where nothing but epochs says when, it has to count (RecordOptions::interruptible).
//
// Thread rules: the store's thread, but for Interrupt and Engine::increment_epoch().

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "reprise/result.hpp"

namespace reprise {

namespace runtime {
class Interrupter;
}
namespace detail {
class StoreState;
}

/// Stops the guests of one store. May outlive it. Thread rules: any thread.
class Interrupt {
 public:
  /// The guest that runs traps at its next function entry, branch back to a loop or long bulk
  /// operation; if none runs, those that wait, if the store has a Scheduler; if none waits, the
  /// next one that runs.
  void raise() const;

 private:
  friend class Metering;
  explicit Interrupt(std::weak_ptr<runtime::Interrupter> whom) : whom_(std::move(whom)) {}
  std::weak_ptr<runtime::Interrupter> whom_;
};

/// A view of a store, passed by value, good as long as the store is.
class Metering {
 public:
  /// UINT64_MAX where nothing is charged.
  uint64_t fuel() const;
  /// Fails with `usage` if the engine charges no fuel, or the store is recorded: a recorded store
  /// has what its Limits say.
  Result<void> set_fuel(uint64_t fuel);
  /// Yields whenever so much was burnt; 0: never. Fails with `usage` if the engine charges none.
  Result<void> yield_every(uint64_t fuel);

  /// Traps when the engine's epoch was incremented so often from now.
  void trap_after_epochs(uint64_t epochs);
  /// Yields then, and after as many epochs again; 0: never.
  void yield_every_epochs(uint64_t epochs);

  /// Traps when so much time has passed from now. A guest that waits for the host then is stopped
  /// at once if the store has a Scheduler, else when it goes on, or by interrupt_waiting().
  void set_timeout(std::chrono::nanoseconds timeout);
  void clear_timeout();

  Interrupt interrupt() const;
  /// Traps the call that waits for the host, the one that began to last, now. On the store's
  /// thread.
  void interrupt_waiting();

 private:
  friend class AnyStore;
  explicit Metering(detail::StoreState& store) : store_(&store) {}
  detail::StoreState* store_;
};

}  // namespace reprise
