#include "debug/dwarf/arithmetic.hpp"

#include <fmt/format.h>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/members.hpp"
#include "debug/dwarf/names.hpp"
#include "debug/dwarf/type.hpp"

namespace reprise::debug {

using dwarf::Die;
using dwarf::Encoding;
using dwarf::Tag;

namespace {

bool has_sign(Die type) {
  const Encoding encoding = dwarf::encoding_of(type);
  return encoding == Encoding::signed_ || encoding == Encoding::signed_char;
}

/// Of a pointer: how many bytes one step is. 0 of anything else.
uint64_t step_of(const Value& value) {
  if (value.form == Value::Form::number) return 0;
  if (value.form == Value::Form::pointer) {
    Value target = value;
    target.form = Value::Form::plain;
    return std::max<uint64_t>(size_of(target), 1);
  }
  const Die type = dwarf::resolved(value.type);
  if (!type || !dwarf::is_pointer(type.tag())) return 0;
  return std::max<uint64_t>(dwarf::size_of(type.type()), 1);
}

/// A pointer like `pointer`, to somewhere else.
Value moved(const Value& pointer, uint64_t address) {
  Value out = number_value(address);
  out.form = Value::Form::pointer;
  out.type =
      pointer.form == Value::Form::pointer ? pointer.type : dwarf::resolved(pointer.type).type();
  out.dimension = pointer.dimension;
  return out;
}

Result<uint64_t> divided(Operator op, int64_t left, int64_t right) {
  if (right == 0) return wrong("that divides by zero");
  // The one quotient that does not fit wraps around, as the others do.
  if (right == -1)
    return op == Operator::divide ? uint64_t{0} - static_cast<uint64_t>(left) : uint64_t{0};
  return static_cast<uint64_t>(op == Operator::divide ? left / right : left % right);
}

}  // namespace

Value number_value(uint64_t bits) {
  Value out;
  for (uint32_t shift = 0; shift < 64; shift += 8)
    out.bytes.push_back(static_cast<uint8_t>(bits >> shift));
  out.form = Value::Form::number;
  return out;
}

Result<int64_t> integer_of(const Value& value, const FrameState& frame) {
  if (value.form != Value::Form::plain) {
    REPRISE_ASSIGN(const uint64_t bits, read_number(value, 8, frame));
    return static_cast<int64_t>(bits);
  }
  Value plain = value;
  Die type = dwarf::resolved(plain.type);
  if (type && dwarf::is_reference(type.tag())) {
    REPRISE_ASSIGN(plain, pointee(plain, frame));
    type = dwarf::resolved(plain.type);
  }
  const bool is_number =
      type && (type.tag() == Tag::base_type || type.tag() == Tag::enumeration_type ||
               dwarf::is_pointer(type.tag()));
  const uint64_t size = type ? dwarf::size_of(type) : 0;
  if (!is_number || dwarf::encoding_of(type) == Encoding::floating || size == 0 || size > 8)
    return wrong(fmt::format("a value of type {} is no integer", type_name(value)));
  REPRISE_ASSIGN(const uint64_t bits, read_number(plain, size, frame));
  if (!has_sign(type)) return static_cast<int64_t>(bits);
  const auto unused = static_cast<unsigned>(64 - (plain.bit_size ? plain.bit_size : 8 * size));
  return static_cast<int64_t>(bits << unused) >> unused;
}

Result<Value> combine(Operator op, const Value& left, const Value& right, const FrameState& frame) {
  REPRISE_ASSIGN(const int64_t a, integer_of(left, frame));
  REPRISE_ASSIGN(const int64_t b, integer_of(right, frame));
  const auto x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  const uint64_t step = step_of(left);
  switch (op) {
    case Operator::logical_or:
      return number_value(a != 0 || b != 0);
    case Operator::logical_and:
      return number_value(a != 0 && b != 0);
    case Operator::equal:
      return number_value(a == b);
    case Operator::not_equal:
      return number_value(a != b);
    case Operator::less:
      return number_value(a < b);
    case Operator::less_or_equal:
      return number_value(a <= b);
    case Operator::greater:
      return number_value(a > b);
    case Operator::greater_or_equal:
      return number_value(a >= b);
    case Operator::bit_or:
      return number_value(x | y);
    case Operator::bit_and:
      return number_value(x & y);
    case Operator::add:
      if (step != 0) return moved(left, x + y * step);
      if (const uint64_t other = step_of(right)) return moved(right, y + x * other);
      return number_value(x + y);
    case Operator::subtract:
      if (step != 0 && step_of(right) == 0) return moved(left, x - y * step);
      return number_value(x - y);
    case Operator::multiply:
      return number_value(x * y);
    case Operator::divide:
    case Operator::remainder: {
      REPRISE_ASSIGN(const uint64_t out, divided(op, a, b));
      return number_value(out);
    }
  }
  return wrong("there is no such operator");
}

Die find_type(const DebugInfo& info, std::string_view name) {
  for (const auto& unit : info.context().units()) {
    for (uint32_t i = 0; i < unit->entries().size(); ++i) {
      const Die die(unit.get(), i);
      const Tag tag = die.tag();
      const bool is_type = tag == Tag::base_type || tag == Tag::typedef_ ||
                           tag == Tag::enumeration_type || dwarf::is_record(tag);
      if (!is_type || die.name().empty() || die.flag(dwarf::At::declaration)) continue;
      // Most names can be told apart without the scopes around them.
      if (!name.ends_with(die.name())) continue;
      if (dwarf::name_matches(dwarf::qualified_name(die), name)) return die;
    }
  }
  return {};
}

std::optional<Value> find_enumerator(const DebugInfo& info, uint64_t offset,
                                     std::string_view name) {
  if (offset < info.code_begin()) return std::nullopt;
  const dwarf::Unit* unit = info.context().unit_at(offset - info.code_begin());
  if (!unit) return std::nullopt;
  for (uint32_t i = 0; i < unit->entries().size(); ++i) {
    const Die die(unit, i);
    if (die.tag() != Tag::enumerator || die.name().empty() || !name.ends_with(die.name())) continue;
    const Die type = die.parent();
    const auto constant = die.own(dwarf::At::const_value);
    if (!constant || !constant->is_constant() || type.tag() != Tag::enumeration_type) continue;
    // C, and C++ without `class`, put the names beside that of the type.
    const std::string full = dwarf::qualified_name(die);
    std::string beside = dwarf::qualified_name(type);
    beside.resize(beside.rfind("::") == std::string::npos ? 0 : beside.rfind("::") + 2);
    beside += die.name();
    const bool is_match = dwarf::name_matches(full, name) ||
                          (!type.own(dwarf::At::enum_class) && dwarf::name_matches(beside, name));
    const uint64_t size = dwarf::size_of(type);
    if (!is_match || size == 0 || size > 8) continue;
    Value found = number_value(constant->number);
    found.form = Value::Form::plain;
    found.type = type;
    found.bytes.resize(size);
    return found;
  }
  return std::nullopt;
}

Result<Value> cast(const Value& value, Die type, bool to_pointer, const FrameState& frame) {
  REPRISE_ASSIGN(const int64_t number, integer_of(value, frame));
  Value out = number_value(static_cast<uint64_t>(number));
  out.type = type;
  if (to_pointer) {
    out.form = Value::Form::pointer;
    return out;
  }
  const Die plain = dwarf::resolved(type);
  const uint64_t size = plain ? dwarf::size_of(plain) : 0;
  const bool is_number =
      plain && (plain.tag() == Tag::base_type || plain.tag() == Tag::enumeration_type);
  if (!is_number || dwarf::encoding_of(plain) == Encoding::floating || size == 0 || size > 8)
    return wrong(fmt::format("nothing can be made a {} here", dwarf::type_name(type)));
  out.form = Value::Form::plain;
  out.bytes.resize(size);
  return out;
}

}  // namespace reprise::debug
