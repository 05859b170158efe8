// What each vector instruction computes (spec: exec/numerics, exec/vector), one function per
// instruction, named like it. Written over clang's vector types, lane by lane where those have no
// operator; the compiler makes of both what the machine offers. Floating point is canonical as in
// numeric.hpp, and each relaxed instruction has the one result that the deterministic profile fixes
// (spec: appendix/profiles).

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "code/numeric.hpp"

namespace reprise::code::vector {

template <class T>
using Lanes [[gnu::vector_size(16)]] = T;
template <class T>
using HalfLanes [[gnu::vector_size(8)]] = T;

/// Sixteen bytes, as in two slots.
using V = Lanes<uint8_t>;

template <class T>
constexpr int kLanes = 16 / static_cast<int>(sizeof(T));

template <class T>
Lanes<T> as(V v) {
  return std::bit_cast<Lanes<T>>(v);
}
template <class T>
V pack(T lanes) {
  static_assert(sizeof(T) == 16);
  return std::bit_cast<V>(lanes);
}

/// f(lane) for each lane.
template <class T, class F>
V map(V x, F f) {
  const Lanes<T> from = as<T>(x);
  Lanes<T> to = {};
  for (int i = 0; i < kLanes<T>; ++i) to[i] = f(from[i]);
  return pack(to);
}
template <class T, class F>
V map(V x, V y, F f) {
  const Lanes<T> a = as<T>(x);
  const Lanes<T> b = as<T>(y);
  Lanes<T> to = {};
  for (int i = 0; i < kLanes<T>; ++i) to[i] = f(a[i], b[i]);
  return pack(to);
}

/// Lanes of `From`, from number `kFirst` on, widened to `To`.
template <class To, class From, bool kHigh>
Lanes<To> widen(V x) {
  const Lanes<From> from = as<From>(x);
  Lanes<To> to = {};
  for (int i = 0; i < kLanes<To>; ++i) to[i] = from[i + (kHigh ? kLanes<To> : 0)];
  return to;
}

template <class To, class From>
V narrow(V x, V y) {
  const Lanes<From> a = as<From>(x);
  const Lanes<From> b = as<From>(y);
  constexpr From kMin = std::numeric_limits<To>::min();
  constexpr From kMax = std::numeric_limits<To>::max();
  Lanes<To> to = {};
  for (int i = 0; i < kLanes<From>; ++i) {
    to[i] = static_cast<To>(a[i] < kMin ? kMin : a[i] > kMax ? kMax : a[i]);
    to[i + kLanes<From>] = static_cast<To>(b[i] < kMin ? kMin : b[i] > kMax ? kMax : b[i]);
  }
  return pack(to);
}

template <class T>
uint32_t all_true(V x) {
  const Lanes<T> lanes = as<T>(x);
  for (int i = 0; i < kLanes<T>; ++i)
    if (lanes[i] == 0) return 0;
  return 1;
}

template <class S>
uint32_t bitmask(V x) {
  const Lanes<S> lanes = as<S>(x);
  uint32_t mask = 0;
  for (int i = 0; i < kLanes<S>; ++i) mask |= (lanes[i] < 0 ? 1u : 0u) << i;
  return mask;
}

// Integers

#define REPRISE_VECTOR_INTEGER(p, S, U, kBits)                   \
  inline V p##_add(V x, V y) {                                   \
    return pack(as<U>(x) + as<U>(y));                            \
  }                                                              \
  inline V p##_sub(V x, V y) {                                   \
    return pack(as<U>(x) - as<U>(y));                            \
  }                                                              \
  inline V p##_neg(V x) {                                        \
    return pack(Lanes<U>{} - as<U>(x));                          \
  }                                                              \
  inline V p##_abs(V x) {                                        \
    const Lanes<U> sign = std::bit_cast<Lanes<U>>(as<S>(x) < 0); \
    return pack((as<U>(x) ^ sign) - sign);                       \
  }                                                              \
  inline V p##_eq(V x, V y) {                                    \
    return pack(as<U>(x) == as<U>(y));                           \
  }                                                              \
  inline V p##_ne(V x, V y) {                                    \
    return pack(as<U>(x) != as<U>(y));                           \
  }                                                              \
  inline V p##_lt_s(V x, V y) {                                  \
    return pack(as<S>(x) < as<S>(y));                            \
  }                                                              \
  inline V p##_gt_s(V x, V y) {                                  \
    return pack(as<S>(x) > as<S>(y));                            \
  }                                                              \
  inline V p##_le_s(V x, V y) {                                  \
    return pack(as<S>(x) <= as<S>(y));                           \
  }                                                              \
  inline V p##_ge_s(V x, V y) {                                  \
    return pack(as<S>(x) >= as<S>(y));                           \
  }                                                              \
  inline V p##_shl(V x, uint32_t n) {                            \
    return pack(as<U>(x) << static_cast<U>(n % kBits));          \
  }                                                              \
  inline V p##_shr_s(V x, uint32_t n) {                          \
    return pack(as<S>(x) >> static_cast<S>(n % kBits));          \
  }                                                              \
  inline V p##_shr_u(V x, uint32_t n) {                          \
    return pack(as<U>(x) >> static_cast<U>(n % kBits));          \
  }                                                              \
  inline uint32_t p##_all_true(V x) {                            \
    return all_true<U>(x);                                       \
  }                                                              \
  inline uint32_t p##_bitmask(V x) {                             \
    return bitmask<S>(x);                                        \
  }
