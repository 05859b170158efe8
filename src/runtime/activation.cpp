// Activations: starting, running, leaving. The code of guests runs in a tier; here is what
// surrounds it.

#include "runtime/activation.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "runtime/fault.hpp"

namespace reprise::runtime {

Result<std::unique_ptr<Activation>> Activation::create(StoreCore& store) {
  REPRISE_ASSIGN(Reservation stack, store.take_stack());
  return std::unique_ptr<Activation>(new Activation(store, std::move(stack)));
}

Activation::Activation(StoreCore& store, Reservation stack) : stack_(std::move(stack)) {
  machine_.activation = this;
  machine_.store = &store;
  machine_.functions = store.function_base();
  machine_.interrupt = &store.interrupter()->word();
  machine_.meter = &store.meter();
  store.activations_.push_back(this);
}

Activation::~Activation() {
  REPRISE_CHECK(state_ != State::running);
  cancel();
  std::erase(machine_.store->activations_, this);
  machine_.store->give_back_stack(std::move(stack_));
}

/// What lies above the innermost frame is nobody's. Between runs, results may.
const Slot* Activation::end_of_frames() const {
  const FunctionCode* code = header_of(machine_.fp).code;
  const size_t above = code == nullptr ? std::max(argument_slots_, result_slots_) : code->charge;
  return machine_.fp + above;
}

Slot* Activation::make_base_frame(Slot* at, Slot* caller_fp) {
  Slot* fp = at + kFrameHeaderSlots;
  header_of(fp) = {
      .return_pc = nullptr, .caller_fp = caller_fp, .caller_instance = nullptr, .code = nullptr};
  return fp;
}

Result<void> Activation::start(FuncId function, std::span<const Slot> args) {
  if (state_ != State::idle) return fail(ErrorKind::usage, "the activation is in use");
  const wasm::FuncType& type = machine_.store->function_type(function);
  if (args.size() != type.parameter_slots)
    return fail(ErrorKind::usage, "the function takes " + std::to_string(type.parameter_slots) +
                                      " argument slots, not " + std::to_string(args.size()));
  trap_.reset();
  bottom_ = make_base_frame(reinterpret_cast<Slot*>(stack_.base()), nullptr);
  std::copy(args.begin(), args.end(), bottom_);
  type_ = &type;
  argument_slots_ = type.parameter_slots;
  result_slots_ = type.result_slots;
  machine_.pc = nullptr;
  machine_.fp = bottom_;
  machine_.instance = nullptr;
  machine_.budget = machine_.store->limits().stack_slots;
  machine_.callee = &machine_.store->function(function);
  machine_.callee_args = bottom_;
  machine_.is_stopped = false;
  machine_.is_probed = false;
  machine_.has_observed_frames = false;
  machine_.made = 0;
  state_ = State::started;
  ++machine_.store->statistics().activations;
  return ok();
}

Exit Activation::run() {
  REPRISE_CHECK(state_ == State::started || state_ == State::parked || state_ == State::stopped);
  ensure_signal_stack();
  machine_.observer = machine_.store->observer();
  machine_.yielded = Yielded::no;
  ++machine_.store->statistics().runs;
  Exit exit = Exit::stopped;
  ++machine_.store->running_;
  do {
    state_ = State::running;
    exit = machine_.store->engine().tier().run(*this);
    if (exit == Exit::stopped) state_ = State::stopped;
  } while (exit == Exit::stopped && goes_on());
  --machine_.store->running_;
  if (exit == Exit::stopped) return exit;
  if (exit == Exit::suspended) {
    state_ = State::parked;
    note_park();
    return exit;
  }
  if (exit == Exit::trapped) {
    REPRISE_CHECK(trap_.has_value());
    if (trap_->frames.empty()) trap_->frames = backtrace();
    release_frames(machine_.fp);
    type_ = nullptr;
  }
  state_ = State::idle;
  return exit;
}

bool Activation::goes_on() {
  const Observer& observer = *machine_.observer;
  return observer.stopped != nullptr &&
         observer.stopped(observer.data, *this) == ProbeAnswer::go_on;
}

void Activation::note_park() {
  Statistics& statistics = machine_.store->statistics();
  ++statistics.parks;
  if (machine_.yielded == Yielded::fuel) ++statistics.fuel_yields;
  if (machine_.yielded == Yielded::epoch) ++statistics.epoch_yields;
}

Interruption Activation::on_interruption() {
  StoreCore& store = *machine_.store;
  const uint32_t reason = store.interrupter()->take();
  if (reason == 0) return Interruption::go_on;
  if (reason == Interrupter::kEpoch && store.epoch_delta() != 0) {
    store.allow_epochs(store.epoch_delta());
    // Inside of a leaf call nobody can wait; there will be other epochs.
    if (in_leaf()) return Interruption::go_on;
    // Where there is a measure, it yields at the next place that this can name.
    if (store.engine().charges_fuel()) {
      store.meter().yield_at(store.meter().burnt());
      return Interruption::go_on;
    }
    if (Observer* const observer = machine_.observer) {
      observer->interrupt_at_tick = observer->ticks + 1;
      observer->interrupt_reason = 0;
      return Interruption::go_on;
    }
    machine_.yielded = Yielded::epoch;
    return Interruption::yield;
  }
  ++store.statistics().interruptions;
  set_trap({TrapKind::interrupted, interruption_message(reason), 0, {}});
  return Interruption::trap;
}

Exit Activation::trap_parked(uint32_t reason) {
  REPRISE_CHECK(state_ == State::parked || state_ == State::stopped);
  ++machine_.store->statistics().interruptions;
  Trap trap{TrapKind::interrupted, interruption_message(reason), 0, backtrace()};
  cancel();
  set_trap(std::move(trap));
  return Exit::trapped;
}

void Activation::cancel() {
  if (state_ == State::parked || state_ == State::stopped) {
    machine_.store->forget(this);
    release_frames(machine_.fp);
  }
  if (state_ == State::running) return;
  if (state_ != State::idle) type_ = nullptr;
  state_ = State::idle;
}

void Activation::release_frames(Slot* fp) {
  for (; fp != nullptr && header_of(fp).code != nullptr; fp = header_of(fp).caller_fp) {
    if (header_of(fp).code->native == nullptr) continue;
    NativeRecord& record = native_record_of(fp);
    if (record.scratch != nullptr) record.destroy_scratch(std::exchange(record.scratch, nullptr));
  }
}

TrapOr<void> Activation::run_leaf(FuncId callee, std::span<const Slot> args,
                                  std::span<Slot> results, Slot* top) {
  if (leaf_depth_ == NativeCall::kMaxLeafDepth)
    return reprise::trap(TrapKind::call_stack_exhausted,
                         "calls out of native functions nest too deep");
  const wasm::FuncType& type = machine_.store->function_type(callee);
  REPRISE_CHECK(args.size() == type.parameter_slots && results.size() == type.result_slots);

  // The registers of the native function's caller are in that caller's frames already; what is here
  // is where backtraces start.
  const Word* const pc = machine_.pc;
  Slot* const fp = machine_.fp;
  Instance* const instance = machine_.instance;
  const int64_t budget = machine_.budget;

  Slot* base = make_base_frame(top, fp);
  header_of(base).caller_instance = instance;
  std::copy(args.begin(), args.end(), base);
  machine_.pc = nullptr;
  machine_.fp = base;
  machine_.callee = &machine_.store->function(callee);
  machine_.callee_args = base;
  machine_.made = 0;
  ++leaf_depth_;
  ++machine_.store->statistics().leaf_calls;
  const Exit exit = machine_.store->engine().tier().run(*this);
  --leaf_depth_;

  TrapOr<void> outcome;
  if (exit == Exit::returned) {
    std::copy(base, base + results.size(), results.begin());
  } else {
    REPRISE_CHECK(exit == Exit::trapped && trap_.has_value());
    if (trap_->frames.empty()) trap_->frames = backtrace();
    release_frames(machine_.fp);
    outcome = std::unexpected(std::move(*trap_));
    trap_.reset();
  }
  machine_.pc = pc;
  machine_.fp = fp;
  machine_.instance = instance;
  machine_.budget = budget;
  return outcome;
}

void Activation::walk(const std::function<bool(const FrameView&)>& visit) const {
  Slot* fp = machine_.fp;
  const Word* pc = machine_.pc;
  Instance* instance = machine_.instance;
  bool calling = false;
  while (fp != nullptr) {
    const FrameHeader& header = header_of(fp);
    if (header.code != nullptr) {
      if (!visit({header.code, instance, fp, pc, calling})) return;
    } else if (header.caller_fp == nullptr) {
      return;
    }
    pc = header.return_pc;
    instance = header.caller_instance;
    fp = header.caller_fp;
    calling = true;
  }
}

void Activation::each_root_in(std::span<const wasm::ValueType> types, const Slot* at,
                              const std::function<void(Slot)>& visit) const {
  const wasm::TypeRegistry& registry = machine_.store->types();
  for (const wasm::ValueType type : types) {
    if (may_name_object(registry, type)) visit(*at);
    at += type.slots();
  }
}

void Activation::each_root(const std::function<void(Slot)>& visit) const {
  if (state_ == State::idle || state_ == State::started) {
    if (type_ == nullptr) return;
    each_root_in(state_ == State::idle ? type_->results : type_->parameters, bottom_, visit);
    return;
  }
  std::vector<int32_t> places;
  walk([&](const FrameView& view) {
    if (view.code->native != nullptr) {
      const auto& type = machine_.store->function_type(FuncId(view.code->index));
      each_root_in(type.parameters, view.fp - view.code->frame_offset, visit);
      return true;
    }
    places.clear();
    const FrameMoment moment = view.is_calling       ? FrameMoment::calling
                               : machine_.is_stopped ? FrameMoment::before
                                                     : FrameMoment::inside;
    view.code->module->find_roots(*view.code, view.pc, moment, places);
    for (const int32_t place : places) visit(view.fp[place]);
    return true;
  });
}

std::vector<Frame> Activation::backtrace() const {
  std::vector<Frame> frames;
  walk([&](const FrameView& view) {
    Frame frame;
    if (view.code->native != nullptr) {
      frame.function_index = view.code->index;
      frame.function_name = view.code->native->name;
    } else {
      const wasm::Module& module = view.code->module->module();
      if (view.instance != nullptr) frame.module = view.instance->name;
      if (frame.module.empty()) frame.module = module.names().module();
      frame.function_index = view.code->index;
      frame.function_name = module.names().function(view.code->index);
      if (view.pc != nullptr)
        frame.module_offset =
            view.code->module->offset_of(*view.code, view.is_calling ? view.pc - 1 : view.pc);
    }
    frames.push_back(std::move(frame));
    return frames.size() < Trap::kMaxBacktraceFrames;
  });
  return frames;
}

TrapOr<std::vector<Slot>> call(StoreCore& store, FuncId function, std::span<const Slot> args) {
  auto activation = Activation::create(store);
  if (!activation) return trap(TrapKind::call_stack_exhausted, activation.error().to_string());
  Activation& a = **activation;
  const Result<void> started = a.start(function, args);
  if (!started) return trap(TrapKind::host, started.error().to_string());
  Exit exit = a.run();
  while (exit == Exit::stopped) exit = a.run();  // nobody is here to look
  switch (exit) {
    case Exit::returned: {
      const auto results = a.results();
      return std::vector<Slot>(results.begin(), results.end());
    }
    case Exit::trapped:
      return std::unexpected(a.take_trap());
    case Exit::stopped:
    case Exit::suspended:
      break;
  }
  a.cancel();
  return std::unexpected(Trap::of(TrapKind::cannot_suspend));
}

void NativeCall::drop_scratch() {
  NativeRecord& r = record();
  if (r.scratch != nullptr) r.destroy_scratch(std::exchange(r.scratch, nullptr));
}

TrapOr<void> NativeCall::call_leaf(FuncId callee, std::span<const Slot> args,
                                   std::span<Slot> results) {
  return activation_.run_leaf(callee, args, results, call_args() + function_.call_slots);
}

}  // namespace reprise::runtime
