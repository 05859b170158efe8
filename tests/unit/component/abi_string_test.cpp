// Strings: what realloc is asked for and what lies in memory, for every pair of encodings. The
// expected calls are worked out by hand from the specification's store_string_* functions.

#include <gtest/gtest.h>

#include "abi_guest.hpp"
#include "component/abi/string.hpp"

namespace reprise::component::abi {
namespace {

using Form = StringOrigin::Form;
using Calls = std::vector<ReallocCall>;

constexpr uint64_t kTag = 0x80000000;

struct Stored {
  Calls calls;
  uint64_t tagged_code_units = 0;
  std::vector<uint8_t> bytes;
};

/// Stores with addresses that begin at 128, the end of the first memory.
Stored store(StringEncoding encoding, std::string_view text, StringOrigin origin) {
  TestGuest guest(128);
  Context context{guest, encoding};
  LowerMemory memory(context);
  auto stored = store_string(memory, text, origin);
  EXPECT_TRUE(stored);
  uint64_t units = stored->tagged_code_units & ~kTag;
  bool wide = encoding == StringEncoding::utf16 || (stored->tagged_code_units & kTag);
  auto begin = guest.bytes.begin() + static_cast<ptrdiff_t>(stored->pointer);
  return {guest.calls,
          stored->tagged_code_units,
          {begin, begin + static_cast<ptrdiff_t>(wide ? 2 * units : units)}};
}

void expect(const Stored& stored, const Calls& calls, uint64_t tagged_code_units,
            const std::vector<uint8_t>& bytes) {
  EXPECT_EQ(stored.calls, calls);
  EXPECT_EQ(stored.tagged_code_units, tagged_code_units);
  EXPECT_EQ(stored.bytes, bytes);
}

TEST(AbiStringStore, utf8_to_utf8) {
  expect(store(StringEncoding::utf8, "é€", {Form::utf8, 5}), {{0, 0, 1, 5}}, 5,
         {0xc3, 0xa9, 0xe2, 0x82, 0xac});
  expect(store(StringEncoding::utf8, "", {Form::utf8, 0}), {{0, 0, 1, 0}}, 0, {});
}

TEST(AbiStringStore, utf16_to_utf8_grows_by_three_and_shrinks) {
  expect(store(StringEncoding::utf8, "ab", {Form::utf16, 2}), {{0, 0, 1, 2}}, 2, {'a', 'b'});
  expect(store(StringEncoding::utf8, "a€b", {Form::utf16, 3}),
         {{0, 0, 1, 3}, {128, 3, 1, 9}, {131, 9, 1, 5}}, 5, {'a', 0xe2, 0x82, 0xac, 'b'});
  expect(store(StringEncoding::utf8, "€", {Form::utf16, 1}), {{0, 0, 1, 1}, {128, 1, 1, 3}}, 3,
         {0xe2, 0x82, 0xac});
}

TEST(AbiStringStore, latin1_to_utf8_grows_by_two_and_shrinks) {
  expect(store(StringEncoding::utf8, "aé", {Form::latin1, 2}),
         {{0, 0, 1, 2}, {128, 2, 1, 4}, {130, 4, 1, 3}}, 3, {'a', 0xc3, 0xa9});
  expect(store(StringEncoding::utf8, "é", {Form::latin1, 1}), {{0, 0, 1, 1}, {128, 1, 1, 2}}, 2,
         {0xc3, 0xa9});
}

TEST(AbiStringStore, compact_utf16_to_utf8) {
  expect(store(StringEncoding::utf8, "ā", {Form::compact_utf16, 1}),
         {{0, 0, 1, 1}, {128, 1, 1, 3}, {129, 3, 1, 2}}, 2, {0xc4, 0x81});
}

TEST(AbiStringStore, utf8_to_utf16_assumes_the_worst_and_shrinks) {
  expect(store(StringEncoding::utf16, "ab", {Form::utf8, 2}), {{0, 0, 2, 4}}, 2, {'a', 0, 'b', 0});
  expect(store(StringEncoding::utf16, "é", {Form::utf8, 2}), {{0, 0, 2, 4}, {128, 4, 2, 2}}, 1,
         {0xe9, 0});
  expect(store(StringEncoding::utf16, "😀", {Form::utf8, 4}), {{0, 0, 2, 8}, {128, 8, 2, 4}}, 2,
         {0x3d, 0xd8, 0x00, 0xde});
}

TEST(AbiStringStore, others_to_utf16_are_copied) {
  expect(store(StringEncoding::utf16, "😀", {Form::utf16, 2}), {{0, 0, 2, 4}}, 2,
         {0x3d, 0xd8, 0x00, 0xde});
  expect(store(StringEncoding::utf16, "é", {Form::latin1, 1}), {{0, 0, 2, 2}}, 1, {0xe9, 0});
  expect(store(StringEncoding::utf16, "€", {Form::compact_utf16, 1}), {{0, 0, 2, 2}}, 1,
         {0xac, 0x20});
}

TEST(AbiStringStore, utf8_to_compact) {
  constexpr auto compact = StringEncoding::latin1_or_utf16;
  expect(store(compact, "ab", {Form::utf8, 2}), {{0, 0, 2, 2}}, 2, {'a', 'b'});
  expect(store(compact, "é", {Form::utf8, 2}), {{0, 0, 2, 2}, {128, 2, 2, 1}}, 1, {0xe9});
  expect(store(compact, "a€", {Form::utf8, 4}), {{0, 0, 2, 4}, {128, 4, 2, 8}, {132, 8, 2, 4}},
         kTag | 2, {'a', 0, 0xac, 0x20});
}

TEST(AbiStringStore, utf16_to_compact) {
  constexpr auto compact = StringEncoding::latin1_or_utf16;
  expect(store(compact, "é", {Form::utf16, 1}), {{0, 0, 2, 1}}, 1, {0xe9});
  expect(store(compact, "é€", {Form::utf16, 2}), {{0, 0, 2, 2}, {128, 2, 2, 4}}, kTag | 2,
         {0xe9, 0, 0xac, 0x20});
}

TEST(AbiStringStore, compact_to_compact) {
  constexpr auto compact = StringEncoding::latin1_or_utf16;
  expect(store(compact, "é", {Form::latin1, 1}), {{0, 0, 2, 1}}, 1, {0xe9});
  expect(store(compact, "€", {Form::compact_utf16, 1}), {{0, 0, 2, 2}}, kTag | 1, {0xac, 0x20});
  // What was needlessly UTF-16 becomes Latin-1; the last call asks for alignment 1.
  expect(store(compact, "éa", {Form::compact_utf16, 2}), {{0, 0, 2, 4}, {128, 4, 1, 2}}, 2,
         {0xe9, 'a'});
}

TEST(AbiStringStore, realloc_is_checked_each_time) {
  for (size_t fail_at : {1, 2, 3}) {
    TestGuest guest(128);
    guest.fail_at = fail_at;
    Context context{guest, StringEncoding::latin1_or_utf16};
    LowerMemory memory(context);
    auto stored = store_string(memory, "a€");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().kind, TrapKind::abi_misaligned);
    EXPECT_EQ(guest.calls.size(), fail_at);
  }
  TestGuest guest(128);
  guest.fail_at = 1;
  Context context{guest, StringEncoding::utf8};
  LowerMemory memory(context);
  EXPECT_EQ(store_string(memory, "a").error().kind, TrapKind::abi_out_of_bounds);
}

struct Loaded {
  std::string text;
  StringOrigin origin;
};

TrapOr<Loaded> load(StringEncoding encoding, std::vector<uint8_t> bytes, uint64_t pointer,
                    uint64_t tagged_code_units) {
  TestGuest guest;
  guest.bytes = std::move(bytes);
  Context context{guest, encoding};
  LiftMemory memory(context);
  REPRISE_ASSIGN(GuestString found, find_string(memory, pointer, tagged_code_units));
  REPRISE_ASSIGN(size_t length, utf8_length(found));
  std::string text(length, '\0');
  write_utf8(found, reinterpret_cast<uint8_t*>(text.data()));
  return Loaded{text, found.origin};
}

TEST(AbiStringLoad, each_encoding) {
  EXPECT_EQ(load(StringEncoding::utf8, {0xc3, 0xa9, 'x'}, 0, 3)->text, "éx");
  EXPECT_EQ(load(StringEncoding::utf16, {0x3d, 0xd8, 0x00, 0xde, 0xac, 0x20, 0xe9, 0}, 0, 4)->text,
            "😀€é");
  auto latin1 = load(StringEncoding::latin1_or_utf16, {'a', 0xe9}, 0, 2);
  EXPECT_EQ(latin1->text, "aé");
  EXPECT_EQ(latin1->origin.form, Form::latin1);
  auto wide = load(StringEncoding::latin1_or_utf16, {0xac, 0x20}, 0, kTag | 1);
  EXPECT_EQ(wide->text, "€");
  EXPECT_EQ(wide->origin.form, Form::compact_utf16);
  EXPECT_EQ(wide->origin.code_units, 1u);
  EXPECT_EQ(load(StringEncoding::utf8, {'x'}, 1, 0)->text, "") << "an empty one at the end";
  std::string ascii(1000, 'x');
  std::vector<uint8_t> long_text(ascii.begin(), ascii.end());
  EXPECT_EQ(load(StringEncoding::utf8, long_text, 0, 1000)->text, ascii);
}

TEST(AbiStringLoad, traps) {
  auto kind = [](const TrapOr<Loaded>& result) {
    EXPECT_FALSE(result);
    return result ? TrapKind::host : result.error().kind;
  };
  EXPECT_EQ(kind(load(StringEncoding::utf8, {0xc3}, 0, 1)), TrapKind::abi_invalid_utf8);
  EXPECT_EQ(kind(load(StringEncoding::utf8, {0xed, 0xa0, 0x80}, 0, 3)), TrapKind::abi_invalid_utf8);
  EXPECT_EQ(kind(load(StringEncoding::utf16, {0x3d, 0xd8}, 0, 1)), TrapKind::abi_invalid_utf16);
  EXPECT_EQ(kind(load(StringEncoding::utf16, {0x00, 0xde, 0x3d, 0xd8}, 0, 2)),
            TrapKind::abi_invalid_utf16);
  EXPECT_EQ(kind(load(StringEncoding::utf16, {0, 0, 0}, 1, 1)), TrapKind::abi_misaligned);
  EXPECT_EQ(kind(load(StringEncoding::latin1_or_utf16, {0, 0}, 1, 1)), TrapKind::abi_misaligned)
      << "alignment 2 even for Latin-1";
  EXPECT_EQ(kind(load(StringEncoding::utf8, {0, 0}, 1, 2)), TrapKind::abi_out_of_bounds);
  EXPECT_EQ(kind(load(StringEncoding::utf8, {}, 0xffffffff, 2)), TrapKind::abi_out_of_bounds);
  EXPECT_EQ(kind(load(StringEncoding::utf8, {0}, 0, 1 << 28)), TrapKind::abi_too_long);
  EXPECT_EQ(kind(load(StringEncoding::utf8, {0}, 0, (1 << 28) - 1)), TrapKind::abi_out_of_bounds);
  EXPECT_EQ(kind(load(StringEncoding::utf16, {0, 0}, 0, 1 << 27)), TrapKind::abi_too_long);
  EXPECT_EQ(kind(load(StringEncoding::utf16, {0, 0}, 0, UINT64_MAX)), TrapKind::abi_too_long);
}

}  // namespace
}  // namespace reprise::component::abi
