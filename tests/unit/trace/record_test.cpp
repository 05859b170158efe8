// The records' encoding: every kind of the table goes through it and back, and what a reader of
// another version finds is what the format promises.

#include <gtest/gtest.h>

#include "trace_support.hpp"

namespace reprise::trace {
namespace {

// Encodes again what was decoded, whatever it is.
std::vector<uint8_t> encode_any(const AnyRecord& any) {
  return std::visit(
      [](const auto& record) -> std::vector<uint8_t> {
        if constexpr (std::is_same_v<std::decay_t<decltype(record)>, Unknown>) {
          return {record.payload.begin(), record.payload.end()};
        } else {
          return encode(record);
        }
      },
      any);
}

TEST(Record, EveryKindDecodesToWhatWasEncoded) {
  std::mt19937_64 random(1);
  for (const Kind kind : all_kinds()) {
    for (int round = 0; round < 50; ++round) {
      const auto payload = random_payload(kind, random);
      const auto any = decode_any(kind, payload);
      ASSERT_TRUE(any) << to_string(kind) << ": " << any.error().to_string();
      EXPECT_FALSE(std::holds_alternative<Unknown>(*any));
      EXPECT_EQ(encode_any(*any), payload) << to_string(kind);
    }
  }
}

TEST(Record, CutPayloadsAreErrorsOrShorterRests) {
  std::mt19937_64 random(2);
  for (const Kind kind : all_kinds()) {
    const auto payload = random_payload(kind, random);
    for (size_t n = 0; n < payload.size(); ++n) (void)decode_any(kind, Bytes(payload).first(n));
  }
  EXPECT_FALSE(decode<Function>({}));
  EXPECT_FALSE(decode<CallDigest>(std::vector<uint8_t>{1, 2}));  // no digest
}

TEST(Record, WhatFollowsTheKnownFieldsIsIgnored) {
  auto payload = encode(Note{"topic", "text"});
  payload.insert(payload.end(), {1, 2, 3});
  const auto note = decode<Note>(payload);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "text");
}

TEST(Record, AScalarCallTakesSixteenBytes) {
  const uint8_t two[8] = {}, one[4] = {};
  ByteWriter out;
  frame(out, Kind::call, encode(Call{5, two}));
  frame(out, Kind::result, encode(CallResult{one}));
  EXPECT_LE(out.size(), 16u);
  ByteWriter digested;
  frame(digested, Kind::call_digest, encode(CallDigest{5, 40, short_digest(~0ull, 4)}));
  frame(digested, Kind::result, encode(CallResult{two}));
  EXPECT_LE(digested.size(), 16u);
}

TEST(Record, HeadersOfAllFormsAreRead) {
  std::mt19937_64 random(3);
  for (const Kind kind :
       {Kind::call, Kind::result, Kind::call_digest, Kind::note, static_cast<Kind>(62),
        static_cast<Kind>(256), static_cast<Kind>(70000)}) {
    for (const size_t n : {0, 1, 62, 63, 64, 127, 128, 65535, 65536}) {
      ByteWriter out;
      frame(out, kind, std::vector<uint8_t>(n, 0xab));
      const auto header = read_header(out.view());
      ASSERT_TRUE(header) << header.error().to_string();
      ASSERT_TRUE(header->has_value());
      EXPECT_EQ((*header)->kind, kind);
      EXPECT_EQ((*header)->length, n);
      EXPECT_EQ((*header)->header + (*header)->length, out.size());
      for (size_t cut = 0; cut < (*header)->header; ++cut) {
        const auto partial = read_header(out.view().first(cut));
        ASSERT_TRUE(partial);
        EXPECT_FALSE(partial->has_value());
      }
    }
  }
}

TEST(Record, ImpossibleHeadersAreErrors) {
  EXPECT_FALSE(read_header(std::vector<uint8_t>{0, 0}));                             // kind 0
  EXPECT_FALSE(read_header(std::vector<uint8_t>{1, 0x81, 0x80, 0x04}));              // 65,537 bytes
  EXPECT_FALSE(read_header(std::vector<uint8_t>{1, 0x80, 0x80, 0x80, 0x80, 0x80}));  // endless
  EXPECT_FALSE(read_header(std::vector<uint8_t>{0x3f, 5, 0}));  // general, extended
}

TEST(Record, UnknownKindsComeBackWhole) {
  const std::vector<uint8_t> payload = {1, 2, 3};
  const auto any = decode_any(static_cast<Kind>(61), payload);
  ASSERT_TRUE(any);
  ASSERT_TRUE(std::holds_alternative<Unknown>(*any));
  EXPECT_EQ(std::get<Unknown>(*any).payload.size(), 3u);
}

TEST(Record, TextIsMadeUtf8WhenWritten) {
  EXPECT_EQ(to_utf8("a\xff\xc3\xa9\xc3"), "a?\xc3\xa9?");
  const auto payload = encode(Note{"t", "bad \xff byte"});
  const auto note = decode<Note>(payload);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "bad ? byte");
}

TEST(Digest, ShortOnesMatchTheirFullValue) {
  const uint64_t full = 0x1122334455667788;
  EXPECT_TRUE(short_digest(full, 4).matches(full));
  EXPECT_TRUE(short_digest(full, 8).matches(full));
  EXPECT_FALSE(short_digest(full, 4).matches(full + 1));
}

}  // namespace
}  // namespace reprise::trace
