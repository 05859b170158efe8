// Paying for rows and bulk operations, and what happens where a guest is interrupted: it traps, or
// parks in front of the instruction at hand, which is then entered again.

#include "code/dispatch.hpp"
#include "runtime/store.hpp"

namespace reprise::code {

using runtime::Refuel;

namespace {

[[gnu::noinline]] Refuel refuel(Machine* machine, uint64_t units) {
  const Refuel answer = machine->meter->refuel(units, !machine->activation->in_leaf());
  if (answer == Refuel::yield) machine->yielded = runtime::Yielded::fuel;
  if (answer != Refuel::yield_asked) return answer;
  machine->yielded = runtime::Yielded::epoch;
  return Refuel::yield;
}

/// Leaves the machine so that it goes on with the instruction at `pc`.
__attribute__((preserve_none)) Exit leave_yielding(REPRISE_STATE_PARAMETERS) {
  static_cast<void>(memory);
  static_cast<void>(handlers);
  machine->pc = pc;
  machine->fp = fp;
  machine->instance = instance;
  machine->budget = budget;
  machine->made = made;
  return Exit::suspended;
}

}  // namespace

// Pays, or parks in front of this instruction, or traps.
#define REPRISE_PAY(units)                              \
  if (!machine->meter->pay(units)) [[unlikely]] {       \
    const Refuel answer = refuel(machine, units);       \
    if (answer == Refuel::exhausted) TRAP(out_of_fuel); \
    if (answer == Refuel::yield) GO(leave_yielding);    \
    DISPATCH();                                         \
  }

// bc = what the row costs
HANDLER(fuel) {
  REPRISE_PAY(unsigned_d(pc));
  NEXT(1);
}

// a = the length's slot; b = log2 of how much one unit pays for
HANDLER(fuel_bulk) {
  const uint64_t units = fp[a(pc)] >> b(pc);
  REPRISE_PAY(units);
  NEXT(1);
}

__attribute__((preserve_none)) Exit interrupted(REPRISE_STATE_PARAMETERS) {
  switch (machine->activation->on_interruption()) {
    case runtime::Interruption::go_on:
      handlers = handlers_for(machine->observer);  // and not where a tick would be counted
      DISPATCH();
    case runtime::Interruption::yield:
      GO(leave_yielding);
    case runtime::Interruption::trap:
      break;
  }
  GO(leave_trapped);
}

__attribute__((preserve_none)) Exit interrupted_at_loop(REPRISE_STATE_PARAMETERS) {
  const runtime::Interruption answer = machine->activation->on_interruption();
  if (answer == runtime::Interruption::trap) GO(leave_trapped);
  // The branch was taken, and whoever counts would have seen it only now.
  if (machine->observer != nullptr && note_tick(machine)) GO(leave_stopped);
  handlers = handlers_for(machine->observer);
  if (answer == runtime::Interruption::yield) GO(leave_yielding);
  DISPATCH();
}

}  // namespace reprise::code
