// What each numeric instruction computes (spec: exec/numerics), one function per instruction, named
// like it. Every tier that computes in C++ uses these, and tests can call them without a module.
//
// Floating point is deterministic: an operation that makes a NaN makes the canonical one, whatever
// its operands were (the specification allows many; choosing one costs a compare, and makes every
// run the same on every machine). neg, abs, copysign, loads and reinterpretations pass bits through
// untouched.

#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "reprise/trap.hpp"

namespace reprise::code::numeric {

inline constexpr float kCanonicalNan32 = std::bit_cast<float>(0x7fc00000u);
inline constexpr double kCanonicalNan64 = std::bit_cast<double>(uint64_t{0x7ff8000000000000});

// A branch that is hardly ever taken, and no choice between two values: the processor goes on with
// what it computed instead of waiting for the comparison.
constexpr float canonical(float x) {
  if (x != x) [[unlikely]]
    return kCanonicalNan32;
  return x;
}
constexpr double canonical(double x) {
  if (x != x) [[unlikely]]
    return kCanonicalNan64;
  return x;
}

/// The result of an instruction that may trap.
template <class T>
struct Checked {
  T value{};
  bool trapped = false;
  TrapKind kind{};
  static constexpr Checked trap(TrapKind kind) { return {T{}, true, kind}; }
};

// --- Integers, for both widths
// -------------------------------------------------------------------------

#define REPRISE_INTEGER_OPERATIONS(p, U, S, kBits)                                     \
  constexpr U p##_add(U x, U y) {                                                      \
    return x + y;                                                                      \
  }                                                                                    \
  constexpr U p##_sub(U x, U y) {                                                      \
    return x - y;                                                                      \
  }                                                                                    \
  constexpr U p##_mul(U x, U y) {                                                      \
    return x * y;                                                                      \
  }                                                                                    \
  constexpr U p##_and(U x, U y) {                                                      \
    return x & y;                                                                      \
  }                                                                                    \
  constexpr U p##_or(U x, U y) {                                                       \
    return x | y;                                                                      \
  }                                                                                    \
  constexpr U p##_xor(U x, U y) {                                                      \
    return x ^ y;                                                                      \
  }                                                                                    \
  constexpr U p##_shl(U x, U y) {                                                      \
    return x << (y % kBits);                                                           \
  }                                                                                    \
  constexpr U p##_shr_s(U x, U y) {                                                    \
    return static_cast<U>(static_cast<S>(x) >> (y % kBits));                           \
  }                                                                                    \
  constexpr U p##_shr_u(U x, U y) {                                                    \
    return x >> (y % kBits);                                                           \
  }                                                                                    \
  constexpr U p##_rotl(U x, U y) {                                                     \
    return std::rotl(x, static_cast<int>(y % kBits));                                  \
  }                                                                                    \
  constexpr U p##_rotr(U x, U y) {                                                     \
    return std::rotr(x, static_cast<int>(y % kBits));                                  \
  }                                                                                    \
  constexpr U p##_clz(U x) {                                                           \
    return static_cast<U>(std::countl_zero(x));                                        \
  }                                                                                    \
  constexpr U p##_ctz(U x) {                                                           \
    return static_cast<U>(std::countr_zero(x));                                        \
  }                                                                                    \
  constexpr U p##_popcnt(U x) {                                                        \
    return static_cast<U>(std::popcount(x));                                           \
  }                                                                                    \
  constexpr U p##_extend8_s(U x) {                                                     \
    return static_cast<U>(static_cast<S>(static_cast<int8_t>(x)));                     \
  }                                                                                    \
  constexpr U p##_extend16_s(U x) {                                                    \
    return static_cast<U>(static_cast<S>(static_cast<int16_t>(x)));                    \
  }                                                                                    \
  constexpr uint32_t p##_eqz(U x) {                                                    \
    return x == 0;                                                                     \
  }                                                                                    \
  constexpr bool p##_eq(U x, U y) {                                                    \
    return x == y;                                                                     \
  }                                                                                    \
  constexpr bool p##_ne(U x, U y) {                                                    \
    return x != y;                                                                     \
  }                                                                                    \
  constexpr bool p##_lt_s(U x, U y) {                                                  \
    return static_cast<S>(x) < static_cast<S>(y);                                      \
  }                                                                                    \
  constexpr bool p##_lt_u(U x, U y) {                                                  \
    return x < y;                                                                      \
  }                                                                                    \
  constexpr bool p##_gt_s(U x, U y) {                                                  \
    return static_cast<S>(x) > static_cast<S>(y);                                      \
  }                                                                                    \
  constexpr bool p##_gt_u(U x, U y) {                                                  \
    return x > y;                                                                      \
  }                                                                                    \
  constexpr bool p##_le_s(U x, U y) {                                                  \
    return static_cast<S>(x) <= static_cast<S>(y);                                     \
  }                                                                                    \
  constexpr bool p##_le_u(U x, U y) {                                                  \
    return x <= y;                                                                     \
  }                                                                                    \
  constexpr bool p##_ge_s(U x, U y) {                                                  \
    return static_cast<S>(x) >= static_cast<S>(y);                                     \
  }                                                                                    \
  constexpr bool p##_ge_u(U x, U y) {                                                  \
    return x >= y;                                                                     \
  }                                                                                    \
  constexpr Checked<U> p##_div_s(U x, U y) {                                           \
    if (y == 0) return Checked<U>::trap(TrapKind::integer_divide_by_zero);             \
    if (static_cast<S>(x) == std::numeric_limits<S>::min() && static_cast<S>(y) == -1) \
      return Checked<U>::trap(TrapKind::integer_overflow);                             \
    return {static_cast<U>(static_cast<S>(x) / static_cast<S>(y))};                    \
  }                                                                                    \
  constexpr Checked<U> p##_div_u(U x, U y) {                                           \
    if (y == 0) return Checked<U>::trap(TrapKind::integer_divide_by_zero);             \
    return {x / y};                                                                    \
  }                                                                                    \
  constexpr Checked<U> p##_rem_s(U x, U y) {                                           \
    if (y == 0) return Checked<U>::trap(TrapKind::integer_divide_by_zero);             \
    if (static_cast<S>(y) == -1) return {U{0}};                                        \
    return {static_cast<U>(static_cast<S>(x) % static_cast<S>(y))};                    \
  }                                                                                    \
  constexpr Checked<U> p##_rem_u(U x, U y) {                                           \
    if (y == 0) return Checked<U>::trap(TrapKind::integer_divide_by_zero);             \
    return {x % y};                                                                    \
  }

