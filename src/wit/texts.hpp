// Where the texts in a value are: its strings and lists of bytes, as pieces of its encoding. What
// is to be looked for in values, or replaced by something of the same length, is looked for there,
// and never in numbers, lengths or cases that happen to have the same bytes.

#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "wit/type.hpp"

namespace reprise::wit {

struct Text {
  Bytes bytes;
  bool is_string = false;  // else a list of bytes
};

/// Appends the texts of one value in their order; the reader then stands behind the value.
Result<void> find_texts(Type type, ByteReader& reader, std::vector<Text>& texts);

}  // namespace reprise::wit
