// Metering of the public API.

#include "reprise/metering.hpp"

#include <algorithm>

#include "embed/api_state.hpp"

namespace reprise {

using runtime::Clock;
using runtime::Interrupter;
using runtime::StoreCore;

namespace {

/// More than an engine will ever count, and few enough to be added to what it has counted.
constexpr uint64_t kManyEpochs = uint64_t{1} << 62;

/// Everything here is a word or two of the store's, and has nothing to refuse with.
StoreCore& core_of(const detail::StoreState& store) {
  store.expect_own_thread("its metering is used");
  return store.session->core();
}

Result<void> charges_fuel(StoreCore& core) {
  if (core.engine().charges_fuel()) return ok();
  return fail(ErrorKind::usage, "the engine charges no fuel: make it with EngineOptions::fuel");
}

}  // namespace

void Interrupt::raise() const {
  if (const auto whom = whom_.lock()) whom->raise(Interrupter::kAsked);
}

uint64_t Metering::fuel() const {
  return core_of(*store_).meter().fuel();
}

Result<void> Metering::set_fuel(uint64_t fuel) {
  StoreCore& core = core_of(*store_);
  REPRISE_TRY(charges_fuel(core));
  if (store_->session->recorder())
    return fail(ErrorKind::usage, "a recorded store has the fuel that its limits say");
  core.meter().set_fuel(fuel);
  return ok();
}

Result<void> Metering::yield_every(uint64_t fuel) {
  StoreCore& core = core_of(*store_);
  REPRISE_TRY(charges_fuel(core));
  core.meter().set_interval(fuel);
  return ok();
}

void Metering::trap_after_epochs(uint64_t epochs) {
  StoreCore& core = core_of(*store_);
  core.set_epoch_delta(0);
  core.allow_epochs(std::min(epochs, kManyEpochs));
}

void Metering::yield_every_epochs(uint64_t epochs) {
  StoreCore& core = core_of(*store_);
  core.set_epoch_delta(std::min(epochs, kManyEpochs));
  core.allow_epochs(epochs == 0 ? kManyEpochs : std::min(epochs, kManyEpochs));
}

void Metering::set_timeout(std::chrono::nanoseconds timeout) {
  StoreCore& core = core_of(*store_);
  const Clock::Instant now = Clock::Instant::clock::now();
  const bool is_for_ever = timeout > Clock::Instant::max() - now;
  core.engine().clock().set_deadline(core.interrupter(),
                                     is_for_ever ? Clock::Instant::max() : now + timeout);
}

void Metering::clear_timeout() {
  StoreCore& core = core_of(*store_);
  core.engine().clock().forget_deadline(*core.interrupter());
  core.interrupter()->withdraw(Interrupter::kDeadline);
}

Interrupt Metering::interrupt() const {
  return Interrupt(core_of(*store_).interrupter());
}

void Metering::interrupt_waiting() {
  store_->expect_own_thread("its metering is used");
  store_->session->interrupt_parked(Interrupter::kAsked);
}

}  // namespace reprise
