#include "debug/dwarf/members.hpp"

#include <fmt/format.h>

#include "debug/dwarf/context.hpp"

namespace reprise::debug {

using dwarf::Die;
using dwarf::Tag;

Value member_value(const Value& record, Die member) {
  const dwarf::BitPlace place = dwarf::bit_place(member);
  Value out = record.part(member.type(), place.byte_offset);
  out.bit_offset = place.bit_offset;
  out.bit_size = place.bit_size;
  return out;
}

namespace {

/// Looks through a record and what it consists of, breadth by depth. Types may hold each other in
/// circles, so the steps are counted.
class MemberSearch {
 public:
  MemberSearch(std::string_view name, bool (*enters)(Die member)) : name_(name), enters_(enters) {}

  std::optional<Value> in(const Value& record, int depth = 0) {
    constexpr int kMaxBaseDepth = 12;
    const Die type = dwarf::resolved(record.type);
    if (!type || !dwarf::is_record(type.tag()) || depth == kMaxBaseDepth) return std::nullopt;
    const std::vector<Die> members = dwarf::data_members(type);
    for (Die member : members)
      if (member.tag() == Tag::member && member.name() == name_)
        return member_value(record, member);
    for (Die member : members) {
      if (steps_left_ == 0) return std::nullopt;
      --steps_left_;
      if (!enters_(member)) continue;
      if (auto found = in(member_value(record, member), depth + 1)) return found;
    }
    return std::nullopt;
  }

 private:
  std::string_view name_;
  bool (*enters_)(Die member);
  int steps_left_ = 512;
};

bool is_nameless(Die member) {
  return member.tag() == Tag::inheritance || member.name().empty();
}

}  // namespace

std::optional<Value> find_member(const Value& record, std::string_view name) {
  return MemberSearch(name, is_nameless).in(record);
}

std::optional<Value> find_nested_member(const Value& record, std::string_view name) {
  return MemberSearch(name, [](Die) { return true; }).in(record);
}

Value value_at(Die type, uint64_t address) {
  Value out;
  out.type = type;
  out.address = address;
  return out;
}

Result<Value> pointee(const Value& pointer, const FrameState& frame) {
  if (pointer.form == Value::Form::pointer) {
    REPRISE_ASSIGN(const uint64_t address, read_number(pointer, 8, frame));
    Value out = value_at(pointer.type, address);
    out.dimension = pointer.dimension;
    return out;
  }
  const Die type = dwarf::resolved(pointer.type);
  if (!type || !dwarf::is_pointer(type.tag()))
    return fail(ErrorKind::usage, fmt::format("{} is no pointer", type_name(pointer)));
  REPRISE_ASSIGN(const uint64_t address, read_number(pointer, dwarf::size_of(type), frame));
  return value_at(type.type(), address);
}

dwarf::ArrayShape shape_of(const Value& array) {
  return dwarf::array_shape(dwarf::resolved(array.type), array.dimension);
}

Value element(const Value& array, uint64_t index) {
  const Die type = dwarf::resolved(array.type);
  const dwarf::ArrayShape shape = dwarf::array_shape(type, array.dimension);
  const bool is_row = array.dimension + 1 < dwarf::dimensions(type);
  Value out = array.part(is_row ? array.type : shape.element, index * shape.stride);
  out.dimension = is_row ? array.dimension + 1 : 0;
  return out;
}

std::string type_name(const Value& value) {
  if (value.form == Value::Form::number) return "int64_t";
  if (value.form == Value::Form::pointer) {
    Value target = value;
    target.form = Value::Form::plain;
    return type_name(target) + "*";
  }
  if (value.dimension == 0) return dwarf::type_name(value.type);
  const Die type = dwarf::resolved(value.type);
  std::string out = dwarf::type_name(type.type());
  for (size_t i = value.dimension; i < dwarf::dimensions(type); ++i)
    out += fmt::format("[{}]", dwarf::array_shape(type, i).count);
  return out;
}

uint64_t size_of(const Value& value) {
  if (value.form != Value::Form::plain) return 8;
  if (value.dimension == 0) return dwarf::size_of(value.type);
  const dwarf::ArrayShape shape = shape_of(value);
  uint64_t size = 0;
  return __builtin_mul_overflow(shape.count, shape.stride, &size) ? 0 : size;
}

}  // namespace reprise::debug
