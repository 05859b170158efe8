// Counting and probing, as tables of handlers of their own (runtime/observer.hpp says what for).
//
// Handlers that may enter a function or branch back to a loop are left as they are. In the tables
// of an observer a *counter* stands in their place: it notes the instruction, and runs the real
// handler with a third table, whose every entry is a *landing*. Whatever the handler did, it
// dispatches the instruction it went to through the table it was given, so it lands; the landing
// compares where it came from with where it is, counts, stops or not, and goes on through the
// observer's table. An instruction that is counted costs two jumps more; all others, nothing; and
// production has the same machine code as if counting didn't exist.

#include <string_view>
#include <type_traits>

#include "code/dispatch.hpp"
#include "code/lazy.hpp"

namespace reprise::code {

using runtime::FunctionCode;
using runtime::header_of;
using runtime::Observer;
using runtime::ProbeAnswer;

namespace {

enum class Counted : uint8_t {
  no,
  call,    // may enter a function
  back,    // may go back to a loop
  catch_,  // may go on at a clause that does
  write    // may write to a memory or a global
};

/// A tick may follow.
consteval bool is_tick(Counted kind) {
  return kind != Counted::no && kind != Counted::write;
}

consteval Counted counted(std::string_view name) {
  if (name.starts_with("back")) return Counted::back;
  if (name.starts_with("throw")) return Counted::catch_;
  if (name.starts_with("call") || name.starts_with("return_call") || name.starts_with("native_") ||
      name == "start")
    return Counted::call;
  if (name.contains("store") || name.contains("_rmw") || name.starts_with("global_set") ||
      name == "memory_init" || name == "memory_copy" || name == "memory_fill")
    return Counted::write;
  return Counted::no;
}

/// Asks the observer about the instruction at machine->pc.
[[gnu::noinline]] ProbeAnswer ask(Machine* machine) noexcept {
  Observer& observer = *machine->observer;
  if (observer.probe == nullptr) return ProbeAnswer::go_on;
  runtime::Activation& activation = *machine->activation;
  const runtime::ProbeView view{.instance = machine->instance,
                                .function = header_of(machine->fp).code->index,
                                .offset = unsigned_d(machine->pc),
                                .in_leaf = activation.in_leaf()};
  const ProbeAnswer answer = observer.probe(observer.data, activation, view);
  return view.in_leaf ? ProbeAnswer::go_on : answer;
}

/// In the table of observing.
__attribute__((preserve_none)) Exit ask_probe(REPRISE_STATE_PARAMETERS) {
  const runtime::FunctionSet* probed = machine->observer->probed;
  if (probed != nullptr && !probed->may_ask_at(unsigned_d(pc))) NEXT(1);
  machine->pc = pc;
  machine->fp = fp;
  machine->instance = instance;
  machine->budget = budget;
  if (ask(machine) == ProbeAnswer::stop) {
    machine->is_stopped = true;
    machine->is_probed = true;
    return Exit::stopped;
  }
  NEXT(1);
}

constexpr Handler* kProduction[] = {
#define EACH(name) &handle_##name,
#include "code/each_op.def"
};

template <Observer::Mode kMode>
const void* const* table();

/// Something may have been written: the observer may want to stop at the next tick.
[[gnu::noinline]] void tell_write(Machine* machine) noexcept {
  Observer& observer = *machine->observer;
  if (observer.wrote(observer.data) == ProbeAnswer::stop) observer.stop_at_tick = 0;
}

/// The tick has come at which somebody is interrupted, or yields. True: it parks.
[[gnu::noinline]] bool meet_tick(Machine* machine) noexcept {
  Observer& observer = *machine->observer;
  if (observer.interrupt_reason != 0) {
    machine->store->interrupter()->raise(runtime::Interrupter::Reason{observer.interrupt_reason});
    return false;
  }
  if (machine->activation->in_leaf()) return false;
  machine->yielded = runtime::Yielded::epoch;
  return true;
}

inline bool tick_stops(Machine* machine) {
  Observer& observer = *machine->observer;
  if (++observer.ticks == observer.interrupt_at_tick) [[unlikely]]
    if (meet_tick(machine)) return true;
  return observer.ticks >= observer.stop_at_tick && !machine->activation->in_leaf();
}

// Counts, and goes on in the table of kMode, unless this is where to stop.
#define REPRISE_TICK_AND_GO_ON(kMode)   \
  if (tick_stops(machine)) [[unlikely]] \
    GO(leave_stopped);                  \
  handlers = table<kMode>();            \
  DISPATCH()

/// The function's code is to ask.
[[gnu::noinline]] bool is_probed(const Machine* machine, const FunctionCode& code) noexcept {
  const runtime::FunctionSet* set = machine->observer->probed;
  return set == nullptr || set->contains(code.module->module(), code.index);
}

template <Observer::Mode kMode>
__attribute__((preserve_none)) Exit land_call(REPRISE_STATE_PARAMETERS) {
  handlers = table<kMode>();
  if constexpr (kMode == Observer::Mode::watching) tell_write(machine);
  const FunctionCode* code = header_of(fp).code;
  // A return into a frame, a native function, or a callee whose code had to be made first.
  if (code == nullptr || pc != code->entry || code->native != nullptr || machine->is_again)
    DISPATCH();
  if (kMode != Observer::Mode::counting && !code->is_observed && is_probed(machine, *code)) {
    code = observed_form(machine, *code);
    if (code == nullptr) [[unlikely]]
      GO(leave_trapped);
    header_of(fp).code = code;
    pc = code->entry;
  }
  REPRISE_TICK_AND_GO_ON(kMode);
}

template <Observer::Mode kMode>
__attribute__((preserve_none)) Exit land_back(REPRISE_STATE_PARAMETERS) {
  handlers = table<kMode>();
  if (pc > machine->counted) DISPATCH();  // not taken
  if constexpr (kMode == Observer::Mode::watching) tell_write(machine);
  REPRISE_TICK_AND_GO_ON(kMode);
}

template <Observer::Mode kMode>
__attribute__((preserve_none)) Exit land_catch(REPRISE_STATE_PARAMETERS) {
  handlers = table<kMode>();
  if (!machine->is_caught_at_loop) DISPATCH();
  if constexpr (kMode == Observer::Mode::watching) tell_write(machine);
  REPRISE_TICK_AND_GO_ON(kMode);
}

__attribute__((preserve_none)) Exit land_write(REPRISE_STATE_PARAMETERS) {
  handlers = table<Observer::Mode::watching>();
  tell_write(machine);
  DISPATCH();
}

template <Handler* kLanding>
struct Landings {
  static constexpr Handler* kTable[] = {
#define EACH(name) kLanding,
#include "code/each_op.def"
  };
};

template <Op kOp, Handler* kLanding>
__attribute__((preserve_none)) Exit count(REPRISE_STATE_PARAMETERS) {
  machine->counted = pc;
  machine->is_again = false;
  handlers = reinterpret_cast<const void* const*>(Landings<kLanding>::kTable);
  GO(kProduction[static_cast<size_t>(kOp)]);
}

template <Observer::Mode kMode, Op kOp, Counted kKind>
consteval Handler* observed() {
  if constexpr (kKind == Counted::call) return &count<kOp, &land_call<kMode>>;
  if constexpr (kKind == Counted::back) return &count<kOp, &land_back<kMode>>;
  if constexpr (kKind == Counted::catch_) return &count<kOp, &land_catch<kMode>>;
  if constexpr (kKind == Counted::write && kMode == Observer::Mode::watching)
    return &count<kOp, &land_write>;
  if (kOp == Op::probe && kMode != Observer::Mode::counting) return &ask_probe;
  return kProduction[static_cast<size_t>(kOp)];
}

// Of a pair whose second instruction may tick, the first runs alone; the second comes next.
#define PAIR(first, second, words)                                            \
  consteval Op alone(std::integral_constant<Op, Op::first##_then_##second>) { \
    return is_tick(counted(#second)) ? Op::first : Op::first##_then_##second; \
  }
#include "code/pairs.def"
template <Op kOp>
consteval Op alone(std::integral_constant<Op, kOp>) {
  return kOp;
}

template <Observer::Mode kMode>
constexpr Handler* kObserved[] = {
#define EACH(name) observed<kMode, alone(std::integral_constant<Op, Op::name>()), counted(#name)>(),
#include "code/each_op.def"
};

template <Observer::Mode kMode>
const void* const* table() {
  return reinterpret_cast<const void* const*>(kObserved<kMode>);
}

}  // namespace

__attribute__((preserve_none)) Exit leave_stopped(REPRISE_STATE_PARAMETERS) {
  static_cast<void>(memory);
  static_cast<void>(handlers);
  static_cast<void>(made);
  machine->pc = pc;
  machine->fp = fp;
  machine->instance = instance;
  machine->budget = budget;
  machine->is_stopped = true;
  return machine->yielded == runtime::Yielded::no ? Exit::stopped : Exit::suspended;
}

bool note_tick(Machine* machine) noexcept {
  Observer& observer = *machine->observer;
  return ++observer.ticks == observer.interrupt_at_tick && meet_tick(machine);
}

// In code that is observed; d = the instruction's offset in its module. Where nobody asks, nothing.
HANDLER(probe) {
  NEXT(1);
}

const void* const* handlers_for(const Observer* observer) {
  if (observer == nullptr) return reinterpret_cast<const void* const*>(kProduction);
  switch (observer->mode) {
    case Observer::Mode::counting:
      return table<Observer::Mode::counting>();
    case Observer::Mode::observing:
      return table<Observer::Mode::observing>();
    case Observer::Mode::watching:
      break;
  }
  return table<Observer::Mode::watching>();
}

}  // namespace reprise::code