REPRISE_INTEGER_OPERATIONS(i32, uint32_t, int32_t, 32)
REPRISE_INTEGER_OPERATIONS(i64, uint64_t, int64_t, 64)
#undef REPRISE_INTEGER_OPERATIONS

constexpr uint64_t i64_extend32_s(uint64_t x) {
  return static_cast<uint64_t>(int64_t{static_cast<int32_t>(x)});
}
constexpr uint32_t i32_wrap_i64(uint64_t x) {
  return static_cast<uint32_t>(x);
}
constexpr uint64_t i64_extend_i32_s(uint32_t x) {
  return static_cast<uint64_t>(int64_t{static_cast<int32_t>(x)});
}
constexpr uint64_t i64_extend_i32_u(uint32_t x) {
  return x;
}

// --- Floating point
// ------------------------------------------------------------------------------------

/// fmin and fmax of the specification: NaN if either is, and -0 < +0.
template <class F>
constexpr F minimum(F x, F y) {
  if (x != x || y != y) return canonical(std::numeric_limits<F>::quiet_NaN());
  if (x == y) return std::signbit(x) ? x : y;
  return x < y ? x : y;
}
template <class F>
constexpr F maximum(F x, F y) {
  if (x != x || y != y) return canonical(std::numeric_limits<F>::quiet_NaN());
  if (x == y) return std::signbit(x) ? y : x;
  return x < y ? y : x;
}

#define REPRISE_FLOAT_OPERATIONS(p, F, U, kSign)           \
  inline F p##_add(F x, F y) {                             \
    return canonical(x + y);                               \
  }                                                        \
  inline F p##_sub(F x, F y) {                             \
    return canonical(x - y);                               \
  }                                                        \
  inline F p##_mul(F x, F y) {                             \
    return canonical(x * y);                               \
  }                                                        \
  inline F p##_div(F x, F y) {                             \
    return canonical(x / y);                               \
  }                                                        \
  inline F p##_min(F x, F y) {                             \
    return minimum(x, y);                                  \
  }                                                        \
  inline F p##_max(F x, F y) {                             \
    return maximum(x, y);                                  \
  }                                                        \
  inline F p##_sqrt(F x) {                                 \
    return canonical(std::sqrt(x));                        \
  }                                                        \
  inline F p##_ceil(F x) {                                 \
    return canonical(std::ceil(x));                        \
  }                                                        \
  inline F p##_floor(F x) {                                \
    return canonical(std::floor(x));                       \
  }                                                        \
  inline F p##_trunc(F x) {                                \
    return canonical(std::trunc(x));                       \
  }                                                        \
  inline F p##_nearest(F x) {                              \
    return canonical(__builtin_roundeven##p##_SUFFIX(x));  \
  }                                                        \
  constexpr U p##_abs(U x) {                               \
    return x & ~(U{1} << kSign);                           \
  }                                                        \
  constexpr U p##_neg(U x) {                               \
    return x ^ (U{1} << kSign);                            \
  }                                                        \
  constexpr U p##_copysign(U x, U y) {                     \
    return (x & ~(U{1} << kSign)) | (y & (U{1} << kSign)); \
  }                                                        \
  constexpr bool p##_eq(F x, F y) {                        \
    return x == y;                                         \
  }                                                        \
  constexpr bool p##_ne(F x, F y) {                        \
    return x != y;                                         \
  }                                                        \
  constexpr bool p##_lt(F x, F y) {                        \
    return x < y;                                          \
  }                                                        \
  constexpr bool p##_gt(F x, F y) {                        \
    return x > y;                                          \
  }                                                        \
  constexpr bool p##_le(F x, F y) {                        \
    return x <= y;                                         \
  }                                                        \
  constexpr bool p##_ge(F x, F y) {                        \
    return x >= y;                                         \
  }

