#include "debug/dwarf/punycode.hpp"

#include <algorithm>

namespace reprise::debug {

namespace {

// spec: RFC 3492 §5.
constexpr uint64_t kBase = 36;
constexpr uint64_t kLeast = 1;
constexpr uint64_t kMost = 26;
constexpr uint64_t kSkew = 38;
constexpr uint64_t kFirstDamp = 700;
constexpr uint64_t kDamp = 2;
constexpr uint64_t kFirstBias = 72;
constexpr uint64_t kFirstPoint = 128;

/// spec: RFC 3492 §6.1.
uint64_t adapted_bias(uint64_t delta, uint64_t count, bool is_first) {
  delta /= is_first ? kFirstDamp : kDamp;
  delta += delta / count;
  uint64_t k = 0;
  for (; delta > (kBase - kLeast) * kMost / 2; k += kBase) delta /= kBase - kLeast;
  return k + (kBase - kLeast + 1) * delta / (delta + kSkew);
}

std::optional<uint64_t> digit(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<uint64_t>(c - 'a');
  if (c >= '0' && c <= '9') return static_cast<uint64_t>(c - '0' + 26);
  return std::nullopt;
}

/// A number at the start of `rest`, with digits whose weights depend on the bias.
std::optional<uint64_t> take_delta(std::string_view& rest, uint64_t bias) {
  constexpr uint64_t kTooLarge = uint64_t{1} << 32;
  uint64_t delta = 0;
  uint64_t weight = 1;
  for (uint64_t k = kBase; !rest.empty(); k += kBase) {
    const auto next = digit(rest[0]);
    rest.remove_prefix(1);
    if (!next) return std::nullopt;
    delta += *next * weight;
    if (delta >= kTooLarge) return std::nullopt;
    const uint64_t threshold = std::clamp(k > bias ? k - bias : 0, kLeast, kMost);
    if (*next < threshold) return delta;
    weight *= kBase - threshold;
    if (weight >= kTooLarge) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string to_utf8(char32_t point) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | point >> 6), byte(0x80 | (point & 0x3f))};
  if (point < 0x10000)
    return {byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 0x3f)),
            byte(0x80 | (point & 0x3f))};
  return {byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f)),
          byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f))};
}

std::optional<std::string> from_punycode(std::string_view encoded) {
  if (encoded.size() > kMaxPunycode) return std::nullopt;
  const size_t split = encoded.rfind('_');
  std::u32string points;
  if (split != std::string_view::npos) {
    points.assign(encoded.begin(), encoded.begin() + static_cast<ptrdiff_t>(split));
    encoded.remove_prefix(split + 1);
  }
  if (encoded.empty()) return std::nullopt;
  uint64_t point = kFirstPoint;
  uint64_t bias = kFirstBias;
  uint64_t at = 0;
  for (bool is_first = true; !encoded.empty(); is_first = false) {
    const auto delta = take_delta(encoded, bias);
    if (!delta) return std::nullopt;
    const uint64_t places = points.size() + 1;
    at += *delta;
    point += at / places;
    at %= places;
    if (!is_scalar_value(point)) return std::nullopt;
    points.insert(points.begin() + static_cast<ptrdiff_t>(at), static_cast<char32_t>(point));
    bias = adapted_bias(*delta, places, is_first);
    ++at;
  }
  std::string out;
  for (const char32_t one : points) out += to_utf8(one);
  return out;
}

}  // namespace reprise::debug
