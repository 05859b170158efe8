// The machinery of the walk: two stacks, structured control, and instructions whose typing is one
// row of opcodes.def. Instructions with rules of their own are in walk_rules.cpp.

#include "wasm/walk_state.hpp"

#include <fmt/format.h>

#include <array>

#include "base/check.hpp"
#include "wasm/limits.hpp"

namespace reprise::wasm {

namespace {

// A row's signature, unpacked at compile time: once for 32-bit memories, once for 64-bit ones.
struct Signature {
  bool is_simple = false;
  uint8_t operand_count = 0;
  uint8_t operand_slots = 0;
  uint8_t result_count = 0;
  std::array<ValueType, 4> operands;
  ValueType result;
};

consteval ValueType letter_type(char letter, ValueType address) {
  switch (letter) {
    case 'i':
      return kI32;
    case 'l':
      return kI64;
    case 'f':
      return kF32;
    case 'd':
      return kF64;
    case 'v':
      return kV128;
    case 'a':
      return address;
    default:
      throw "unknown letter in a signature of opcodes.def";
  }
}

consteval Signature parse_signature(const char* text, ValueType address) {
  Signature signature;
  if (!text) return signature;
  signature.is_simple = true;
  for (; *text != ':'; ++text) {
    const ValueType type = letter_type(*text, address);
    signature.operands[signature.operand_count++] = type;
    signature.operand_slots = static_cast<uint8_t>(signature.operand_slots + type.slots());
  }
  if (*++text != 0) {
    signature.result = letter_type(*text, address);
    signature.result_count = 1;
    if (text[1] != 0) throw "more than one result in a signature of opcodes.def";
  }
  return signature;
}

using Signatures = std::array<Signature, kOpcodeCount>;

consteval Signatures parse_signatures(ValueType address) {
  Signatures signatures;
  for (uint32_t i = 0; i < kOpcodeCount; ++i)
    signatures[i] = parse_signature(kOpcodes[i].signature, address);
  return signatures;
}

constexpr Signatures kSignatures = parse_signatures(kI32);
constexpr Signatures kSignatures64 = parse_signatures(kI64);

consteval bool has_address(const char* signature) {
  for (; signature && *signature; ++signature)
    if (*signature == 'a') return true;
  return false;
}

// Rows that have the address type in their signature; their first immediate is a memory index.
consteval auto find_address_users() {
  std::array<bool, kOpcodeCount> users{};
  for (uint32_t i = 0; i < kOpcodeCount; ++i) users[i] = has_address(kOpcodes[i].signature);
  return users;
}

constexpr auto kUsesAddress = find_address_users();

}  // namespace

WalkState::WalkState(const Module& module, uint32_t function, WalkScratch& scratch)
    : module_(module),
      registry_(*module.registry),
      function_(function),
      type_(module.function_type(function)),
      scratch_(scratch),
      at_(module.source.bytes.data() + module.functions[function].body.begin),
      end_(module.source.bytes.data() + module.functions[function].body.end),
      instruction_(at_),
      hints_(module.branch_hints(function)) {
  REPRISE_CHECK(!module.is_import(function));
}

bool WalkState::begin() {
  scratch_.values.clear();
  scratch_.labels.clear();
  if (!read_locals()) return false;
  top_ = highest_ = local_slots_;
  Label label;
  label.is_emitted = true;
  label.slot = top_;
  label.results_ = type_.results;
  scratch_.labels.push_back(label);
  refresh_label();
  return true;
}

FunctionShape WalkState::shape() const {
  return {type_.parameter_slots, local_slots_, highest_ - local_slots_, type_.result_slots};
}

Step WalkState::step(Instruction& i) {
  if (!read_opcode(i.op)) return Step::failed;
  i.offset = static_cast<uint32_t>(instruction_ - module_.source.bytes.data());
  const Step done = reachable_ ? Step::plain : Step::skip;
  switch (i.op) {
    case Opcode::local_get:
    case Opcode::local_set:
    case Opcode::local_tee:
      return apply_local(i) ? done : Step::failed;
    case Opcode::block:
    case Opcode::loop:
    case Opcode::if_:
    case Opcode::try_table:
      return step_block(i);
    case Opcode::else_:
      return step_else(i);
    case Opcode::end:
      return step_end(i);
    default:
      break;
  }
  const Immediate immediate = info(i.op).immediate;
  if (immediate != Immediate::none && !read_immediates(i, immediate)) return Step::failed;
  const bool is_simple = kSignatures[static_cast<uint16_t>(i.op)].is_simple;
  return (is_simple ? apply_signature(i) : account_rule(i)) ? done : Step::failed;
}

// ---- The operand stack ----

bool WalkState::mismatch(std::span<const ValueType> required) {
  const auto list = [](std::span<const ValueType> types) {
    constexpr size_t kMost = 16;  // a signature may have a thousand
    std::string text;
    for (size_t k = 0; k < types.size() && k < kMost; ++k) {
      if (k > 0) text += ' ';
      text += to_string(types[k]);
    }
    return types.size() > kMost ? text + " ..." : text;
  };
  const std::span<const ValueType> all(scratch_.values);
  const size_t shown = std::min(required.size(), all.size() - height_);
  return invalid(fmt::format("type mismatch: instruction requires [{}] but stack has [{}]",
                             list(required), list(all.last(shown))));
}

bool WalkState::push_all(std::span<const ValueType> types) {
  for (ValueType type : types) push(type);
  // One instruction may push a thousand values, so this is checked before the next.
  return top_ - local_slots_ <= limits::kOperandSlots || limit("operand stack is too high");
}

bool WalkState::pop_any(ValueType& out) {
  if (scratch_.values.size() > height_) [[likely]] {
    out = scratch_.values.back();
    scratch_.values.pop_back();
    top_ -= out.slots();
  } else if (unreachable_) {
    out = ValueType();
  } else {
    return invalid("type mismatch: instruction requires a value but stack has []");
  }
  note_popped();
  return true;
}

bool WalkState::pop(ValueType expected) {
  if (scratch_.values.size() > height_) [[likely]] {
    const ValueType actual = scratch_.values.back();
    if (!registry_.matches(actual, expected)) return mismatch({&expected, 1});
    scratch_.values.pop_back();
    top_ -= actual.slots();
  } else if (!unreachable_) {
    return mismatch({&expected, 1});
  }
  note_popped();
  return true;
}

bool WalkState::pop_reference(ValueType& out) {
  if (!pop_any(out)) return false;
  if (out.is_reference() || out.is_bottom()) return true;
  return invalid(fmt::format("type mismatch: instruction requires a reference but stack has [{}]",
                             to_string(out)));
}

bool WalkState::check_top(std::span<const ValueType> types) {
  const auto& values = scratch_.values;
  const size_t there = std::min(types.size(), values.size() - height_);
  if (there < types.size() && !unreachable_) return mismatch(types);
  for (size_t k = 1; k <= there; ++k)
    if (!registry_.matches(values[values.size() - k], types[types.size() - k]))
      return mismatch(types);
  return true;
}

bool WalkState::pop_all(std::span<const ValueType> types) {
  if (!check_top(types)) return false;
  auto& values = scratch_.values;
  const size_t there = std::min(types.size(), values.size() - height_);
  top_ -= slots_of(std::span(values).last(there));
  values.resize(values.size() - there);
  note_popped();
  return true;
}

bool WalkState::retype_top(std::span<const ValueType> types) {
  const uint32_t low_values = low_values_;
  const uint32_t low_top = low_top_;
  if (!pop_all(types) || !push_all(types)) return false;
  low_values_ = low_values;
  low_top_ = low_top;
  return true;
}

void WalkState::set_unreachable() {
  Label& label = scratch_.labels.back();
  label.is_unreachable = true;
  scratch_.values.resize(label.value_height);
  top_ = label.slot;
  unreachable_ = true;
  reachable_ = false;
}

// ---- Instructions with a plain signature ----

bool WalkState::apply_signature(Instruction& i) {
  const auto row = static_cast<uint16_t>(i.op);
  const bool is_64 = kUsesAddress[row] && module_.memories[i.index].is_64;
  const Signature& signature = is_64 ? kSignatures64[row] : kSignatures[row];
  auto& values = scratch_.values;
  const size_t count = signature.operand_count;
  bool fits = values.size() - height_ >= count;
  const ValueType* operands = values.data() + (fits ? values.size() - count : 0);
  for (size_t k = 0; k < count && fits; ++k) fits = operands[k] == signature.operands[k];
  if (fits) [[likely]] {
    values.resize(values.size() - count);
    top_ -= signature.operand_slots;
  } else if (!pop_all(std::span(signature.operands).first(count))) {
    return false;  // else there were bottoms, or nothing, in unreachable code
  }
  i.base = top_;
  i.operand_count = signature.operand_count;
  i.operand_slots = signature.operand_slots;
  i.result_count = signature.result_count;
  i.result_slots = 0;
  if (signature.result_count) {
    push(signature.result);
    i.result_slots = signature.result.slots();
  }
  return true;
}

// A third of all instructions are these, so they have a path of their own.
bool WalkState::apply_local(Instruction& i) {
  if (!read_u32(i.index) || !check_index(i.index, scratch_.local_types.size(), "local"))
    return false;
  i.type = scratch_.local_types[i.index];
  i.local_slot = scratch_.local_slots[i.index];
  i.operand_count = i.operand_slots = 0;
  if (i.op != Opcode::local_get) {
    if (!pop(i.type)) return false;
    i.operand_count = 1;
    i.operand_slots = i.type.slots();
  }
  if (tracks_initialized_ && !note_initialized(i)) return false;
  i.base = top_;
  i.result_count = i.result_slots = 0;
  if (i.op != Opcode::local_set) {
    push(i.type);
    i.result_count = 1;
    i.result_slots = i.type.slots();
  }
  return true;
}

bool WalkState::note_initialized(const Instruction& i) {
  if (scratch_.initialized[i.index]) return true;
  if (i.op == Opcode::local_get) return invalid(fmt::format("uninitialized local {}", i.index));
  scratch_.initialized[i.index] = true;
  scratch_.initialized_log.push_back(i.index);
  return true;
}

// A rule pops all it takes, then pushes; so the lowest point between tells operands from results.
bool WalkState::account_rule(Instruction& i) {
  const uint32_t before_values = value_count();
  const uint32_t before_top = top_;
  low_values_ = before_values;
  low_top_ = before_top;
  ends_ = false;
  if (!apply_rule(i)) return false;
  i.base = low_top_;
  i.operand_count = before_values - low_values_;
  i.operand_slots = before_top - low_top_;
  i.result_count = value_count() - low_values_;
  i.result_slots = top_ - low_top_;
  if (ends_) set_unreachable();
  return true;
}

// ---- Structured control ----

void WalkState::refresh_label() {
  const Label& label = innermost();
  height_ = label.value_height;
  unreachable_ = label.is_unreachable;
  reachable_ = label.is_emitted && !label.is_unreachable;
}

// Opens a label of `kind` above the parameters, which stay on the stack. `ended_` carries the block
// type.
bool WalkState::push_label(LabelKind kind) {
  if (scratch_.labels.size() >= limits::kBlockNesting) return limit("blocks are nested too deeply");
  Label label = ended_;
  if (!pop_all(label.parameters())) return false;
  label.kind = kind;
  label.is_emitted = reachable_;
  label.is_unreachable = false;
  label.ordinal = ++ordinals_;
  label.value_height = value_count();
  label.slot = top_;
  label.initialized_height = static_cast<uint32_t>(scratch_.initialized_log.size());
  scratch_.labels.push_back(label);
  refresh_label();
  return push_all(label.parameters());
}

Step WalkState::step_block(Instruction& i) {
  const Step done = reachable_ ? Step::block : Step::skip;
  if (!read_block_type(ended_)) return Step::failed;
  LabelKind kind = LabelKind::block;
  i.base = top_;
  i.operand_count = i.operand_slots = i.result_count = i.result_slots = 0;
  if (i.op == Opcode::loop) {
    kind = LabelKind::loop;
  } else if (i.op == Opcode::if_) {
    kind = LabelKind::if_;
    if (!pop_i32()) return Step::failed;
    i.base = top_;
    i.operand_count = i.operand_slots = 1;
    i.hint = hint_at(i.offset);
  } else if (i.op == Opcode::try_table) {
    kind = LabelKind::try_table;
    if (!read_catches()) return Step::failed;
    for (const Catch& clause : scratch_.catches)
      if (!check_catch(clause)) return Step::failed;
    i.catches = scratch_.catches;
  }
  return push_label(kind) ? done : Step::failed;
}

// The innermost label's results, and nothing else, must be on the stack.
bool WalkState::check_end_of_block() {
  if (!pop_all(innermost().results())) return false;
  if (value_count() == height_) return true;
  return invalid(fmt::format("type mismatch: block leaves {} values too many on the stack",
                             value_count() - height_));
}

Step WalkState::step_else(Instruction& i) {
  Label& label = scratch_.labels.back();
  if (label.kind != LabelKind::if_) {
    malformed("END opcode expected");
    return Step::failed;
  }
  i.falls = reachable_;
  if (!check_end_of_block()) return Step::failed;
  forget_initialized(label.initialized_height);
  label.kind = LabelKind::else_;
  label.is_unreachable = false;
  top_ = label.slot;
  i.base = top_;
  i.operand_count = i.operand_slots = i.result_count = i.result_slots = 0;
  refresh_label();
  if (!push_all(label.parameters())) return Step::failed;
  return label.is_emitted ? Step::else_ : Step::skip;
}

Step WalkState::step_end(Instruction& i) {
  i.falls = reachable_;
  if (!check_end_of_block()) return Step::failed;
  ended_ = innermost();
  top_ = ended_.slot;
  i.base = top_;
  i.operand_count = i.operand_slots = i.result_count = i.result_slots = 0;
  if (ended_.kind == LabelKind::if_ && !check_missing_else()) return Step::failed;
  forget_initialized(ended_.initialized_height);
  scratch_.labels.pop_back();
  if (scratch_.labels.empty()) {
    if (at_ != end_) {
      malformed("section size mismatch: the function body goes on after its end");
      return Step::failed;
    }
    if (highest_ - local_slots_ > limits::kOperandSlots) {
      limit("operand stack is too high");
      return Step::failed;
    }
    return Step::finished;
  }
  refresh_label();
  if (!push_all(ended_.results())) return Step::failed;
  return ended_.is_emitted ? Step::end : Step::skip;
}

// An `if` without `else` passes its parameters on as its results.
bool WalkState::check_missing_else() {
  const auto from = ended_.parameters();
  const auto to = ended_.results();
  bool good = from.size() == to.size();
  for (size_t k = 0; good && k < from.size(); ++k) good = registry_.matches(from[k], to[k]);
  return good || invalid("type mismatch: an if without else must leave what it took");
}

// spec: appendix/algorithm, "local initialization": what a block initialized is forgotten at its
// end.
void WalkState::forget_initialized(uint32_t height) {
  auto& log = scratch_.initialized_log;
  while (log.size() > height) {
    scratch_.initialized[log.back()] = false;
    log.pop_back();
  }
}

BranchHint WalkState::hint_at(uint32_t offset) {
  if (hints_.empty()) [[likely]]
    return BranchHint::none;
  const uint32_t in_body = offset - module_.functions[function_].body.begin;
  while (!hints_.empty() && hints_.front().offset < in_body) hints_ = hints_.subspan(1);
  if (hints_.empty() || hints_.front().offset != in_body) return BranchHint::none;
  return hints_.front().hint;
}

}  // namespace reprise::wasm