REPRISE_VECTOR_INTEGER(i8x16, int8_t, uint8_t, 8)
REPRISE_VECTOR_INTEGER(i16x8, int16_t, uint16_t, 16)
REPRISE_VECTOR_INTEGER(i32x4, int32_t, uint32_t, 32)
REPRISE_VECTOR_INTEGER(i64x2, int64_t, uint64_t, 64)
#undef REPRISE_VECTOR_INTEGER

#define REPRISE_VECTOR_UNSIGNED(p, S, U)                        \
  inline V p##_lt_u(V x, V y) {                                 \
    return pack(as<U>(x) < as<U>(y));                           \
  }                                                             \
  inline V p##_gt_u(V x, V y) {                                 \
    return pack(as<U>(x) > as<U>(y));                           \
  }                                                             \
  inline V p##_le_u(V x, V y) {                                 \
    return pack(as<U>(x) <= as<U>(y));                          \
  }                                                             \
  inline V p##_ge_u(V x, V y) {                                 \
    return pack(as<U>(x) >= as<U>(y));                          \
  }                                                             \
  inline V p##_min_s(V x, V y) {                                \
    return pack(__builtin_elementwise_min(as<S>(x), as<S>(y))); \
  }                                                             \
  inline V p##_min_u(V x, V y) {                                \
    return pack(__builtin_elementwise_min(as<U>(x), as<U>(y))); \
  }                                                             \
  inline V p##_max_s(V x, V y) {                                \
    return pack(__builtin_elementwise_max(as<S>(x), as<S>(y))); \
  }                                                             \
  inline V p##_max_u(V x, V y) {                                \
    return pack(__builtin_elementwise_max(as<U>(x), as<U>(y))); \
  }
REPRISE_VECTOR_UNSIGNED(i8x16, int8_t, uint8_t)
REPRISE_VECTOR_UNSIGNED(i16x8, int16_t, uint16_t)
REPRISE_VECTOR_UNSIGNED(i32x4, int32_t, uint32_t)
#undef REPRISE_VECTOR_UNSIGNED

