// Parts of values: members of records, targets of pointers, elements of arrays.

#pragma once

#include <string>
#include <string_view>

#include "debug/dwarf/type.hpp"
#include "debug/dwarf/value.hpp"

namespace reprise::debug {

/// The part of a record that a member's entry describes.
Value member_value(const Value& record, dwarf::Die member);

/// The member of that name: in the record itself, its base classes and its nameless parts.
std::optional<Value> find_member(const Value& record, std::string_view name);

/// The same, also in members of members: for what a library keeps deep inside.
std::optional<Value> find_nested_member(const Value& record, std::string_view name);

/// What a pointer or reference points at. Fails if the pointer can't be read.
Result<Value> pointee(const Value& pointer, const FrameState& frame);

/// A value in memory.
Value value_at(dwarf::Die type, uint64_t address);

/// Of the dimension of an array that is to be indexed next.
dwarf::ArrayShape shape_of(const Value& array);
Value element(const Value& array, uint64_t index);

std::string type_name(const Value& value);
/// In bytes, of a row too.
uint64_t size_of(const Value& value);

}  // namespace reprise::debug
