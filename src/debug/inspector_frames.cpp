// Frames: the machine's, the source's, and what stands on them.

#include <fmt/format.h>

#include "code/frame_state.hpp"
#include "debug/dwarf/describe.hpp"
#include "debug/dwarf/format.hpp"
#include "debug/dwarf/type.hpp"
#include "debug/dwarf/variables.hpp"
#include "debug/inspector.hpp"
#include "runtime/activation.hpp"

namespace reprise::debug {

namespace {

/// Frames shown of a deep recursion.
constexpr size_t kMaxFrames = 10'000;

std::unexpected<Error> no_frame(size_t frame) {
  if (frame == 0) return fail(ErrorKind::usage, "no guest code is running here");
  return fail(ErrorKind::usage, fmt::format("there is no frame {}", frame));
}

/// A stopped frame as locations in debug information ask for it.
class StoppedFrame final : public FrameState {
 public:
  explicit StoppedFrame(const code::FrameState& frame) : frame_(frame) {}

  std::optional<WasmBits> local(uint32_t index) const override { return at(frame_.locals, index); }
  std::optional<WasmBits> operand(uint32_t index) const override {
    return at(frame_.operands, index);
  }
  std::optional<WasmBits> global(uint32_t index) const override {
    const auto& globals = frame_.instance->global_space;
    if (index >= globals.size()) return std::nullopt;
    const bool is_wide = frame_.instance->module().globals[index].type.value == wasm::kV128;
    return WasmBits{globals[index][0], is_wide ? globals[index][1] : 0};
  }
  bool read_memory(uint64_t address, std::span<uint8_t> out) const override {
    const auto& memories = frame_.instance->memory_space;
    if (memories.empty() || !memories[0]->contains(address, out.size())) return false;
    std::copy_n(memories[0]->base() + address, out.size(), out.begin());
    return true;
  }

 private:
  static std::optional<WasmBits> at(const std::vector<code::TypedSlot>& slots, uint32_t index) {
    if (index >= slots.size()) return std::nullopt;
    return WasmBits{slots[index].low, slots[index].high};
  }

