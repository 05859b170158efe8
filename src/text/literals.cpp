#include "text/literals.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>

namespace reprise::text {

namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

/// Takes digits with single underscores between them; false when there is none.
bool take_digits(std::string_view& word, int base) {
  size_t n = 0;
  while (n < word.size()) {
    const bool separator = word[n] == '_' && n > 0 && n + 1 < word.size() && word[n - 1] != '_';
    if (!separator && digit_value(word[n]) >= base) break;
    if (separator && digit_value(word[n + 1]) >= base) break;
    n++;
  }
  word.remove_prefix(n);
  return n > 0;
}

bool take_sign(std::string_view& word) {
  if (word.empty() || (word[0] != '+' && word[0] != '-')) return false;
  word.remove_prefix(1);
  return true;
}

bool take(std::string_view& word, std::string_view prefix) {
  if (!word.starts_with(prefix)) return false;
  word.remove_prefix(prefix.size());
  return true;
}

/// The parts of a finite literal, underscores removed.
struct FloatParts {
  bool negative = false;
  bool hex = false;
  std::string digits;    // of the significand, without the point
  int64_t point = 0;     // how many of them stand before the point
  int64_t exponent = 0;  // of ten, or of two; saturated
};

FloatParts split_float(std::string_view word) {
  FloatParts parts;
  if (!word.empty() && word[0] == '-') parts.negative = true;
  take_sign(word);
  parts.hex = take(word, "0x");
  bool after_point = false;
  size_t i = 0;
  for (; i < word.size(); i++) {
    const char c = word[i];
    if (c == '_') continue;
    if (c == '.') {
      after_point = true;
      continue;
    }
    if (digit_value(c) >= (parts.hex ? 16 : 10)) break;
    parts.digits += c;
    if (!after_point) parts.point++;
  }
  if (i == word.size()) return parts;
  std::string_view exponent = word.substr(i + 1);
  const bool negative = !exponent.empty() && exponent[0] == '-';
  take_sign(exponent);
  constexpr int64_t kFar = int64_t{1} << 40;
  for (const char c : exponent) {
    if (c != '_') parts.exponent = std::min(kFar, parts.exponent * 10 + digit_value(c));
  }
  if (negative) parts.exponent = -parts.exponent;
  return parts;
}

/// What distinguishes the two formats (spec: syntax/values, floating point).
struct Format {
  int significand;  // explicit bits
  int bias;
};
constexpr Format kF32{23, 127};
constexpr Format kF64{52, 1023};

/// Rounds `significand * 2^exponent` (plus something below its last bit if `sticky`) to nearest
/// even.
std::optional<uint64_t> round_binary(uint64_t significand, int64_t exponent, bool sticky,
                                     Format format) {
  if (significand == 0) return 0;
  // Put the leading bit at position 63; it then stands for 2^(exponent + 63).
  const int shift = std::countl_zero(significand);
  significand <<= shift;
  int64_t power = exponent - shift + 63;
  if (power > format.bias) return std::nullopt;
  int64_t biased = power + format.bias;
  int drop = 63 - format.significand;
  if (biased <= 0) {  // subnormal: fewer bits are left
    drop += static_cast<int>(std::min<int64_t>(1 - biased, 64));
    biased = 0;
  }
  if (drop > 64) return 0;
  const uint64_t kept = drop == 64 ? 0 : significand >> drop;
  const uint64_t half = uint64_t{1} << (drop - 1);
  const uint64_t rest = drop == 64 ? significand : significand & ((uint64_t{1} << drop) - 1);
  uint64_t result = kept;
  if (biased > 0) {
    result &= (uint64_t{1} << format.significand) - 1;
    result |= static_cast<uint64_t>(biased) << format.significand;
  }
  // A carry runs into the exponent, which is what rounding up to the next power of two is.
  if (rest > half || (rest == half && (sticky || (kept & 1)))) result++;
  const auto infinity = static_cast<uint64_t>(2 * format.bias + 1) << format.significand;
  if (result >= infinity) return std::nullopt;
  return result;
}

std::optional<uint64_t> hex_float(const FloatParts& parts, Format format) {
  uint64_t significand = 0;
  int64_t unread = 0;  // digits that did not fit
  bool sticky = false;
  for (const char c : parts.digits) {
    if (significand >> 60) {
      unread++;
      sticky |= c != '0';
    } else {
      significand = significand << 4 | static_cast<uint64_t>(digit_value(c));
    }
  }
  const int64_t fraction = static_cast<int64_t>(parts.digits.size()) - parts.point;
  return round_binary(significand, parts.exponent + 4 * (unread - fraction), sticky, format);
}

/// Decimal literals go through from_chars, which rounds correctly; only what it says about results
/// out of range is decided here, from the position of the first digit that is not zero.
template <class Float, class Bits>
std::optional<uint64_t> decimal_float(const FloatParts& parts) {
  const size_t first = parts.digits.find_first_not_of('0');
  if (first == std::string::npos) return 0;
  const int64_t magnitude = parts.point - static_cast<int64_t>(first) + parts.exponent;
  if (magnitude > 400) return std::nullopt;
  if (magnitude < -400) return 0;
  const std::string plain = "0." + parts.digits.substr(first) + "e" + std::to_string(magnitude);
  Float value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error == std::errc::result_out_of_range) {
    if (magnitude > 0) return std::nullopt;
    return 0;
  }
  const auto bits = std::bit_cast<Bits>(value);
  constexpr auto kInfinity =
      sizeof(Bits) == 4 ? Bits{0x7f800000} : static_cast<Bits>(0x7ff0000000000000ull);
  if (bits == kInfinity) return std::nullopt;
  return bits;
}

