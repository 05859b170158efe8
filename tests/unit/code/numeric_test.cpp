// The edges of arithmetic, where C++ and WebAssembly differ or tables are easily wrong.

#include "code/numeric.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace reprise::code::numeric {
namespace {

TEST(Numeric, DividesLikeTheSpecification) {
  EXPECT_EQ(i32_div_s(7, static_cast<uint32_t>(-2)).value, static_cast<uint32_t>(-3));
  EXPECT_EQ(i32_div_s(0x80000000, 0xffffffff).kind, TrapKind::integer_overflow);
  EXPECT_EQ(i32_div_u(1, 0).kind, TrapKind::integer_divide_by_zero);
  EXPECT_EQ(i32_rem_s(0x80000000, 0xffffffff).value, 0u);
  EXPECT_FALSE(i32_rem_s(0x80000000, 0xffffffff).trapped);
  EXPECT_EQ(i64_rem_s(static_cast<uint64_t>(-7), 2).value, static_cast<uint64_t>(-1));
  EXPECT_EQ(i32_shl(1, 33), 2u);
  EXPECT_EQ(i64_rotr(1, 65), uint64_t{1} << 63);
}

TEST(Numeric, TruncatesUpToTheLastNumberThatFits) {
  EXPECT_EQ(i32_trunc_f64_s(2147483647.9).value, 2147483647u);
  EXPECT_TRUE(i32_trunc_f64_s(2147483648.0).trapped);
  EXPECT_FALSE(i32_trunc_f64_s(-2147483648.9).trapped);
  EXPECT_TRUE(i32_trunc_f64_s(-2147483649.0).trapped);
  EXPECT_FALSE(i32_trunc_f32_s(-2147483648.0f).trapped);
  EXPECT_TRUE(i32_trunc_f32_s(-2147483904.0f).trapped);
  EXPECT_FALSE(i32_trunc_f64_u(-0.99).trapped);
  EXPECT_TRUE(i32_trunc_f64_u(-1.0).trapped);
  EXPECT_EQ(i64_trunc_f64_u(18446744073709549568.0).value, 18446744073709549568u);
  EXPECT_TRUE(i64_trunc_f64_u(18446744073709551616.0).trapped);
  EXPECT_EQ(i64_trunc_f64_s(-9223372036854775808.0).value, uint64_t{1} << 63);
  EXPECT_EQ(i32_trunc_f64_s(std::nan("")).kind, TrapKind::invalid_conversion_to_integer);
  EXPECT_EQ(i32_trunc_sat_f64_s(1e300), 0x7fffffffu);
  EXPECT_EQ(i32_trunc_sat_f64_s(-1e300), 0x80000000u);
  EXPECT_EQ(i32_trunc_sat_f64_u(-5), 0u);
  EXPECT_EQ(i32_trunc_sat_f32_s(std::nanf("")), 0u);
}

TEST(Numeric, KnowsTheSignOfZero) {
  EXPECT_TRUE(std::signbit(f64_min(0.0, -0.0)));
  EXPECT_TRUE(std::signbit(f64_min(-0.0, 0.0)));
  EXPECT_FALSE(std::signbit(f64_max(-0.0, 0.0)));
  EXPECT_FALSE(std::signbit(f32_max(0.0f, -0.0f)));
  EXPECT_TRUE(std::signbit(f64_nearest(-0.4)));
  EXPECT_TRUE(std::signbit(f64_ceil(-0.4)));
}

TEST(Numeric, RoundsTiesToEven) {
  EXPECT_EQ(f64_nearest(0.5), 0.0);
  EXPECT_EQ(f64_nearest(1.5), 2.0);
  EXPECT_EQ(f32_nearest(-2.5f), -2.0f);
  EXPECT_EQ(f64_nearest(4503599627370497.5), 4503599627370498.0);
}

TEST(Numeric, MakesOneNanOnly) {
  const double odd = std::bit_cast<double>(uint64_t{0xfff4000000000123});
  for (double made : {f64_add(odd, 1), f64_mul(odd, odd), f64_div(0, 0), f64_min(odd, 1),
                      f64_max(1, odd), f64_sqrt(-1), f64_ceil(odd), f64_nearest(odd)})
    EXPECT_EQ(std::bit_cast<uint64_t>(made), 0x7ff8000000000000u);
  EXPECT_EQ(std::bit_cast<uint32_t>(f32_demote_f64(odd)), 0x7fc00000u);
  EXPECT_EQ(std::bit_cast<uint64_t>(f64_promote_f32(std::bit_cast<float>(uint32_t{0xff800001}))),
            0x7ff8000000000000u);
  EXPECT_EQ(f64_neg(0xfff4000000000123), 0x7ff4000000000123u);
}

}  // namespace
}  // namespace reprise::code::numeric