#define REPRISE_VECTOR_SATURATING(p, S, U)                                                   \
  inline V p##_add_sat_s(V x, V y) {                                                         \
    return pack(__builtin_elementwise_add_sat(as<S>(x), as<S>(y)));                          \
  }                                                                                          \
  inline V p##_add_sat_u(V x, V y) {                                                         \
    return pack(__builtin_elementwise_add_sat(as<U>(x), as<U>(y)));                          \
  }                                                                                          \
  inline V p##_sub_sat_s(V x, V y) {                                                         \
    return pack(__builtin_elementwise_sub_sat(as<S>(x), as<S>(y)));                          \
  }                                                                                          \
  inline V p##_sub_sat_u(V x, V y) {                                                         \
    return pack(__builtin_elementwise_sub_sat(as<U>(x), as<U>(y)));                          \
  }                                                                                          \
  inline V p##_avgr_u(V x, V y) {                                                            \
    return map<U>(x, y, [](U a, U b) { return static_cast<U>((uint32_t{a} + b + 1) / 2); }); \
  }
REPRISE_VECTOR_SATURATING(i8x16, int8_t, uint8_t)
REPRISE_VECTOR_SATURATING(i16x8, int16_t, uint16_t)
#undef REPRISE_VECTOR_SATURATING

inline V i16x8_mul(V x, V y) {
  return pack(as<uint16_t>(x) * as<uint16_t>(y));
}
inline V i32x4_mul(V x, V y) {
  return pack(as<uint32_t>(x) * as<uint32_t>(y));
}
inline V i64x2_mul(V x, V y) {
  return pack(as<uint64_t>(x) * as<uint64_t>(y));
}
inline V i8x16_popcnt(V x) {
  return map<uint8_t>(x, [](uint8_t a) { return static_cast<uint8_t>(std::popcount(a)); });
}

inline V i8x16_narrow_i16x8_s(V x, V y) {
  return narrow<int8_t, int16_t>(x, y);
}
inline V i8x16_narrow_i16x8_u(V x, V y) {
  return narrow<uint8_t, int16_t>(x, y);
}
inline V i16x8_narrow_i32x4_s(V x, V y) {
  return narrow<int16_t, int32_t>(x, y);
}
inline V i16x8_narrow_i32x4_u(V x, V y) {
  return narrow<uint16_t, int32_t>(x, y);
}

#define REPRISE_VECTOR_WIDENING(to, from, sign, To, From)            \
  inline V to##_extend_low_##from##_##sign(V x) {                    \
    return pack(widen<To, From, false>(x));                          \
  }                                                                  \
  inline V to##_extend_high_##from##_##sign(V x) {                   \
    return pack(widen<To, From, true>(x));                           \
  }                                                                  \
  inline V to##_extmul_low_##from##_##sign(V x, V y) {               \
    using U = std::make_unsigned_t<To>;                              \
    return pack(std::bit_cast<Lanes<U>>(widen<To, From, false>(x)) * \
                std::bit_cast<Lanes<U>>(widen<To, From, false>(y))); \
  }                                                                  \
  inline V to##_extmul_high_##from##_##sign(V x, V y) {              \
    using U = std::make_unsigned_t<To>;                              \
    return pack(std::bit_cast<Lanes<U>>(widen<To, From, true>(x)) *  \
                std::bit_cast<Lanes<U>>(widen<To, From, true>(y)));  \
  }
REPRISE_VECTOR_WIDENING(i16x8, i8x16, s, int16_t, int8_t)
REPRISE_VECTOR_WIDENING(i16x8, i8x16, u, uint16_t, uint8_t)
REPRISE_VECTOR_WIDENING(i32x4, i16x8, s, int32_t, int16_t)
REPRISE_VECTOR_WIDENING(i32x4, i16x8, u, uint32_t, uint16_t)
REPRISE_VECTOR_WIDENING(i64x2, i32x4, s, int64_t, int32_t)
REPRISE_VECTOR_WIDENING(i64x2, i32x4, u, uint64_t, uint32_t)
#undef REPRISE_VECTOR_WIDENING