#define __builtin_roundevenf32_SUFFIX(x) __builtin_roundevenf(x)
#define __builtin_roundevenf64_SUFFIX(x) __builtin_roundeven(x)
REPRISE_FLOAT_OPERATIONS(f32, float, uint32_t, 31)
REPRISE_FLOAT_OPERATIONS(f64, double, uint64_t, 63)
#undef __builtin_roundevenf32_SUFFIX
#undef __builtin_roundevenf64_SUFFIX
#undef REPRISE_FLOAT_OPERATIONS

// --- Conversions
// ---------------------------------------------------------------------------------------

/// Bounds between which truncation toward zero fits into I: low < x < high, both exact in F.
template <class I, class F>
struct TruncationRange {
  static constexpr F high() { return std::ldexp(F{1}, std::numeric_limits<I>::digits); }
  /// x is too small when x <= low, or where low itself fits (2^n - 1 isn't exact in F), x < low.
  static constexpr bool fits(F x) {
    if constexpr (std::is_unsigned_v<I>) {
      return x > F{-1} && x < high();
    } else if constexpr (std::numeric_limits<F>::digits > std::numeric_limits<I>::digits) {
      return x > -high() - F{1} && x < high();
    } else {
      return x >= -high() && x < high();
    }
  }
};

template <class I, class F>
constexpr Checked<std::make_unsigned_t<I>> truncate(F x) {
  using U = std::make_unsigned_t<I>;
  if (x != x) return Checked<U>::trap(TrapKind::invalid_conversion_to_integer);
  if (!TruncationRange<I, F>::fits(x)) return Checked<U>::trap(TrapKind::integer_overflow);
  return {static_cast<U>(static_cast<I>(x))};
}

template <class I, class F>
constexpr std::make_unsigned_t<I> truncate_saturated(F x) {
  using U = std::make_unsigned_t<I>;
  if (x != x) return U{0};
  if (TruncationRange<I, F>::fits(x)) return static_cast<U>(static_cast<I>(x));
  return static_cast<U>(x < F{0} ? std::numeric_limits<I>::min() : std::numeric_limits<I>::max());
}

#define REPRISE_TRUNCATIONS(i, U, I, f, F, s)     \
  constexpr Checked<U> i##_trunc_##f##_##s(F x) { \
    return truncate<I>(x);                        \
  }                                               \
  constexpr U i##_trunc_sat_##f##_##s(F x) {      \
    return truncate_saturated<I>(x);              \
  }                                               \
  constexpr F f##_convert_##i##_##s(U x) {        \
    return static_cast<F>(static_cast<I>(x));     \
  }

REPRISE_TRUNCATIONS(i32, uint32_t, int32_t, f32, float, s)
REPRISE_TRUNCATIONS(i32, uint32_t, uint32_t, f32, float, u)
REPRISE_TRUNCATIONS(i32, uint32_t, int32_t, f64, double, s)
REPRISE_TRUNCATIONS(i32, uint32_t, uint32_t, f64, double, u)
REPRISE_TRUNCATIONS(i64, uint64_t, int64_t, f32, float, s)
REPRISE_TRUNCATIONS(i64, uint64_t, uint64_t, f32, float, u)
REPRISE_TRUNCATIONS(i64, uint64_t, int64_t, f64, double, s)
REPRISE_TRUNCATIONS(i64, uint64_t, uint64_t, f64, double, u)
#undef REPRISE_TRUNCATIONS

constexpr float f32_demote_f64(double x) {
  return canonical(static_cast<float>(x));
}
constexpr double f64_promote_f32(float x) {
  return canonical(static_cast<double>(x));
}

}  // namespace reprise::code::numeric
