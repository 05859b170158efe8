// Literals of numbers and vectors where a certain type is meant, as bits.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "text/cursor.hpp"

namespace reprise::text {

enum class NumberKind : uint8_t { i8, i16, i32, i64, f32, f64 };

constexpr uint32_t bytes_of(NumberKind kind) {
  constexpr uint32_t kBytes[] = {1, 2, 4, 8, 4, 8};
  return kBytes[static_cast<uint8_t>(kind)];
}

bool is_number(const Cursor& cursor);

/// The literal at the cursor, in the low bits.
Result<uint64_t> take_number(Cursor& cursor, NumberKind kind);

/// i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2 (spec: text/instructions §vector instructions).
struct Shape {
  NumberKind lane = NumberKind::i8;
  uint32_t lanes() const { return 16 / bytes_of(lane); }
};
Result<Shape> take_shape(Cursor& cursor);

/// Fails unless as many lanes follow as the shape has.
Result<void> expect_lanes(const Cursor& cursor, Shape shape);

/// Shape and lanes: the vector as it lies in memory.
Result<std::array<uint8_t, 16>> take_v128(Cursor& cursor);

/// Appends the low bytes of `bits`, little-endian.
void put_bits(uint64_t bits, NumberKind kind, ByteWriter& out);

}  // namespace reprise::text
