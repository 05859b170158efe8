// Punycode (RFC 3492), as Rust's linkage names have it: the ASCII characters of a name, and behind
// the last `_` where the others go, and which they are.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reprise::debug {

/// The longest name that is taken apart: each character goes into the middle of those before.
inline constexpr size_t kMaxPunycode = 512;

/// As UTF-8; nothing if it is none.
std::optional<std::string> from_punycode(std::string_view encoded);

/// A code point, and no surrogate.
inline bool is_scalar_value(uint64_t point) {
  return point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
}
std::string to_utf8(char32_t point);

}  // namespace reprise::debug