  const code::FrameState& frame_;
};

}  // namespace

struct Inspector::Selected {
  DebugFrame frame;
  code::FrameState state;
};

std::vector<DebugFrame> Inspector::frames() const {
  std::vector<DebugFrame> all;
  const runtime::Activation* activation = run_.activation();
  if (activation == nullptr || activation->is_idle()) return all;
  uint32_t machine_frame = 0;
  for (const code::FrameState& state : code::frame_states(*activation, kMaxFrames)) {
    DebugFrame frame;
    frame.machine_frame = machine_frame++;
    if (state.native != nullptr) {
      frame.is_native = true;
      frame.function = state.native->name;
      all.push_back(std::move(frame));
      continue;
    }
    const auto module = modules_.number_of(state.instance->module());
    if (!module) continue;
    frame.function_index = state.function;
    frame.instance = state.instance->id.value;
    if (!state.instance->memory_ids.empty()) frame.memory = state.instance->memory_ids[0].value;
    frame.function = modules_.function_name(*module, state.function);
    frame.code = CodeLocation{*module, state.offset};
    const auto source = modules_[*module].info->frames_at(state.offset);
    for (const SourceFrame& s : source) {
      frame.function = s.function;
      frame.location = s.location.line != 0 ? std::optional(s.location) : std::nullopt;
      frame.is_inlined = s.is_inlined;
      all.push_back(frame);
      ++frame.source_frame;
    }
    if (source.empty()) all.push_back(std::move(frame));
  }
  return all;
}

Result<Inspector::Selected> Inspector::select(size_t frame) const {
  const auto all = frames();
  if (frame >= all.size()) return no_frame(frame);
  auto states = code::frame_states(*run_.activation(), all[frame].machine_frame + 1);
  if (all[frame].machine_frame >= states.size()) return no_frame(frame);
  return Selected{all[frame], std::move(states[all[frame].machine_frame])};
}

Result<Inspector::Selected> Inspector::select_source(size_t frame) const {
  REPRISE_ASSIGN(Selected selected, select(frame));
  if (!selected.frame.code)
    return fail(ErrorKind::usage, fmt::format("frame {} is not one of the guest's", frame));
  return selected;
}

Result<std::vector<TypedValue>> Inspector::locals(size_t frame) const {
  REPRISE_ASSIGN(const Selected selected, select(frame));
  std::vector<TypedValue> all;
  for (uint32_t i = 0; i < selected.state.locals.size(); ++i) {
    const code::TypedSlot& slot = selected.state.locals[i];
    const wasm::Module& module = selected.state.instance->module();
    all.push_back(typed_value(std::string(module.names().local(selected.state.function, i)),
                              slot.type, {slot.low, slot.high}));
  }
  return all;
}

Result<std::vector<TypedValue>> Inspector::operands(size_t frame) const {
  REPRISE_ASSIGN(const Selected selected, select(frame));
  std::vector<TypedValue> all;
  for (const code::TypedSlot& slot : selected.state.operands)
    all.push_back(typed_value({}, slot.type, {slot.low, slot.high}));
  return all;
}

VariableInfo Inspector::show(const Value& value, const FrameState& state, std::string name,
                             std::string path, uint32_t memory) const {
  VariableInfo shown;
  shown.name = std::move(name);
  shown.path = std::move(path);
  shown.text = format(value, state);
  switch (value.form) {
    case Value::Form::plain:
      shown.type = dwarf::type_name(value.type);
      break;
    case Value::Form::number:
      shown.type = "long";
      break;
    case Value::Form::pointer:
      shown.type = dwarf::type_name(value.type) + "*";
      break;
  }
  if (value.address && value.bit_size == 0 && value.form == Value::Form::plain)
    shown.place = MemoryRange{memory, *value.address, dwarf::size_of(value.type)};
  if (value.form == Value::Form::plain && value.bit_size == 0) {
    shown.held_in = value.held_in;
    shown.size = dwarf::size_of(value.type);
  }
  const Description parts = describe(value, state, {.max_elements = 1});
  shown.has_children = parts.kind != Description::Kind::leaf && !parts.members.empty();
  return shown;
}

namespace {

/// Memory 0 of the instance, by its number in the store.
uint32_t memory_of(const code::FrameState& state) {
  return state.instance->memory_ids.empty() ? 0 : state.instance->memory_ids[0].value;
}

VariableInfo::Scope scope_of(Variable::Kind kind) {
  switch (kind) {
    case Variable::Kind::parameter:
      return VariableInfo::Scope::parameter;
    case Variable::Kind::local:
      return VariableInfo::Scope::local;
    case Variable::Kind::global:
      break;
  }
  return VariableInfo::Scope::global;
}

}  // namespace

Result<std::vector<VariableInfo>> Inspector::variables(size_t frame) const {
  REPRISE_ASSIGN(const Selected selected, select_source(frame));
  const StoppedFrame state(selected.state);
  const CodeLocation& code = *selected.frame.code;
  std::vector<VariableInfo> all;
  for (const Variable& variable :
       variables_at(*modules_[code.module].info, code.offset, selected.frame.source_frame)) {
    const auto value = variable.read(state);
    VariableInfo shown;
    if (value) {
      shown = show(*value, state, variable.name, variable.name, memory_of(selected.state));
    } else {
      shown.name = variable.name;
      shown.path = variable.name;
      shown.text = "<" + value.error().message + ">";
    }
    shown.type = variable.type;
    shown.scope = scope_of(variable.kind);
    all.push_back(std::move(shown));
  }
  return all;
}

Result<std::vector<VariableInfo>> Inspector::source_globals(size_t frame) const {
  REPRISE_ASSIGN(const Selected selected, select_source(frame));
  const StoppedFrame state(selected.state);
  const CodeLocation& code = *selected.frame.code;
  std::vector<VariableInfo> all;
  for (const Variable& variable : globals_at(*modules_[code.module].info, code.offset)) {
    const auto value = variable.read(state);
    if (!value) continue;
    VariableInfo shown =
        show(*value, state, variable.name, variable.name, memory_of(selected.state));
    shown.type = variable.type;
    shown.scope = VariableInfo::Scope::global;
    all.push_back(std::move(shown));
  }
  return all;
}

Result<std::vector<VariableInfo>> Inspector::children(size_t frame, std::string_view path,
                                                      uint64_t first, uint64_t count) const {
  REPRISE_ASSIGN(const Selected selected, select_source(frame));
  const StoppedFrame state(selected.state);
  const CodeLocation& code = *selected.frame.code;
  REPRISE_ASSIGN(const Value value, debug::evaluate(*modules_[code.module].info, path, code.offset,
                                                    state, selected.frame.source_frame));
  FormatLimits limits;
  limits.max_elements = static_cast<size_t>(std::min<uint64_t>(count, 10'000));
  const Description parts = describe(value, state, limits, first);
  std::vector<VariableInfo> all;
  uint64_t index = first;
  for (const Member& member : parts.members) {
    std::string name = member.name;
    std::string to = member.name;
    if (parts.kind == Description::Kind::sequence) {
      name = fmt::format("[{}]", index++);
      to = fmt::format("({}){}", path, name);
    } else if (parts.kind == Description::Kind::wrapper) {
      to = fmt::format("*({})", path);
    } else {
      to = member.is_base ? std::string(path) : fmt::format("({}).{}", path, member.name);
    }
    VariableInfo shown =
        show(member.value, state, std::move(name), std::move(to), memory_of(selected.state));
    shown.scope = VariableInfo::Scope::member;
    all.push_back(std::move(shown));
  }
  return all;
}

Result<VariableInfo> Inspector::evaluate(size_t frame, std::string_view expression) const {
  REPRISE_ASSIGN(const Selected selected, select_source(frame));
  const StoppedFrame state(selected.state);
  const CodeLocation& code = *selected.frame.code;
  REPRISE_ASSIGN(const Value value,
                 debug::evaluate(*modules_[code.module].info, expression, code.offset, state,
                                 selected.frame.source_frame));
  return show(value, state, std::string(expression), std::string(expression),
              memory_of(selected.state));
}

Result<uint64_t> Inspector::evaluate_number(size_t frame, std::string_view expression) const {
  REPRISE_ASSIGN(const Selected selected, select_source(frame));
  const StoppedFrame state(selected.state);
  const CodeLocation& code = *selected.frame.code;
  REPRISE_ASSIGN(const Value value,
                 debug::evaluate(*modules_[code.module].info, expression, code.offset, state,
                                 selected.frame.source_frame));
  const uint64_t size = value.form == Value::Form::number    ? 8
                        : value.form == Value::Form::pointer ? 4
                                                             : dwarf::size_of(value.type);
  return read_number(value, std::clamp<uint64_t>(size, 1, 8), state);
}

}  // namespace reprise::debug
