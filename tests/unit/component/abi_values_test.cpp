// Lifting and lowering by run-time type, worked out by hand: each type's rules, spilling, traps.

#include <gtest/gtest.h>

#include <array>

#include "abi_guest.hpp"
#include "component/abi/dynamic.hpp"
#include "component/abi/signature.hpp"
#include "wit/wave.hpp"

namespace reprise::component::abi {
namespace {

using wit::kMaxFlatParams;
using Octets = std::vector<uint8_t>;

struct AbiValues : testing::Test {
  wit::TypeTable table;
  TestGuest guest{128};
  Context context{guest};
  std::array<Slot, kMaxFlatParams> flat{};

  Type type(std::string_view text) {
    auto parsed = wit::parse_type(text, table);
    EXPECT_TRUE(parsed) << text;
    return *parsed;
  }
  /// Lifts, and says what came out as WAVE, or as the trap's kind.
  std::string lift(std::string_view text, std::vector<Slot> slots, uint32_t max = kMaxFlatParams) {
    std::array types{type(text)};
    ByteWriter out;
    auto done = lift_values(context, types, max, slots, out);
    if (!done) return "trap: " + std::string(to_string(done.error().kind));
    auto wave = wit::to_wave(types[0], out.view());
    return wave ? *wave : wave.error().to_string();
  }
  /// From memory at 0.
  std::string load(std::string_view text, Octets bytes) {
    guest.bytes = std::move(bytes);
    return lift(text, {0}, 0);
  }
  /// Lowers, and gives the slots written.
  std::vector<Slot> lower(std::string_view text, std::string_view wave,
                          uint32_t max = kMaxFlatParams,
                          std::optional<uint64_t> out_pointer = std::nullopt) {
    std::array types{type(text)};
    ByteWriter encoded;
    EXPECT_TRUE(wit::parse_wave(types[0], wave, encoded)) << wave;
    ByteReader reader(encoded.view());
    auto written = lower_values(context, types, max, reader, flat, out_pointer);
    EXPECT_TRUE(written) << written.error().message;
    EXPECT_TRUE(reader.at_end());
    return {flat.begin(), flat.begin() + *written};
  }
  /// Lowers to memory at 0, of `size` bytes that were 0xaa.
  Octets store(std::string_view text, std::string_view wave) {
    std::fill(guest.bytes.begin(), guest.bytes.end(), 0xaa);
    EXPECT_EQ(lower(text, wave, 0, 0).size(), 0u);
    return {guest.bytes.begin(), guest.bytes.begin() + type(text)->layout32().size};
  }
};

TEST_F(AbiValues, scalars_from_flat_values_use_only_their_bits) {
  constexpr Slot garbage = 0xdead'beef'0000'0000;
  EXPECT_EQ(lift("bool", {0}), "false");
  EXPECT_EQ(lift("bool", {0x100}), "true");
  EXPECT_EQ(lift("bool", {garbage}), "false");
  EXPECT_EQ(lift("u8", {0x1ff}), "255");
  EXPECT_EQ(lift("s8", {0x80}), "-128");
  EXPECT_EQ(lift("u16", {0x12345}), "9029");
  EXPECT_EQ(lift("s32", {garbage | 0xffffffff}), "-1");
  EXPECT_EQ(lift("u32", {garbage | 7}), "7");
  EXPECT_EQ(lift("u64", {garbage}), "16045690981097406464");
  EXPECT_EQ(lift("f32", {garbage | 0x3f800000}), "1");
  EXPECT_EQ(lift("char", {garbage | 'x'}), "'x'");
  EXPECT_EQ(lift("flags { a, b }", {0xfe}), "{b}");
}

TEST_F(AbiValues, scalars_from_memory) {
  EXPECT_EQ(load("bool", {2}), "true");
  EXPECT_EQ(load("s16", {0xfe, 0xff}), "-2");
  EXPECT_EQ(load("f64", {1, 0, 0, 0, 0, 0, 0xf0, 0xff}), "nan");
  EXPECT_EQ(load("char", {0, 0xf6, 1, 0}), "'😀'");
  EXPECT_EQ(load("flags { a, b, c, d, e, f, g, h, i }", {1, 0xff}), "{a, i}");
  EXPECT_EQ(load("enum { a, b }", {1}), "b");
}

TEST_F(AbiValues, nan_is_canonical) {
  std::array types{type("f32"), type("f64")};
  ByteWriter out;
  ASSERT_TRUE(lift_values(context, types, 16, std::array<Slot, 2>{0xff800001, ~Slot{0}}, out));
  EXPECT_EQ(out.take(), Octets({0, 0, 0xc0, 0x7f, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}));
}

TEST_F(AbiValues, invalid_scalars_trap) {
  EXPECT_EQ(lift("char", {0xd800}), "trap: invalid `char` bit pattern");
  EXPECT_EQ(lift("char", {0xdfff}), "trap: invalid `char` bit pattern");
  EXPECT_EQ(lift("char", {0x110000}), "trap: invalid `char` bit pattern");
  EXPECT_EQ(lift("enum { a, b }", {2}), "trap: invalid variant discriminant");
  EXPECT_EQ(load("option<u8>", {2, 0}), "trap: invalid variant discriminant");
  EXPECT_EQ(lift("own<r>", {1000}), "trap: invalid handle");
}

TEST_F(AbiValues, joined_cases_reinterpret_bits) {
  std::string_view text = "variant { a(f32), b(u32), c(f64), d(tuple<s8, f32>) }";
  EXPECT_EQ(lift(text, {0, 0xffff'ffff'3f80'0000, 9}), "a(1)");
  EXPECT_EQ(lift(text, {1, 0xffff'ffff'0000'0005, 9}), "b(5)");
  EXPECT_EQ(lift(text, {2, 0x3ff0'0000'0000'0000, 9}), "c(1)");
  EXPECT_EQ(lift(text, {3, 0xffff'ffff'ffff'ffff, 0x3f80'0000}), "d((-1, 1))");
  EXPECT_EQ(lower(text, "a(1)"), (std::vector<Slot>{0, 0x3f800000, 0}));
  EXPECT_EQ(lower(text, "d((-1, 1))"), (std::vector<Slot>{3, 0xffffffff, 0x3f800000}));
}

TEST_F(AbiValues, what_follows_a_variant_is_found) {
  EXPECT_EQ(lift("tuple<option<tuple<u8, u8>>, u8>", {0, 1, 2, 3}), "(none, 3)");
  EXPECT_EQ(lower("tuple<option<tuple<u8, u8>>, u8>", "(none, 3)"),
            (std::vector<Slot>{0, 0, 0, 3}));
}

TEST_F(AbiValues, padding_and_unused_payloads_are_not_written) {
  EXPECT_EQ(store("record { a: u8, b: u32, c: u8 }", "{a: 1, b: 2, c: 3}"),
            Octets({1, 0xaa, 0xaa, 0xaa, 2, 0, 0, 0, 3, 0xaa, 0xaa, 0xaa}));
  EXPECT_EQ(store("option<u32>", "none"), Octets({0, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa}));
  EXPECT_EQ(store("result<u8, u32>", "ok(7)"), Octets({0, 0xaa, 0xaa, 0xaa, 7, 0xaa, 0xaa, 0xaa}));
  EXPECT_EQ(store("flags { a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q }", "{a, q}"),
            Octets({1, 0, 1, 0}));
  EXPECT_EQ(store("list<tuple<u8, u16>, 2>", "[(1, 2), (3, 4)]"),
            Octets({1, 0xaa, 2, 0, 3, 0xaa, 4, 0}));
}

TEST_F(AbiValues, lists) {
  EXPECT_EQ(lower("list<u16>", "[1, 2]"), (std::vector<Slot>{128, 2}));
  EXPECT_EQ(guest.calls, (std::vector<ReallocCall>{{0, 0, 2, 4}}));
  EXPECT_EQ(Octets(guest.bytes.begin() + 128, guest.bytes.end()), Octets({1, 0, 2, 0}));
  EXPECT_EQ(lift("list<u16>", {128, 2}), "[1, 2]");

  guest.calls.clear();
  lower("list<u64>", "[]");
  EXPECT_EQ(guest.calls, (std::vector<ReallocCall>{{0, 0, 8, 0}})) << "even an empty one asks";
}

TEST_F(AbiValues, nested_lists_are_allocated_outside_in) {
  EXPECT_EQ(lower("list<string>", "[\"ab\", \"c\"]"), (std::vector<Slot>{128, 2}));
  EXPECT_EQ(guest.calls, (std::vector<ReallocCall>{{0, 0, 4, 16}, {0, 0, 1, 2}, {0, 0, 1, 1}}));
  EXPECT_EQ(Octets(guest.bytes.begin() + 128, guest.bytes.end()),
            Octets({144, 0, 0, 0, 2, 0, 0, 0, 146, 0, 0, 0, 1, 0, 0, 0, 'a', 'b', 'c'}));
  EXPECT_EQ(lift("list<string>", {128, 2}), "[\"ab\", \"c\"]");
}

TEST_F(AbiValues, lists_that_trap) {
  EXPECT_EQ(lift("list<u32>", {2, 1}), "trap: unaligned pointer");
  EXPECT_EQ(lift("list<u32>", {2, 0}), "trap: unaligned pointer") << "even an empty one";
  EXPECT_EQ(lift("list<u32>", {124, 2}), "trap: out of bounds");
  EXPECT_EQ(lift("list<u8>", {129, 0}), "trap: out of bounds");
  EXPECT_EQ(lift("list<u8>", {128, 0}), "[]");
  EXPECT_EQ(lift("list<u32>", {0, 1 << 26}), "trap: string or list too long");
  EXPECT_EQ(lift("list<u32>", {0, (1 << 26) - 1}), "trap: out of bounds");
  EXPECT_EQ(lift("list<bool>", {0, 0xffffffff}), "trap: string or list too long");
}

TEST_F(AbiValues, aliased_lists_exhaust_a_budget_rather_than_the_host) {
  // As if each element of a list were the same 128 bytes again.
  LiftMemory memory(context);
  const Layout& byte = type("u8")->layout32();
  for (uint64_t i = 0; i < kMaxLiftedBytes / 128; ++i) ASSERT_TRUE(memory.list(0, 128, byte));
  EXPECT_TRUE(memory.list(0, 0, byte));
  EXPECT_EQ(memory.list(0, 1, byte).error().kind, TrapKind::abi_too_long);
  EXPECT_EQ(memory.spend(1).error().kind, TrapKind::abi_too_long);
}

TEST_F(AbiValues, parameters_spill_beyond_sixteen) {
  std::vector<Type> types(17, type("u8"));
  Octets encoded(17, 5);
  ByteReader reader(encoded);
  auto written = lower_values(context, types, kMaxFlatParams, reader, flat);
  ASSERT_EQ(*written, 1u);
  EXPECT_EQ(flat[0], 128u);
  EXPECT_EQ(guest.calls, (std::vector<ReallocCall>{{0, 0, 1, 17}}));
  ByteWriter out;
  ASSERT_TRUE(lift_values(context, types, kMaxFlatParams, flat, out));
  EXPECT_EQ(out.take(), encoded);

  types.pop_back();
  ByteReader again(encoded);
  EXPECT_EQ(*lower_values(context, types, kMaxFlatParams, again, flat), 16u);
}

TEST_F(AbiValues, results_go_to_the_pointer_that_was_given) {
  EXPECT_EQ(lower("string", "\"hi\"", 1, 8).size(), 0u);
  EXPECT_EQ(Octets(guest.bytes.begin() + 8, guest.bytes.begin() + 16),
            Octets({128, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(lower("u32", "7", 1, 8), std::vector<Slot>{7}) << "small ones stay flat";

  std::array types{type("string")};
  Octets encoded{0};
  for (auto [pointer, kind] :
       {std::pair{2, TrapKind::abi_misaligned}, std::pair{1024, TrapKind::abi_out_of_bounds}}) {
    ByteReader reader(encoded);
    auto lowered = lower_values(context, types, 1, reader, flat, pointer);
    ASSERT_FALSE(lowered);
    EXPECT_EQ(lowered.error().kind, kind);
  }
  EXPECT_EQ(lift("string", {2}, 1), "trap: unaligned pointer");
  EXPECT_EQ(lift("string", {1024}, 1), "trap: out of bounds");
}

TEST_F(AbiValues, memory64_has_wide_pointers) {
  context.width = PointerWidth::memory64;
  EXPECT_EQ(lower("list<string>", "[\"ab\"]"), (std::vector<Slot>{128, 1}));
  EXPECT_EQ(guest.calls, (std::vector<ReallocCall>{{0, 0, 8, 16}, {0, 0, 1, 2}}));
  EXPECT_EQ(lift("list<string>", {128, 1}), "[\"ab\"]");
  EXPECT_EQ(lift("string", {Slot{1} << 32, 1}), "trap: out of bounds");
  EXPECT_EQ(lift("string", {~Slot{0}, 1}), "trap: out of bounds");
}

TEST_F(AbiValues, handles_go_through_the_instance) {
  EXPECT_EQ(lift("tuple<own<r>, borrow<r>>", {1, 2}), "(#2, #3)");
  EXPECT_EQ(lower("tuple<own<r>, borrow<r>>", "(#2, #3)"), (std::vector<Slot>{4, 6}));
}

TEST_F(AbiValues, a_malformed_encoding_is_the_hosts_fault) {
  std::array types{type("list<bool>")};
  for (const Octets& encoded : {Octets{1}, Octets{1, 2}, Octets{0x81, 0, 1}, Octets{}}) {
    ByteReader reader(encoded);
    auto lowered = lower_values(context, types, 16, reader, flat);
    ASSERT_FALSE(lowered);
    EXPECT_EQ(lowered.error().kind, TrapKind::host);
  }
}

TEST_F(AbiValues, a_transfer_lifts_all_before_it_lowers) {
  // The second value is bad: nothing may have been allocated for the first.
  TestGuest other{128};
  Context to{other, StringEncoding::utf16};
  std::array types{type("string"), type("char")};
  TransferBuffer buffer;
  std::fill(guest.bytes.begin(), guest.bytes.end(), 'x');
  auto moved = transfer_values({context, types, 16}, std::array<Slot, 3>{0, 3, 0xd800},
                               {to, types, 16}, flat, buffer);
  EXPECT_EQ(moved.error().kind, TrapKind::abi_invalid_char);
  EXPECT_TRUE(other.calls.empty());

  moved = transfer_values({context, types, 16}, std::array<Slot, 3>{0, 3, 'c'}, {to, types, 16},
                          flat, buffer);
  ASSERT_EQ(*moved, 3u);
  EXPECT_EQ(flat[1], 3u);
  EXPECT_EQ(other.calls, (std::vector<ReallocCall>{{0, 0, 2, 6}}));
}

std::string show(const CoreSignature& signature) {
  std::string out;
  for (FlatType type : signature.params) out += std::string(to_string(type)) + ' ';
  out += "->";
  for (FlatType type : signature.results) out += ' ' + std::string(to_string(type));
  return out;
}

TEST_F(AbiValues, signatures) {
  auto func = [&](std::string_view text) { return *wit::parse_func_type(text, table); };
  constexpr auto m32 = PointerWidth::memory32;
  auto plain = func("func(a: string, b: f64) -> u8");
  EXPECT_EQ(show(lift_signature(plain, m32)), "i32 i32 f64 -> i32");
  EXPECT_EQ(show(lower_signature(plain, m32)), "i32 i32 f64 -> i32");
  EXPECT_EQ(show(lower_signature(plain, PointerWidth::memory64)), "i64 i64 f64 -> i32");
  auto text = func("func() -> string");
  EXPECT_EQ(show(lift_signature(text, m32)), "-> i32");
  EXPECT_EQ(show(lower_signature(text, m32)), "i32 ->");
  EXPECT_TRUE(lower_signature(text, m32).result_in_memory);
  auto many = func("func(a: list<u8, 17>) -> option<u8>");
  EXPECT_EQ(show(lift_signature(many, m32)), "i32 -> i32");
  EXPECT_EQ(show(lower_signature(many, m32)), "i32 i32 ->");
  EXPECT_TRUE(lift_signature(many, m32).params_in_memory);
  auto five = func("async func(a: list<u8, 5>) -> u8");
  EXPECT_EQ(show(async_lower_signature(five, m32)), "i32 i32 -> i32");
  EXPECT_EQ(show(async_lift_signature(five, m32, true)), "i32 i32 i32 i32 i32 -> i32");
  EXPECT_EQ(show(async_lift_signature(five, m32, false)), "i32 i32 i32 i32 i32 ->");
}

}  // namespace
}  // namespace reprise::component::abi
