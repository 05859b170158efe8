#include "code/frame_state.hpp"

#include <optional>

#include "base/check.hpp"
#include "code/frame_position.hpp"

namespace reprise::code {

using runtime::Activation;
using runtime::FrameHeader;
using runtime::FunctionCode;
using runtime::header_of;
using runtime::Machine;
using runtime::Slot;

namespace {

/// Where the row is paid that begins with this instruction, if one does.
std::optional<size_t> paying_word(const FunctionCode& code, const FunctionMap& map, size_t event) {
  const size_t word = map.events[event].word + (code.is_observed ? 1 : 0);
  return word < map.words && op_of(code.entry + word) == Op::fuel ? std::optional(word)
                                                                  : std::nullopt;
}

}  // namespace

std::optional<Position> position_of(const FunctionCode& code, const Word* pc, bool is_calling,
                                    bool is_stopped) {
  if (pc < code.entry) return std::nullopt;
  const auto map = module_of(code).map(code.index, code.is_observed);
  const auto word = static_cast<size_t>(pc - code.entry);
  std::optional<size_t> event;
  if (is_calling) {
    event = map->event_in(word - 1);
  } else {
    event = is_stopped && !code.is_observed ? map->event_at(word) : map->event_in(word);
  }
  if (!event) return std::nullopt;
  const bool is_inside = !is_calling && !is_stopped;
  const auto paying = is_inside ? paying_word(code, *map, *event) : std::nullopt;
  return Position{*event, is_calling, is_inside, paying && word > *paying};
}

FrameLayout layout_at(const FunctionCode& code, const Position& position) {
  const RegisterCode& module = module_of(code);
  return position.is_calling ? module.layout_in_call(code.index, code.is_observed, position.event)
                             : module.layout_before(code.index, code.is_observed, position.event);
}

void settle(Slot* fp, const FrameLayout& layout) {
  for (const auto& operand : layout.operands) {
    if (!operand.is_constant && operand.place == operand.home) continue;
    fp[operand.home] = operand.is_constant ? operand.bits : fp[operand.place];
    if (operand.type.slots() == 2)
      fp[operand.home + 1] = operand.is_constant ? operand.bits_high : fp[operand.place + 1];
  }
}

std::optional<size_t> word_at(const FunctionCode& code, const FunctionMap& map,
                              const Position& position) {
  if (position.is_paid) {
    const auto paying = paying_word(code, map, position.event);
    return paying && map.events[position.event].is_clean ? std::optional(*paying + 1)
                                                         : std::nullopt;
  }
  // Behind the probe.
  if (position.is_inside && code.is_observed) return map.events[position.event].word + 1;
  if (!position.is_calling) return map.word_before(position.event);
  // A call is always followed by something, if only its function's end.
  return map.events[position.event + 1].word;
}

namespace {

TypedSlot read(const Slot* fp, wasm::ValueType type, Place place) {
  return {type, fp[place], type.slots() == 2 ? fp[place + 1] : 0};
}

void read_frame(const Activation::FrameView& view, bool is_stopped, FrameState& state) {
  state.instance = view.instance;
  state.function = view.code->index;
  state.is_calling = view.is_calling;
  const auto position = position_of(*view.code, view.pc, view.is_calling, is_stopped);
  if (!position) return;
  const auto map = module_of(*view.code).map(view.code->index, view.code->is_observed);
  state.offset = map->events[position->event].offset;
  const FrameLayout layout = layout_at(*view.code, *position);
  for (const auto& local : layout.locals)
    state.locals.push_back(read(view.fp, local.type, local.place));
  for (const auto& operand : layout.operands)
    state.operands.push_back(operand.is_constant
                                 ? TypedSlot{operand.type, operand.bits, operand.bits_high}
                                 : read(view.fp, operand.type, operand.place));
}

/// Calls `visit(fp, pc)` for every guest frame, innermost first; `pc` may be written: the
/// machine's, or the return address that the frame's callee keeps for it.
template <class Visit>
void each_guest_frame(Machine& machine, Visit visit) {
  const Word** pc = &machine.pc;
  bool is_calling = false;
  for (Slot* fp = machine.fp; fp != nullptr; fp = header_of(fp).caller_fp) {
    FrameHeader& header = header_of(fp);
    if (header.code != nullptr && header.code->native == nullptr) visit(fp, *pc, is_calling);
    pc = &header.return_pc;
    is_calling = true;
  }
}

/// What folded code takes from locals or knows as constants is still what lies in the slots: nobody
/// has written a local meanwhile.
bool is_consistent(const Slot* fp, const FrameLayout& layout) {
  for (const auto& operand : layout.operands) {
    const TypedSlot said = operand.is_constant
                               ? TypedSlot{operand.type, operand.bits, operand.bits_high}
                               : read(fp, operand.type, operand.place);
    if (said != read(fp, operand.type, operand.home)) return false;
  }
  return true;
}

}  // namespace

std::vector<FrameState> frame_states(const Activation& activation, size_t limit) {
  std::vector<FrameState> states;
  if (limit == 0) return states;
  activation.walk([&](const Activation::FrameView& view) {
    FrameState& state = states.emplace_back();
    if (view.code->native != nullptr) {
      state.native = view.code->native;
      state.is_calling = view.is_calling;
    } else {
      read_frame(view, activation.machine().is_stopped, state);
    }
    return states.size() < limit;
  });
  return states;
}

namespace {

void observe_frame(const Machine& machine, Slot* fp, const Word*& pc, bool is_calling) {
  const FunctionCode& code = *header_of(fp).code;
  if (code.is_observed) return;
  const auto position = position_of(code, pc, is_calling, machine.is_stopped);
  auto& module = const_cast<RegisterCode&>(module_of(code));
  const auto observed = module.lower_observed(code.index);
  REPRISE_CHECK(position && observed);  // it is valid, as it has run
  settle(fp, layout_at(code, *position));
  const auto word = word_at(**observed, *module.map(code.index, true), *position);
  REPRISE_CHECK(word.has_value());
  header_of(fp).code = *observed;
  pc = (*observed)->entry + *word;
}

/// False if it must stay observed.
bool fold_frame(Machine& machine, Slot* fp, const Word*& pc, bool is_calling) {
  const FunctionCode& code = *header_of(fp).code;
  if (!code.is_observed) return true;
  const auto position = position_of(code, pc, is_calling, machine.is_stopped);
  auto& module = const_cast<RegisterCode&>(module_of(code));
  const auto folded = module.lower(code.index);
  REPRISE_CHECK(position && folded);
  const auto word = word_at(**folded, *module.map(code.index, false), *position);
  if (!word || !is_consistent(fp, layout_at(**folded, *position))) return false;
  header_of(fp).code = *folded;
  pc = (*folded)->entry + *word;
  if (!is_calling) machine.is_probed = false;
  return true;
}

}  // namespace

void observe_frames(Activation& activation) {
  Machine& machine = activation.machine();
  machine.has_observed_frames = true;
  each_guest_frame(machine, [&](Slot* fp, const Word*& pc, bool is_calling) {
    observe_frame(machine, fp, pc, is_calling);
  });
}

void observe_frames(Activation& activation, const runtime::FunctionSet& functions) {
  Machine& machine = activation.machine();
  machine.has_observed_frames = true;
  each_guest_frame(machine, [&](Slot* fp, const Word*& pc, bool is_calling) {
    const FunctionCode& code = *header_of(fp).code;
    if (functions.contains(code.module->module(), code.index)) {
      observe_frame(machine, fp, pc, is_calling);
    } else {
      static_cast<void>(fold_frame(machine, fp, pc, is_calling));
    }
  });
}

void fold_frames(Activation& activation) {
  Machine& machine = activation.machine();
  if (!machine.has_observed_frames) return;
  machine.has_observed_frames = false;
  each_guest_frame(machine, [&](Slot* fp, const Word*& pc, bool is_calling) {
    if (!fold_frame(machine, fp, pc, is_calling)) machine.has_observed_frames = true;
  });
}

bool set_local(Activation& activation, size_t depth, uint32_t local, Slot low, Slot high) {
  // A folded frame may have operands that are read from the local.
  observe_frames(activation);
  bool is_done = false;
  activation.walk([&](const Activation::FrameView& view) {
    if (depth-- != 0) return true;
    if (view.code->native != nullptr) return false;
    const FrameLayout layout = module_of(*view.code).layout_before(view.code->index, true, 0);
    if (local >= layout.locals.size()) return false;
    view.fp[layout.locals[local].place] = low;
    if (layout.locals[local].type.slots() == 2) view.fp[layout.locals[local].place + 1] = high;
    is_done = true;
    return false;
  });
  return is_done;
}

}  // namespace reprise::code
