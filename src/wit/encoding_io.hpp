// The small steps that everything which walks the canonical encoding shares: shortest LEB, scalars
// by kind, counts bounded by the bytes that are there.

#pragma once

#include <bit>
#include <cstring>

#include "wit/encoding.hpp"

namespace reprise::wit {

/// A LEB u32 in its shortest form.
Result<uint32_t> read_number(ByteReader& reader);
/// The number of elements of a list, checked against the bytes that remain.
Result<uint32_t> read_count(Type element, ByteReader& reader);
/// The index of a case of a variant, enum, option or result.
Result<uint32_t> read_case(Type sum, ByteReader& reader);
Result<std::string_view> read_string(ByteReader& reader);

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

// Integers whose size is known only at run time, little-endian, without a call of memcpy.

inline uint64_t load_bits(const uint8_t* at, uint32_t size) {
  const auto load = [at]<class T>(T value) -> uint64_t {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (size) {
    case 1:
      return *at;
    case 2:
      return load(uint16_t{});
    case 4:
      return load(uint32_t{});
    case 8:
      return load(uint64_t{});
    default: {
      uint64_t bits = 0;
      std::memcpy(&bits, at, size);
      return bits;
    }
  }
}

inline void store_bits(uint8_t* at, uint64_t bits, uint32_t size) {
  switch (size) {
    case 1:
      *at = static_cast<uint8_t>(bits);
      return;
    case 2:
      std::memcpy(at, &bits, 2);
      return;
    case 4:
      std::memcpy(at, &bits, 4);
      return;
    case 8:
      std::memcpy(at, &bits, 8);
      return;
    default:
      std::memcpy(at, &bits, size);
  }
}

std::unexpected<Error> invalid_scalar(Type type, uint64_t bits, uint64_t offset);

/// The bits of a scalar (bool, integers, floats, char, flags), sign-extended for signed kinds,
/// checked.
inline Result<uint64_t> read_scalar(Type type, ByteReader& reader) {
  const uint32_t size = type->min_encoded_size;
  const uint64_t start = reader.offset();
  REPRISE_ASSIGN(const Bytes bytes, reader.bytes(size));
  const uint64_t bits = load_bits(bytes.data(), size);
  if (is_signed(type->kind)) {
    const uint32_t unused = 64 - 8 * size;
    return static_cast<uint64_t>(static_cast<int64_t>(bits << unused) >> unused);
  }
  // Any bytes are an integer.
  if (type->bitwise || is_valid_scalar(type, bits)) [[likely]]
    return bits;
  return invalid_scalar(type, bits, start);
}
/// The reverse; the bits must be of the type.
inline void write_scalar(Type type, uint64_t bits, ByteWriter& writer) {
  uint8_t bytes[8];
  std::memcpy(bytes, &bits, sizeof bytes);
  writer.bytes({bytes, type->min_encoded_size});
}

}  // namespace reprise::wit
