#include "base/crc32c.hpp"

#include <array>

namespace reprise {
namespace {

// Eight tables let the loop take eight bytes a step: table k advances a byte through k more zero
// bytes.
constexpr auto kTables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78u : 0u);
    tables[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (size_t k = 1; k < 8; ++k) {
      tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 0xff];
    }
  }
  return tables;
}();

uint64_t load_le(const uint8_t* p) {
  uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = (v << 8) | p[i];
  return v;
}

#if defined(__x86_64__)

// The instruction takes a word each cycle, but its result comes after three: so three lanes of
// kLane bytes go through it side by side, each from zero, and are then put together. A CRC is
// linear: that of a lane followed by n more bytes is the lane's CRC taken through n zero bytes,
// plus (xor) that of the n bytes. kThroughLane takes one through kLane zero bytes, a byte of it at
// a time.
constexpr size_t kLane = 1024;
constexpr auto kThroughLane = [] {
  // Column i is what becomes of bit i: at first through one zero byte, then through twice as many.
  std::array<uint32_t, 32> columns{};
  const auto apply = [&columns](uint32_t crc) {
    uint32_t through = 0;
    for (uint32_t i = 0; i < 32; ++i)
      if (crc >> i & 1) through ^= columns[i];
    return through;
  };
  for (uint32_t i = 0; i < 32; ++i) {
    const uint32_t bit = 1u << i;
    columns[i] = (bit >> 8) ^ kTables[0][bit & 0xff];
  }
  for (size_t zeros = 1; zeros < kLane; zeros *= 2) {
    std::array<uint32_t, 32> twice{};
    for (uint32_t i = 0; i < 32; ++i) twice[i] = apply(columns[i]);
    columns = twice;
  }
  std::array<std::array<uint32_t, 256>, 4> tables{};
  for (uint32_t k = 0; k < 4; ++k)
    for (uint32_t byte = 0; byte < 256; ++byte) tables[k][byte] = apply(byte << (8 * k));
  return tables;
}();

uint64_t through_lane(uint64_t crc) {
  return kThroughLane[0][crc & 0xff] ^ kThroughLane[1][crc >> 8 & 0xff] ^
         kThroughLane[2][crc >> 16 & 0xff] ^ kThroughLane[3][crc >> 24 & 0xff];
}

uint64_t load_word(const uint8_t* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

__attribute__((target("sse4.2"))) uint32_t crc32c_sse42(Bytes bytes, uint32_t before) {
  uint64_t crc = ~before;
  const uint8_t* p = bytes.data();
  size_t n = bytes.size();
  for (; n >= 3 * kLane; n -= 3 * kLane, p += 3 * kLane) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < kLane; i += 8) {
      crc = __builtin_ia32_crc32di(crc, load_word(p + i));
      second = __builtin_ia32_crc32di(second, load_word(p + kLane + i));
      third = __builtin_ia32_crc32di(third, load_word(p + 2 * kLane + i));
    }
    crc = through_lane(through_lane(crc) ^ second) ^ third;
  }
  for (; n >= 8; n -= 8, p += 8) crc = __builtin_ia32_crc32di(crc, load_word(p));
  auto tail = static_cast<uint32_t>(crc);
  for (; n > 0; --n, ++p) tail = __builtin_ia32_crc32qi(tail, *p);
  return ~tail;
}
#endif

}  // namespace

uint32_t crc32c_portable(Bytes bytes, uint32_t before) {
  uint32_t crc = ~before;
  const uint8_t* p = bytes.data();
  size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    const uint64_t word = load_le(p) ^ crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; n > 0; --n, ++p) crc = (crc >> 8) ^ kTables[0][(crc ^ *p) & 0xff];
  return ~crc;
}

uint32_t crc32c(Bytes bytes, uint32_t before) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace reprise