/// Neighbours added after widening.
template <class To, class From>
V add_pairs(V x) {
  const Lanes<From> lanes = as<From>(x);
  Lanes<To> sums = {};
  for (int i = 0; i < kLanes<To>; ++i)
    sums[i] = static_cast<To>(To{lanes[2 * i]} + To{lanes[2 * i + 1]});
  return pack(sums);
}
inline V i16x8_extadd_pairwise_i8x16_s(V x) {
  return add_pairs<int16_t, int8_t>(x);
}
inline V i16x8_extadd_pairwise_i8x16_u(V x) {
  return add_pairs<uint16_t, uint8_t>(x);
}
inline V i32x4_extadd_pairwise_i16x8_s(V x) {
  return add_pairs<int32_t, int16_t>(x);
}
inline V i32x4_extadd_pairwise_i16x8_u(V x) {
  return add_pairs<uint32_t, uint16_t>(x);
}

inline V i32x4_dot_i16x8_s(V x, V y) {
  const Lanes<int16_t> a = as<int16_t>(x);
  const Lanes<int16_t> b = as<int16_t>(y);
  Lanes<uint32_t> sums = {};
  for (int i = 0; i < 4; ++i)
    sums[i] = static_cast<uint32_t>(int32_t{a[2 * i]} * b[2 * i]) +
              static_cast<uint32_t>(int32_t{a[2 * i + 1]} * b[2 * i + 1]);
  return pack(sums);
}

inline V i16x8_q15mulr_sat_s(V x, V y) {
  return map<int16_t>(x, y, [](int16_t a, int16_t b) {
    const int32_t product = (int32_t{a} * b + 0x4000) >> 15;
    return static_cast<int16_t>(product > INT16_MAX ? INT16_MAX : product);
  });
}

inline V i8x16_swizzle(V x, V indices) {
  V to = {};
  for (int i = 0; i < 16; ++i) to[i] = indices[i] < 16 ? x[indices[i]] : uint8_t{0};
  return to;
}
inline V i8x16_shuffle(V x, V y, V indices) {
  V to = {};
  for (int i = 0; i < 16; ++i) to[i] = indices[i] < 16 ? x[indices[i]] : y[indices[i] - 16];
  return to;
}

// Bits

inline V v128_not(V x) {
  return ~x;
}
inline V v128_and(V x, V y) {
  return x & y;
}
inline V v128_andnot(V x, V y) {
  return x & ~y;
}
inline V v128_or(V x, V y) {
  return x | y;
}
inline V v128_xor(V x, V y) {
  return x ^ y;
}
inline V v128_bitselect(V x, V y, V mask) {
  return (x & mask) | (y & ~mask);
}
inline uint32_t v128_any_true(V x) {
  const Lanes<uint64_t> lanes = as<uint64_t>(x);
  return (lanes[0] | lanes[1]) != 0;
}

// Floating point

template <class F>
V canonical_lanes(Lanes<F> x) {
  return pack(x == x ? x : Lanes<F>{} + numeric::canonical(std::numeric_limits<F>::quiet_NaN()));
}

