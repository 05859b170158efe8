// What a type's entry says: what kind of type it is, how large, what it is called. All of these
// answer for any entry, also for circles of entries; what makes no sense has size 0 and an odd
// name.

#pragma once

#include <string>
#include <vector>

#include "debug/dwarf/unit.hpp"

namespace reprise::debug::dwarf {

/// The type behind typedefs and qualifiers (const, volatile…); of a type that is only declared
/// here, the definition of that name if there is one.
Die resolved(Die type);

/// In bytes; 0 for void, for types without a definition and for nonsense.
uint64_t size_of(Die type);

Encoding encoding_of(Die base_type);

bool is_pointer(Tag tag);
bool is_reference(Tag tag);
/// A structure, class or union.
bool is_record(Tag tag);

/// "const char*", "int[2][3]", "shop::Cart", "&str".
std::string type_name(Die type);

struct ArrayShape {
  Die element;
  /// Of the outermost dimension, which may be followed by others; 0 if the length isn't known.
  uint64_t count = 0;
  /// How many bytes one of those takes.
  uint64_t stride = 0;
};
/// Of dimension `dimension` of an array type: the counts of the outer ones don't matter.
ArrayShape array_shape(Die array, size_t dimension);
size_t dimensions(Die array);

/// The members of a record that are data: base classes, too; no static ones.
std::vector<Die> data_members(Die record);
/// Bytes from the start of the record; for bit-fields see bit_place.
uint64_t member_offset(Die member);

struct BitPlace {
  uint64_t byte_offset;
  uint32_t bit_offset;
  uint32_t bit_size;  // 0: not a bit-field
};
BitPlace bit_place(Die member);

}  // namespace reprise::debug::dwarf
