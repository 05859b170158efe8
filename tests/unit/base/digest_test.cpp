#include <gtest/gtest.h>

#include <vector>

#include "base/crc32c.hpp"
#include "base/hash.hpp"
#include "base/sha256.hpp"

namespace reprise {
namespace {

std::vector<uint8_t> pattern(size_t n) {
  std::vector<uint8_t> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i * 131 + (i >> 8));
  return bytes;
}

TEST(Crc32c, KnownValues) {
  // RFC 3720 appendix B.4.
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0x00)), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0xff)), 0x62a8ab43u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, InstructionAndTableAgreeAndContinue) {
  const auto bytes = pattern(10000);
  for (size_t n = 0; n < bytes.size(); n += n < 100 ? 7 : 331) {
    const Bytes head(bytes.data(), n), tail(bytes.data() + n, bytes.size() - n);
    EXPECT_EQ(crc32c(head), crc32c_portable(head));
    EXPECT_EQ(crc32c(tail, crc32c(head)), crc32c(bytes));
    EXPECT_EQ(crc32c_portable(tail, crc32c_portable(head)), crc32c(bytes));
  }
}

TEST(Sha256, KnownValues) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.update(as_bytes("a"));
  pieces.update({});
  pieces.update(as_bytes("bc"));
  EXPECT_EQ(pieces.finish(), sha256(as_bytes("abc")));
}

TEST(Xxh3, PiecesGiveTheSameAsTheWhole) {
  EXPECT_EQ(xxh3_64({}), 0x2d06800538d394c2u);
  const auto bytes = pattern(5000);
  Xxh3 pieces;
  for (size_t at = 0; at < bytes.size(); at += 333) {
    pieces.update(Bytes(bytes).subspan(at, std::min<size_t>(333, bytes.size() - at)));
  }
  EXPECT_EQ(pieces.digest(), xxh3_64(bytes));
}

}  // namespace
}  // namespace reprise
