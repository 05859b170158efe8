// The emitter's ground: words, places, and where values are.

#include "code/emitter.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace reprise::code {

namespace {

/// More values than this wait in locals at no time: it bounds what writing a local has to look at.
constexpr size_t kMaxInLocals = 16;

}  // namespace

Emitter::Emitter(const wasm::Module& module, runtime::ModuleCode& code, EmitOptions options)
    : module_(module), code_(code), options_(options) {}

void Emitter::begin(const wasm::WalkState& state) {
  local_slots_ = state.shape().local_slots;
  targets_.emplace_back();
}

void Emitter::note(const wasm::Instruction& i, bool is_reached) {
  if (!is_reached) return;
  if (options_.map != nullptr) {
    const bool is_clean = options_.is_observed || (last_ == kNothing && made_ == kNoPlace);
    options_.map->events.push_back({here(), i.offset, is_clean});
  }
  if (options_.is_observed) emit(make_word_32(Op::probe, 0, i.offset));
}

void Emitter::describe(const wasm::WalkState& state, FrameLayout& layout) const {
  layout = {};
  const auto types = state.locals();
  for (uint32_t n = 0; n < types.size(); ++n)
    layout.locals.push_back({types[n], local_place(state.local_slot(n))});
  if (state.values().size() != values_.size()) return;  // nothing runs here
  for (size_t n = 0; n < values_.size(); ++n) {
    const Value& value = values_[n];
    FrameLayout::Operand operand{state.values()[n], value.home, value.home, false, 0, 0};
    if (value.kind == Value::Kind::local) operand.place = value.local;
    if (value.kind == Value::Kind::constant) {
      operand.is_constant = true;
      operand.bits = value.bits;
      operand.bits_high = value.bits_high;
    }
    layout.operands.push_back(operand);
  }
}

void Emitter::unsupported(std::string what) {
  if (!error_) error_ = Error{ErrorKind::unsupported, std::move(what), std::nullopt, {}};
}

void Emitter::finish(const wasm::FunctionShape&, uint32_t charge) {
  for (uint32_t word : returns_)
    words_[word] = (words_[word] & 0x0000'ffff'ffff'ffff) | Word{charge} << 48;
  if (!options_.is_observed) pair_up();
}

void Emitter::pair_up() {
  for (size_t i = 0; i + 1 < starts_.size(); ++i) {
    Word& first = words_[starts_[i]];
    const Op second = op_of(&words_[starts_[i + 1]]);
    const auto both = pair_of(op_of(&first), second, starts_[i + 1] - starts_[i]);
    if (!both) continue;
    first = (first & ~Word{0xffff}) | static_cast<uint16_t>(*both);
    ++i;
  }
}

void Emitter::push_home(Place home, uint32_t slots) {
  values_.push_back(
      {.kind = Value::Kind::home, .slots = static_cast<uint8_t>(slots), .home = home});
}

void Emitter::push_types(std::span<const wasm::ValueType> types, uint32_t frame_slot) {
  for (wasm::ValueType type : types) {
    push_home(operand_place(frame_slot), type.slots());
    frame_slot += type.slots();
  }
}

void Emitter::push_results(const wasm::Instruction& i, const wasm::WalkState& state) {
  push_types(state.values().last(i.result_count), i.base);
}

void Emitter::push_local(Place local, uint32_t slots, Place home) {
  if (in_locals_.size() == kMaxInLocals) settle_locals();
  in_locals_.push_back(static_cast<uint32_t>(values_.size()));
  values_.push_back({.kind = Value::Kind::local,
                     .slots = static_cast<uint8_t>(slots),
                     .home = home,
                     .local = local});
}

Emitter::Value Emitter::pop() {
  REPRISE_CHECK(!values_.empty());
  const Value value = values_.back();
  values_.pop_back();
  if (!in_locals_.empty() && in_locals_.back() == values_.size()) in_locals_.pop_back();
  return value;
}

void Emitter::cut(size_t height) {
  REPRISE_CHECK(height <= values_.size());
  values_.resize(height);
  while (!in_locals_.empty() && in_locals_.back() >= height) in_locals_.pop_back();
}

void Emitter::move(const Value& value, Place to) {
  switch (value.kind) {
    case Value::Kind::home:
      if (value.home == to) return;
      emit_result(make_word(value.slots == 1 ? Op::copy : Op::copy_2, to, value.home));
      return;
    case Value::Kind::local:
      emit_result(make_word(value.slots == 1 ? Op::copy : Op::copy_2, to, value.local));
      return;
    case Value::Kind::constant:
      break;
  }
  // Constants leave `made` as it is.
  const Place made = made_ == to || (value.slots == 2 && made_ == to + 1) ? kNoPlace : made_;
  if (value.slots == 2) {
    emit_result(make_word(Op::const_128, to));
    emit_more(value.bits);
    emit_more(value.bits_high);
  } else if (value.bits <= UINT32_MAX) {
    emit_result(make_word_32(Op::const_32, to, static_cast<uint32_t>(value.bits)));
  } else {
    emit_result(make_word(Op::const_64, to));
    emit_more(value.bits);
  }
  made_ = made;
}

Place Emitter::use(const Value& value) {
  if (value.kind == Value::Kind::local) return value.local;
  if (value.kind == Value::Kind::constant) move(value, value.home);
  return value.home;
}

void Emitter::materialize(Value& value) {
  if (value.kind == Value::Kind::home) return;
  move(value, value.home);
  value.kind = Value::Kind::home;
}

void Emitter::materialize_top(uint32_t count) {
  const size_t first = values_.size() - count;
  for (size_t i = first; i < values_.size(); ++i) materialize(values_[i]);
  while (!in_locals_.empty() && in_locals_.back() >= first) in_locals_.pop_back();
}

void Emitter::settle_locals() {
  for (uint32_t index : in_locals_) materialize(values_[index]);
  in_locals_.clear();
}

void Emitter::settle_local(Place local) {
  std::erase_if(in_locals_, [&](uint32_t index) {
    if (values_[index].local != local) return false;
    materialize(values_[index]);
    return true;
  });
}

bool Emitter::fits_constant_bits(uint64_t bits, bool is_64, int16_t* out) {
  const int64_t value = is_64 ? static_cast<int64_t>(bits)
                              : int64_t{static_cast<int32_t>(static_cast<uint32_t>(bits))};
  if (value < INT16_MIN || value > INT16_MAX) return false;
  *out = static_cast<int16_t>(value);
  return true;
}

}  // namespace reprise::code
