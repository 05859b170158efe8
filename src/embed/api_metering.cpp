// Metering of the public API.

#include "reprise/metering.hpp"

#include "embed/api_state.hpp"

namespace reprise {

using runtime::Clock;
using runtime::Interrupter;
using runtime::StoreCore;

namespace {

Result<void> charges_fuel(StoreCore& core) {
  if (core.engine().charges_fuel()) return ok();
  return fail(ErrorKind::usage, "the engine charges no fuel: make it with EngineOptions::fuel");
}

}  // namespace

void Interrupt::raise() const {
  if (const auto whom = whom_.lock()) whom->raise(Interrupter::kAsked);
}

uint64_t Metering::fuel() const {
  return store_->session->core().meter().fuel();
}

Result<void> Metering::set_fuel(uint64_t fuel) {
  StoreCore& core = store_->session->core();
  REPRISE_TRY(charges_fuel(core));
  if (store_->session->recorder())
    return fail(ErrorKind::usage, "a recorded store has the fuel that its limits say");
  core.meter().set_fuel(fuel);
  return ok();
}

Result<void> Metering::yield_every(uint64_t fuel) {
  StoreCore& core = store_->session->core();
  REPRISE_TRY(charges_fuel(core));
  core.meter().set_interval(fuel);
  return ok();
}

void Metering::trap_after_epochs(uint64_t epochs) {
  StoreCore& core = store_->session->core();
  core.set_epoch_delta(0);
  core.allow_epochs(epochs);
}

void Metering::yield_every_epochs(uint64_t epochs) {
  StoreCore& core = store_->session->core();
  core.set_epoch_delta(epochs);
  core.allow_epochs(epochs);
}

void Metering::set_timeout(std::chrono::nanoseconds timeout) {
  StoreCore& core = store_->session->core();
  core.engine().clock().set_deadline(core.interrupter(), Clock::Instant::clock::now() + timeout);
}

void Metering::clear_timeout() {
  StoreCore& core = store_->session->core();
  core.engine().clock().forget_deadline(*core.interrupter());
  core.interrupter()->withdraw(Interrupter::kDeadline);
}

Interrupt Metering::interrupt() const {
  return Interrupt(store_->session->core().interrupter());
}

void Metering::interrupt_waiting() {
  store_->session->interrupt_parked(Interrupter::kAsked);
}

}  // namespace reprise