#define REPRISE_VECTOR_FLOAT(p, s, F, U, kSign)                  \
  inline V p##_add(V x, V y) {                                   \
    return canonical_lanes<F>(as<F>(x) + as<F>(y));              \
  }                                                              \
  inline V p##_sub(V x, V y) {                                   \
    return canonical_lanes<F>(as<F>(x) - as<F>(y));              \
  }                                                              \
  inline V p##_mul(V x, V y) {                                   \
    return canonical_lanes<F>(as<F>(x) * as<F>(y));              \
  }                                                              \
  inline V p##_div(V x, V y) {                                   \
    return canonical_lanes<F>(as<F>(x) / as<F>(y));              \
  }                                                              \
  inline V p##_min(V x, V y) {                                   \
    return map<F>(x, y, numeric::minimum<F>);                    \
  }                                                              \
  inline V p##_max(V x, V y) {                                   \
    return map<F>(x, y, numeric::maximum<F>);                    \
  }                                                              \
  inline V p##_pmin(V x, V y) {                                  \
    return map<F>(x, y, [](F a, F b) { return b < a ? b : a; }); \
  }                                                              \
  inline V p##_pmax(V x, V y) {                                  \
    return map<F>(x, y, [](F a, F b) { return a < b ? b : a; }); \
  }                                                              \
  inline V p##_sqrt(V x) {                                       \
    return map<F>(x, numeric::s##_sqrt);                         \
  }                                                              \
  inline V p##_ceil(V x) {                                       \
    return map<F>(x, numeric::s##_ceil);                         \
  }                                                              \
  inline V p##_floor(V x) {                                      \
    return map<F>(x, numeric::s##_floor);                        \
  }                                                              \
  inline V p##_trunc(V x) {                                      \
    return map<F>(x, numeric::s##_trunc);                        \
  }                                                              \
  inline V p##_nearest(V x) {                                    \
    return map<F>(x, numeric::s##_nearest);                      \
  }                                                              \
  inline V p##_abs(V x) {                                        \
    return pack(as<U>(x) & ~(U{1} << kSign));                    \
  }                                                              \
  inline V p##_neg(V x) {                                        \
    return pack(as<U>(x) ^ (U{1} << kSign));                     \
  }                                                              \
  inline V p##_eq(V x, V y) {                                    \
    return pack(as<F>(x) == as<F>(y));                           \
  }                                                              \
  inline V p##_ne(V x, V y) {                                    \
    return pack(as<F>(x) != as<F>(y));                           \
  }                                                              \
  inline V p##_lt(V x, V y) {                                    \
    return pack(as<F>(x) < as<F>(y));                            \
  }                                                              \
  inline V p##_gt(V x, V y) {                                    \
    return pack(as<F>(x) > as<F>(y));                            \
  }                                                              \
  inline V p##_le(V x, V y) {                                    \
    return pack(as<F>(x) <= as<F>(y));                           \
  }                                                              \
  inline V p##_ge(V x, V y) {                                    \
    return pack(as<F>(x) >= as<F>(y));                           \
  }                                                              \
  inline V p##_relaxed_min(V x, V y) {                           \
    return p##_min(x, y);                                        \
  }                                                              \
  inline V p##_relaxed_max(V x, V y) {                           \
    return p##_max(x, y);                                        \
  }                                                              \
  inline V p##_relaxed_madd(V x, V y, V z) {                     \
    return p##_add(p##_mul(x, y), z);                            \
  }                                                              \
  inline V p##_relaxed_nmadd(V x, V y, V z) {                    \
    return p##_add(p##_mul(p##_neg(x), y), z);                   \
  }
REPRISE_VECTOR_FLOAT(f32x4, f32, float, uint32_t, 31)
REPRISE_VECTOR_FLOAT(f64x2, f64, double, uint64_t, 63)
#undef REPRISE_VECTOR_FLOAT

// Conversions. To and From may differ in width: then the low lanes count, and upper results are
// zero.

template <class To, class From, class F>
V convert(V x, F f) {
  constexpr int kCount = kLanes<To> < kLanes<From> ? kLanes<To> : kLanes<From>;
  const Lanes<From> from = as<From>(x);
  Lanes<To> to = {};
  for (int i = 0; i < kCount; ++i) to[i] = f(from[i]);
  return pack(to);
}

