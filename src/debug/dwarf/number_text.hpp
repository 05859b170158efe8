// Floating-point numbers, and numbers of more than eight bytes, as text.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "debug/dwarf/constants.hpp"

namespace reprise::debug {

/// The shortest digits that mean the number; "1.0", not "1".
std::string decimal_text(double number);

/// A number of more than eight bytes, the lowest first: `__int128`, `u128`, wasm32's `long double`
/// (with the digits that a double has). Others are shown in hexadecimal.
std::string wide_number_text(const std::vector<uint8_t>& bytes, dwarf::Encoding encoding);

}  // namespace reprise::debug
