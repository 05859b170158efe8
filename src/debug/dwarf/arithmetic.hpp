// What operators make of values: numbers of 64 bits that wrap around, and addresses. Kept small:
// floating-point numbers can be looked at, but not reckoned with.

#pragma once

#include <optional>
#include <string_view>

#include "debug/dwarf/debug_info.hpp"
#include "debug/dwarf/value.hpp"

namespace reprise::debug {

enum class Operator : uint8_t {
  logical_or,
  logical_and,
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  bit_or,
  bit_and,
  add,
  subtract,
  multiply,
  divide,
  remainder,
};

/// What cannot be evaluated, and why.
inline std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::usage, std::move(message));
}

Value number_value(uint64_t bits);

/// An integer, enumerator, truth value or address; sign-extended if its type has signs.
Result<int64_t> integer_of(const Value& value, const FrameState& frame);

/// Pointers move by what they point at; the difference of two is in bytes.
Result<Value> combine(Operator op, const Value& left, const Value& right, const FrameState& frame);

/// The type of that name, as it is written in the source ("unsigned char", "shop::Item", "u32");
/// none if there is none.
dwarf::Die find_type(const DebugInfo& info, std::string_view name);

/// The enumerator of that name ("BLUE", "Color::green"), of the unit that the instruction at
/// `offset` is in.
std::optional<Value> find_enumerator(const DebugInfo& info, uint64_t offset, std::string_view name);

/// `(type)value`, or `(type*)value`.
Result<Value> cast(const Value& value, dwarf::Die type, bool to_pointer, const FrameState& frame);

}  // namespace reprise::debug