inline V i32x4_trunc_sat_f32x4_s(V x) {
  return convert<uint32_t, float>(x, numeric::i32_trunc_sat_f32_s);
}
inline V i32x4_trunc_sat_f32x4_u(V x) {
  return convert<uint32_t, float>(x, numeric::i32_trunc_sat_f32_u);
}
inline V i32x4_trunc_sat_f64x2_s_zero(V x) {
  return convert<uint32_t, double>(x, numeric::i32_trunc_sat_f64_s);
}
inline V i32x4_trunc_sat_f64x2_u_zero(V x) {
  return convert<uint32_t, double>(x, numeric::i32_trunc_sat_f64_u);
}
inline V f32x4_convert_i32x4_s(V x) {
  return convert<float, uint32_t>(x, numeric::f32_convert_i32_s);
}
inline V f32x4_convert_i32x4_u(V x) {
  return convert<float, uint32_t>(x, numeric::f32_convert_i32_u);
}
inline V f64x2_convert_low_i32x4_s(V x) {
  return convert<double, uint32_t>(x, numeric::f64_convert_i32_s);
}
inline V f64x2_convert_low_i32x4_u(V x) {
  return convert<double, uint32_t>(x, numeric::f64_convert_i32_u);
}
inline V f32x4_demote_f64x2_zero(V x) {
  return convert<float, double>(x, numeric::f32_demote_f64);
}
inline V f64x2_promote_low_f32x4(V x) {
  return convert<double, float>(x, numeric::f64_promote_f32);
}

// Relaxed instructions with another name for what they do here

inline V i8x16_relaxed_swizzle(V x, V y) {
  return i8x16_swizzle(x, y);
}
inline V i32x4_relaxed_trunc_f32x4_s(V x) {
  return i32x4_trunc_sat_f32x4_s(x);
}
inline V i32x4_relaxed_trunc_f32x4_u(V x) {
  return i32x4_trunc_sat_f32x4_u(x);
}
inline V i32x4_relaxed_trunc_f64x2_s_zero(V x) {
  return i32x4_trunc_sat_f64x2_s_zero(x);
}
inline V i32x4_relaxed_trunc_f64x2_u_zero(V x) {
  return i32x4_trunc_sat_f64x2_u_zero(x);
}
inline V i8x16_relaxed_laneselect(V x, V y, V mask) {
  return v128_bitselect(x, y, mask);
}
inline V i16x8_relaxed_laneselect(V x, V y, V mask) {
  return v128_bitselect(x, y, mask);
}
inline V i32x4_relaxed_laneselect(V x, V y, V mask) {
  return v128_bitselect(x, y, mask);
}
inline V i64x2_relaxed_laneselect(V x, V y, V mask) {
  return v128_bitselect(x, y, mask);
}
inline V i16x8_relaxed_q15mulr_s(V x, V y) {
  return i16x8_q15mulr_sat_s(x, y);
}
inline V i16x8_relaxed_dot_i8x16_i7x16_s(V x, V y) {
  const Lanes<int8_t> a = as<int8_t>(x);
  const Lanes<int8_t> b = as<int8_t>(y);
  Lanes<uint16_t> sums = {};
  for (int i = 0; i < 8; ++i)
    sums[i] = static_cast<uint16_t>(a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]);
  return pack(sums);
}
inline V i32x4_relaxed_dot_i8x16_i7x16_add_s(V x, V y, V z) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(i16x8_relaxed_dot_i8x16_i7x16_s(x, y)), z);
}

// Lanes and memory

template <class T>
V splat(T value) {
  Lanes<T> lanes = {};
  for (int i = 0; i < kLanes<T>; ++i) lanes[i] = value;
  return pack(lanes);
}
inline V i8x16_splat(uint32_t x) {
  return splat(static_cast<uint8_t>(x));
}
inline V i16x8_splat(uint32_t x) {
  return splat(static_cast<uint16_t>(x));
}
inline V i32x4_splat(uint32_t x) {
  return splat(x);
}
inline V i64x2_splat(uint64_t x) {
  return splat(x);
}
inline V f32x4_splat(float x) {
  return splat(std::bit_cast<uint32_t>(x));
}
inline V f64x2_splat(double x) {
  return splat(std::bit_cast<uint64_t>(x));
}

