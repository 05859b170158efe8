// A text and its name, and how an error in it is shown: what was expected, the line, and a caret.
//
//   unexpected token `foo`: expected a function index
//     app.wat:3:8
//     |   (call foo)
//     |         ^~~
//
// The first line begins with the wording that the specification's scripts use, so that a test can
// compare prefixes; the rest is for a person.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::text {

/// Where something stands: both count from 1; the column counts bytes.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// Texts longer than this are refused: token offsets are 32 bits.
inline constexpr size_t kMaxTextSize = size_t{1} << 31;

/// Borrows both; they must outlive it.
struct Source {
  std::string_view text;
  std::string_view name = "<text>";

  Position position(size_t offset) const;
  /// A malformed-text error about the `size` bytes at `offset`.
  std::unexpected<Error> error(size_t offset, size_t size, std::string_view message) const;
};

}  // namespace reprise::text
