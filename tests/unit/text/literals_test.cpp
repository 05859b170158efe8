#include "text/literals.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

namespace reprise::text {
namespace {

TEST(NumberShape, TellsNumbersFromWords) {
  for (const char* word : {"0", "0x1F", "1_000", "18446744073709551616"}) {
    EXPECT_EQ(number_shape(word), NumberShape::nat) << word;
  }
  for (const char* word : {"+0", "-0x1F"}) {
    EXPECT_EQ(number_shape(word), NumberShape::integer) << word;
  }
  for (const char* word : {"0.", "1e5", "-1.5E-3", "0x1.8p3", "0x1p+2", "inf", "-nan", "nan:0x1"}) {
    EXPECT_EQ(number_shape(word), NumberShape::floating) << word;
  }
  for (const char* word : {"", "_1", "1__0", "1_", "0x", "0x_1", ".5", "1e", "1e+", "0x1p", "0xg",
                           "1_.0", "1._0", "nan:1", "nan:0x", "+", "infinity"}) {
    EXPECT_EQ(number_shape(word), NumberShape::none) << word;
  }
}

TEST(Integers, TakeSignedAndUnsignedRange) {
  EXPECT_EQ(parse_integer("255", 8), 255u);
  EXPECT_EQ(parse_integer("-128", 8), 128u);
  EXPECT_EQ(parse_integer("256", 8), std::nullopt);
  EXPECT_EQ(parse_integer("-129", 8), std::nullopt);
  EXPECT_EQ(parse_integer("+127", 8), 127u);
  EXPECT_EQ(parse_integer("0xffff_ffff_ffff_ffff", 64), ~uint64_t{0});
  EXPECT_EQ(parse_integer("-0x8000000000000000", 64), uint64_t{1} << 63);
  EXPECT_EQ(parse_integer("0x10000000000000000", 64), std::nullopt);
  EXPECT_EQ(parse_unsigned("4294967295", 32), 0xffffffffu);
  EXPECT_EQ(parse_unsigned("4294967296", 32), std::nullopt);
}

TEST(Floats, RoundOnceAndToEven) {
  EXPECT_EQ(parse_f32("0x1.000001p0"), 0x3f800000u);       // half of the last bit: to even
  EXPECT_EQ(parse_f32("0x1.00000100001p0"), 0x3f800001u);  // just above
  EXPECT_EQ(parse_f32("0x1.000003p0"), 0x3f800002u);       // half again: up to even
  EXPECT_EQ(parse_f32("0x1p-149"), 1u);
  EXPECT_EQ(parse_f32("0x1p-150"), 0u);
  EXPECT_EQ(parse_f32("0x1.8p-150"), 1u);
  EXPECT_EQ(parse_f32("0x0.fffffffp-126"), 0x00800000u);  // rounds up out of the subnormals
  EXPECT_EQ(parse_f32("0x1.fffffefffp127"), 0x7f7fffffu);
  EXPECT_EQ(parse_f32("0x1.ffffffp127"), std::nullopt);
  EXPECT_EQ(parse_f32("340282356779733661637539395458142568447"), 0x7f7fffffu);
  EXPECT_EQ(parse_f32("340282356779733661637539395458142568448"), std::nullopt);
  EXPECT_EQ(parse_f64("1e-400"), 0u);
  EXPECT_EQ(parse_f64("1e99999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_f64("-0e99999999999999999999"), uint64_t{1} << 63);
  EXPECT_EQ(parse_f64("4.9406564584124654e-324"), 1u);
  EXPECT_EQ(parse_f64("0x1.00000000000008p0"), 0x3ff0000000000000u);
  EXPECT_EQ(parse_f64("0x123456789abcdef01234p-40"),
            std::bit_cast<uint64_t>(0x123456789abcdef01234p-40));
}

TEST(Floats, NansCarryTheirPayload) {
  EXPECT_EQ(parse_f32("nan"), 0x7fc00000u);
  EXPECT_EQ(parse_f32("-nan:0x1"), 0xff800001u);
  EXPECT_EQ(parse_f32("nan:0x0"), std::nullopt);
  EXPECT_EQ(parse_f32("nan:0x800000"), std::nullopt);
  EXPECT_EQ(parse_f64("nan:0xf_ffff_ffff_ffff"), 0x7fffffffffffffffu);
  EXPECT_EQ(parse_f64("-inf"), 0xfff0000000000000u);
}

TEST(Floats, ReadBackWhatTheyPrint) {
  std::mt19937_64 random(20240229);
  for (int i = 0; i < 20000; i++) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%.17g", value);
    EXPECT_EQ(parse_f64(text), std::bit_cast<uint64_t>(value)) << text;
    std::snprintf(text, sizeof text, "%a", value);
    EXPECT_EQ(parse_f64(text), std::bit_cast<uint64_t>(value)) << text;
    const auto narrow = static_cast<float>(value);
    if (std::isfinite(narrow)) {
      EXPECT_EQ(parse_f32(text), std::bit_cast<uint32_t>(narrow)) << text;
    }
  }
}

}  // namespace
}  // namespace reprise::text
