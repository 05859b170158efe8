// The small steps that everything which walks the canonical encoding shares: shortest LEB, scalars
// by kind, counts bounded by the bytes that are there.

#pragma once

#include <bit>

#include "wit/encoding.hpp"

namespace reprise::wit {

/// A LEB u32 in its shortest form.
Result<uint32_t> read_number(ByteReader& reader);
/// The number of elements of a list, checked against the bytes that remain.
Result<uint32_t> read_count(Type element, ByteReader& reader);
/// The index of a case of a variant, enum, option or result.
Result<uint32_t> read_case(Type sum, ByteReader& reader);
Result<std::string_view> read_string(ByteReader& reader);
/// The bits of a scalar (bool, integers, floats, char, flags), sign-extended for signed kinds,
/// checked.
Result<uint64_t> read_scalar(Type type, ByteReader& reader);
/// The reverse; the bits must be of the type.
void write_scalar(Type type, uint64_t bits, ByteWriter& writer);

/// True for the bits that the type has a value for (with NaN canonical).
bool is_valid_scalar(Type type, uint64_t bits);

constexpr bool is_scalar_value(uint64_t code_point) {
  return code_point < 0x110000 && !(code_point >= 0xd800 && code_point <= 0xdfff);
}
constexpr bool is_nan32(uint32_t bits) {
  return (bits & 0x7fffffff) > 0x7f800000;
}
constexpr bool is_nan64(uint64_t bits) {
  return (bits & 0x7fffffffffffffff) > 0x7ff0000000000000;
}
constexpr uint32_t canonical_f32(uint32_t bits) {
  return is_nan32(bits) ? kCanonicalNan32 : bits;
}
constexpr uint64_t canonical_f64(uint64_t bits) {
  return is_nan64(bits) ? kCanonicalNan64 : bits;
}

/// Whether a scalar kind's bits are sign-extended.
constexpr bool is_signed(TypeKind kind) {
  return kind == TypeKind::s8 || kind == TypeKind::s16 || kind == TypeKind::s32 ||
         kind == TypeKind::s64;
}

}  // namespace reprise::wit
