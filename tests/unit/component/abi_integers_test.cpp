// Integers have a way of their own through lifting and lowering: it must not differ from the
// general one in anything.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "abi_guest.hpp"
#include "component/abi/dynamic.hpp"
#include "component/abi/integers.hpp"
#include "wit/wave.hpp"

namespace reprise::component::abi {
namespace {

using wit::kMaxFlatParams;

constexpr std::array kIntegers{"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"};

struct AbiIntegers : testing::Test {
  wit::TypeTable table;
  TestGuest guest;
  Context context{guest};
  std::mt19937_64 random{1};

  Type type(std::string_view text) {
    auto parsed = wit::parse_type(text, table);
    EXPECT_TRUE(parsed) << text;
    return *parsed;
  }
  /// Bits of any width, and those at the edges of each.
  uint64_t bits() {
    constexpr std::array<uint64_t, 8> kEdges{
        0, 0x7f, 0x80, 0xffff, 0x8000, 0x7fffffff, 0xffffffff80000000, ~uint64_t{0}};
    return random() % 2 ? random() : kEdges[random() % kEdges.size()];
  }
};

TEST_F(AbiIntegers, agree_with_the_general_way) {
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Type> types(random() % (kMaxFlatParams + 1));
    for (Type& one : types) one = type(kIntegers[random() % kIntegers.size()]);
    const auto integers = Integers::of(types, kMaxFlatParams);
    ASSERT_TRUE(integers);

    std::array<Slot, kMaxFlatParams> flat{};
    std::ranges::generate(flat, [&] { return bits(); });
    ByteWriter lifted, lifted_generally;
    integers->lift(flat.data(), lifted);
    ASSERT_TRUE(lift_values(context, types, kMaxFlatParams, flat, lifted_generally));
    ASSERT_TRUE(std::ranges::equal(lifted.view(), lifted_generally.view()));

    std::array<Slot, kMaxFlatParams> lowered{}, lowered_generally{};
    ByteReader reader(lifted.view());
    ASSERT_TRUE(integers->lower(lifted.view(), lowered.data()));
    ASSERT_TRUE(lower_values(context, types, kMaxFlatParams, reader, lowered_generally));
    ASSERT_EQ(lowered, lowered_generally);
    std::array<Slot, kMaxFlatParams> passed{};
    integers->pass(flat.data(), passed.data());
    ASSERT_EQ(passed, lowered_generally);
  }
}

TEST_F(AbiIntegers, are_nothing_else) {
  for (const auto* other : {"bool", "char", "f32", "f64", "string", "list<u8>", "tuple<u32>",
                            "tuple<u32, u64>", "option<u32>", "result"})
    EXPECT_FALSE(Integers::of(std::array{type("u32"), type(other)}, kMaxFlatParams)) << other;
}

TEST_F(AbiIntegers, travel_flat_or_not_at_all) {
  const std::vector<Type> types(kMaxFlatParams + 1, type("u8"));
  EXPECT_FALSE(Integers::of(types, kMaxFlatParams));
  EXPECT_TRUE(Integers::of(std::span(types).first(kMaxFlatParams), kMaxFlatParams));
  EXPECT_FALSE(Integers::of(std::span(types).first(2), 1));
}

TEST_F(AbiIntegers, are_not_lowered_from_other_bytes) {
  const auto integers = Integers::of(std::array{type("u16"), type("s64")}, kMaxFlatParams);
  ASSERT_TRUE(integers);
  const std::array<uint8_t, 11> bytes{};
  std::array<Slot, 2> flat{7, 7};
  EXPECT_FALSE(integers->lower(Bytes(bytes).first(9), flat.data()));
  EXPECT_FALSE(integers->lower(Bytes(bytes), flat.data()));
  EXPECT_EQ(flat, (std::array<Slot, 2>{7, 7}));
  EXPECT_TRUE(integers->lower(Bytes(bytes).first(10), flat.data()));
  EXPECT_EQ(flat, (std::array<Slot, 2>{0, 0}));
}

}  // namespace
}  // namespace reprise::component::abi