inline uint32_t i8x16_extract_lane_s(V x, unsigned lane) {
  return static_cast<uint32_t>(int32_t{as<int8_t>(x)[lane]});
}
inline uint32_t i8x16_extract_lane_u(V x, unsigned lane) {
  return x[lane];
}
inline uint32_t i16x8_extract_lane_s(V x, unsigned lane) {
  return static_cast<uint32_t>(int32_t{as<int16_t>(x)[lane]});
}
inline uint32_t i16x8_extract_lane_u(V x, unsigned lane) {
  return as<uint16_t>(x)[lane];
}
inline uint32_t i32x4_extract_lane(V x, unsigned lane) {
  return as<uint32_t>(x)[lane];
}
inline uint64_t i64x2_extract_lane(V x, unsigned lane) {
  return as<uint64_t>(x)[lane];
}
inline float f32x4_extract_lane(V x, unsigned lane) {
  return as<float>(x)[lane];
}
inline double f64x2_extract_lane(V x, unsigned lane) {
  return as<double>(x)[lane];
}

template <class T>
V with_lane(V x, T value, unsigned lane) {
  Lanes<T> lanes = as<T>(x);
  lanes[lane] = value;
  return pack(lanes);
}
inline V i8x16_replace_lane(V x, uint32_t v, unsigned lane) {
  return with_lane(x, static_cast<uint8_t>(v), lane);
}
inline V i16x8_replace_lane(V x, uint32_t v, unsigned lane) {
  return with_lane(x, static_cast<uint16_t>(v), lane);
}
inline V i32x4_replace_lane(V x, uint32_t v, unsigned lane) {
  return with_lane(x, v, lane);
}
inline V i64x2_replace_lane(V x, uint64_t v, unsigned lane) {
  return with_lane(x, v, lane);
}
inline V f32x4_replace_lane(V x, float v, unsigned lane) {
  return with_lane(x, std::bit_cast<uint32_t>(v), lane);
}
inline V f64x2_replace_lane(V x, double v, unsigned lane) {
  return with_lane(x, std::bit_cast<uint64_t>(v), lane);
}

template <class T>
T read(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Half a vector's bytes, each lane widened.
template <class To, class From>
V load_wide(const uint8_t* at) {
  Lanes<To> lanes = {};
  for (int i = 0; i < kLanes<To>; ++i)
    lanes[i] = read<From>(at + static_cast<size_t>(i) * sizeof(From));
  return pack(lanes);
}
inline V v128_load8x8_s(const uint8_t* at) {
  return load_wide<int16_t, int8_t>(at);
}
inline V v128_load8x8_u(const uint8_t* at) {
  return load_wide<uint16_t, uint8_t>(at);
}
inline V v128_load16x4_s(const uint8_t* at) {
  return load_wide<int32_t, int16_t>(at);
}
inline V v128_load16x4_u(const uint8_t* at) {
  return load_wide<uint32_t, uint16_t>(at);
}
inline V v128_load32x2_s(const uint8_t* at) {
  return load_wide<int64_t, int32_t>(at);
}
inline V v128_load32x2_u(const uint8_t* at) {
  return load_wide<uint64_t, uint32_t>(at);
}
inline V v128_load8_splat(const uint8_t* at) {
  return splat(*at);
}
inline V v128_load16_splat(const uint8_t* at) {
  return splat(read<uint16_t>(at));
}
inline V v128_load32_splat(const uint8_t* at) {
  return splat(read<uint32_t>(at));
}
inline V v128_load64_splat(const uint8_t* at) {
  return splat(read<uint64_t>(at));
}
inline V v128_load32_zero(const uint8_t* at) {
  return pack(Lanes<uint32_t>{read<uint32_t>(at)});
}
inline V v128_load64_zero(const uint8_t* at) {
  return pack(Lanes<uint64_t>{read<uint64_t>(at)});
}

}  // namespace reprise::code::vector
