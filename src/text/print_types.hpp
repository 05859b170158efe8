// Types of a module's binary as text.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::text {

/// Each takes one thing from the reader and gives its text.
Result<std::string> print_heap_type(ByteReader& in);
Result<std::string> print_value_type(ByteReader& in);
Result<std::string> print_global_type(ByteReader& in);
Result<std::string> print_table_type(ByteReader& in);
Result<std::string> print_memory_type(ByteReader& in);
/// One type definition, as it stands after `(type`.
Result<std::string> print_sub_type(ByteReader& in);
/// One recursive group; `next` is the index of its first type and is counted up.
Result<std::string> print_recursive_group(ByteReader& in, uint32_t& next);
/// A block's type, with a space before it, unless there is nothing to say.
Result<std::string> print_block_type(ByteReader& in);

/// In quotes, with escapes.
std::string quote(std::string_view bytes);

}  // namespace reprise::text
