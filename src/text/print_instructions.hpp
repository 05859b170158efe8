// Instructions of a module's binary as text, one a line.

#pragma once

#include <string>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::text {

/// Appends the instructions up to the `end` that closes the whole, each on a line that is indented
/// by `indent` and by the blocks it stands in.
Result<void> print_body(ByteReader& in, uint32_t indent, std::string& out);

/// The next instruction, with its immediates.
Result<std::string> print_instruction(ByteReader& in);

/// A constant expression, on one line: "(i32.const 1)".
Result<std::string> print_expression(ByteReader& in);

}  // namespace reprise::text
