#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace reprise {
namespace {

std::vector<uint8_t> leb_u(uint64_t v) {
  ByteWriter w;
  w.leb_u64(v);
  return w.take();
}

std::vector<uint8_t> leb_s(int64_t v) {
  ByteWriter w;
  w.leb_s64(v);
  return w.take();
}

TEST(Bytes, LebRoundTrips) {
  for (uint64_t v : {0ull, 1ull, 127ull, 128ull, 0xffffffffull, ~0ull}) {
    auto bytes = leb_u(v);
    EXPECT_EQ(ByteReader(bytes).leb_u64().value(), v);
  }
  for (int64_t v : {int64_t{0}, int64_t{-1}, int64_t{63}, int64_t{64}, int64_t{-64}, int64_t{-65},
                    std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    auto bytes = leb_s(v);
    EXPECT_EQ(ByteReader(bytes).leb_s64().value(), v);
  }
}

TEST(Bytes, LebRefusesLongAndLargeForms) {
  const std::array<uint8_t, 6> too_long{0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  EXPECT_EQ(ByteReader(too_long).leb_u32().error().message, "integer representation too long");
  const std::array<uint8_t, 5> too_large{0x80, 0x80, 0x80, 0x80, 0x10};
  EXPECT_EQ(ByteReader(too_large).leb_u32().error().message, "integer too large");
  const std::array<uint8_t, 5> bad_sign{0xff, 0xff, 0xff, 0xff, 0x0f};
  EXPECT_EQ(ByteReader(bad_sign).leb_s32().error().message, "integer too large");
  const std::array<uint8_t, 5> minus_one{0xff, 0xff, 0xff, 0xff, 0x7f};
  EXPECT_EQ(ByteReader(minus_one).leb_s32().value(), -1);
}

TEST(Bytes, CopiesOfAnyLengthAndAlignment) {
  std::vector<uint8_t> from(200'000);
  for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<uint8_t>(i * 7 + i / 251);
  for (const size_t n : {0, 1, 1023, 1024, 1025, 1087, 1088, 4096, 4099, 131'072, 131'073}) {
    for (const size_t shift : {0, 1, 63}) {
      std::vector<uint8_t> to(n + 128, 0xee);
      copy_bytes(to.data() + shift, from.data() + 3, n);
      if (shift > 0) EXPECT_EQ(to[shift - 1], 0xee) << n;
      EXPECT_EQ(std::memcmp(from.data() + 3, to.data() + shift, n), 0) << n;
      EXPECT_EQ(to[shift + n], 0xee) << n;
    }
  }
}

TEST(Bytes, AWriterThatWasMovedFromIsEmpty) {
  ByteWriter writer;
  writer.name("some text that is longer than what fits at first, and then some more of it");
  ByteWriter other = std::move(writer);
  EXPECT_EQ(writer.size(), 0u);  // NOLINT(bugprone-use-after-move): that is the promise
  writer.u8(1);
  EXPECT_EQ(writer.view().size(), 1u);
  EXPECT_EQ(other.take().size(), 75u);
  EXPECT_EQ(other.size(), 0u);
  other.u8(2);
  EXPECT_EQ(other.take(), std::vector<uint8_t>{2});
}

TEST(Bytes, ErrorsCarryTheOffsetInTheFile) {
  const std::array<uint8_t, 2> bytes{1, 2};
  ByteReader r(bytes, 100);
  ASSERT_TRUE(r.u8());
  EXPECT_EQ(r.u32_le().error().offset, 101u);
}

TEST(Bytes, Utf8) {
  EXPECT_TRUE(is_utf8(as_bytes("plain")));
  EXPECT_TRUE(is_utf8(as_bytes("\xf0\x9f\x98\x80")));
  EXPECT_FALSE(is_utf8(as_bytes("\xc0\x80")));          // overlong
  EXPECT_FALSE(is_utf8(as_bytes("\xed\xa0\x80")));      // surrogate
  EXPECT_FALSE(is_utf8(as_bytes("\xf4\x90\x80\x80")));  // beyond U+10FFFF
  EXPECT_FALSE(is_utf8(as_bytes("\xe2\x82")));          // cut short
}

}  // namespace
}  // namespace reprise