template <class Float, class Bits>
std::optional<Bits> parse_float(std::string_view word, Format format) {
  constexpr int kBits = sizeof(Bits) * 8;
  std::string_view body = word;
  const bool negative = !body.empty() && body[0] == '-';
  take_sign(body);
  const Bits sign = negative ? Bits{1} << (kBits - 1) : Bits{0};
  const Bits exponent =
      static_cast<Bits>(static_cast<uint64_t>(2 * format.bias + 1) << format.significand);
  if (body == "inf") return sign | exponent;
  if (body == "nan") return sign | exponent | Bits{1} << (format.significand - 1);
  if (take(body, "nan:")) {
    const auto payload = parse_unsigned(body, format.significand);
    if (!payload || *payload == 0) return std::nullopt;
    return sign | exponent | static_cast<Bits>(*payload);
  }
  const FloatParts parts = split_float(word);
  const auto bits = parts.hex ? hex_float(parts, format) : decimal_float<Float, Bits>(parts);
  if (!bits) return std::nullopt;
  return sign | static_cast<Bits>(*bits);
}

/// After the optional sign.
NumberShape unsigned_shape(std::string_view word) {
  if (word == "inf" || word == "nan") return NumberShape::floating;
  if (take(word, "nan:0x")) {
    return take_digits(word, 16) && word.empty() ? NumberShape::floating : NumberShape::none;
  }
  const int base = take(word, "0x") ? 16 : 10;
  if (!take_digits(word, base)) return NumberShape::none;
  if (word.empty()) return NumberShape::nat;
  if (take(word, ".")) take_digits(word, base);
  if (!word.empty()) {
    const char lower = static_cast<char>(word[0] | 0x20);
    if (lower != (base == 16 ? 'p' : 'e')) return NumberShape::none;
    word.remove_prefix(1);
    take_sign(word);
    if (!take_digits(word, 10)) return NumberShape::none;
  }
  return word.empty() ? NumberShape::floating : NumberShape::none;
}

}  // namespace

NumberShape number_shape(std::string_view word) {
  const bool has_sign = take_sign(word);
  const NumberShape shape = unsigned_shape(word);
  return has_sign && shape == NumberShape::nat ? NumberShape::integer : shape;
}

std::optional<uint64_t> parse_unsigned(std::string_view word, int bits) {
  const uint64_t base = take(word, "0x") ? 16 : 10;
  const uint64_t max = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  uint64_t value = 0;
  for (const char c : word) {
    if (c == '_') continue;
    const auto digit = static_cast<uint64_t>(digit_value(c));
    if (digit >= base || value > (max - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<uint64_t> parse_integer(std::string_view word, int bits) {
  const bool negative = !word.empty() && word[0] == '-';
  const bool has_sign = take_sign(word);
  auto value = parse_unsigned(word, bits);
  if (!value || !has_sign) return value;
  const uint64_t limit = uint64_t{1} << (bits - 1);
  if (negative ? *value > limit : *value >= limit) return std::nullopt;
  const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  return negative ? (0 - *value) & mask : *value;
}

std::optional<uint32_t> parse_f32(std::string_view word) {
  return parse_float<float, uint32_t>(word, kF32);
}

std::optional<uint64_t> parse_f64(std::string_view word) {
  return parse_float<double, uint64_t>(word, kF64);
}

}  // namespace reprise::text
