// Attribute values: how many bytes a form takes and what kind of thing it holds (spec: DWARF 5
// §7.5.5, §7.5.6).

#pragma once

#include <cstdint>

#include "debug/dwarf/abbrev.hpp"
#include "debug/dwarf/cursor.hpp"

namespace reprise::debug::dwarf {

/// What the size of a form depends on.
struct FormParams {
  uint16_t version = 0;
  uint8_t address_size = 4;
  uint8_t offset_size = 4;  // 8 in 64-bit DWARF
};

/// An attribute's value as it stands in the section: numbers and indices in `number` (sign-extended
/// where the form is signed), texts and blocks as bytes.
struct FormValue {
  Form form = Form{0};
  uint64_t number = 0;
  Bytes bytes;

  int64_t as_signed() const { return static_cast<int64_t>(number); }
  bool is_block() const;
  /// A constant as opposed to a reference, text, address or place in another section.
  bool is_constant() const;
  bool is_address() const;
};

/// Reads a value; a form that isn't known fails the cursor, for nothing after it can be found.
FormValue read_form(Cursor& cursor, Form form, int64_t implicit_const, const FormParams& params);

inline FormValue read_form(Cursor& cursor, const AttributeSpec& spec, const FormParams& params) {
  return read_form(cursor, spec.form, spec.implicit_const, params);
}

}  // namespace reprise::debug::dwarf
