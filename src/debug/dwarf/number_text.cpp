#include "debug/dwarf/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reprise::debug {

std::string decimal_text(double number) {
  std::string out = fmt::format("{}", number);
  // "20.0": it is no integer.
  return out.find_first_not_of("-0123456789") == std::string::npos ? out + ".0" : out;
}

namespace {

/// An integer of up to 16 bytes, the lowest first.
std::string wide_integer(std::vector<uint8_t> bytes, bool is_signed) {
  const bool is_negative = is_signed && (bytes.back() & 0x80) != 0;
  if (is_negative) {
    uint32_t carry = 1;
    for (uint8_t& byte : bytes) {
      carry += static_cast<uint8_t>(~byte);
      byte = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
  }
  std::string digits;
  do {
    uint32_t rest = 0;
    for (size_t i = bytes.size(); i-- > 0;) {
      rest = rest << 8 | bytes[i];
      bytes[i] = static_cast<uint8_t>(rest / 10);
      rest %= 10;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + rest));
  } while (std::ranges::any_of(bytes, [](uint8_t byte) { return byte != 0; }));
  return (is_negative ? "-" : "") + digits;
}

/// IEEE 754's binary128, with the digits that a double has.
double from_quadruple(const std::vector<uint8_t>& bytes) {
  uint64_t high = 0;
  for (size_t i = 16; i-- > 8;) high = high << 8 | bytes[i];
  const auto exponent = static_cast<int>(high >> 48 & 0x7fff);
  // The 52 bits behind the point that a double has: 48 of the upper half, 4 of the lower.
  const uint64_t fraction = (high & 0xffff'ffff'ffff) << 4 | bytes[7] >> 4;
  double size =
      std::ldexp(static_cast<double>(fraction | uint64_t{1} << 52), exponent - 16383 - 52);
  if (exponent == 0) size = 0;
  if (exponent == 0x7fff)
    size = fraction == 0 ? std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  return high >> 63 != 0 ? -size : size;
}

}  // namespace

std::string wide_number_text(const std::vector<uint8_t>& bytes, dwarf::Encoding encoding) {
  using dwarf::Encoding;
  if (encoding == Encoding::floating && bytes.size() == 16)
    return decimal_text(from_quadruple(bytes));
  const bool is_signed = encoding == Encoding::signed_;
  if ((is_signed || encoding == Encoding::unsigned_) && bytes.size() <= 16)
    return wide_integer(bytes, is_signed);
  std::string out;
  for (size_t i = bytes.size(); i-- > 0;) {
    if (out.empty() && bytes[i] == 0 && i > 0) continue;
    out += out.empty() ? fmt::format("{:x}", bytes[i]) : fmt::format("{:02x}", bytes[i]);
  }
  return "0x" + out;
}

}  // namespace reprise::debug
