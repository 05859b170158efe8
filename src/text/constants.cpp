#include "text/constants.hpp"

#include <algorithm>

#include "text/literals.hpp"

namespace reprise::text {

namespace {

struct NamedShape {
  std::string_view name;
  NumberKind lane;
};
constexpr NamedShape kShapes[] = {
    {"i8x16", NumberKind::i8},  {"i16x8", NumberKind::i16}, {"i32x4", NumberKind::i32},
    {"i64x2", NumberKind::i64}, {"f32x4", NumberKind::f32}, {"f64x2", NumberKind::f64},
};

template <class T>
std::optional<uint64_t> widen(std::optional<T> bits) {
  if (!bits) return std::nullopt;
  return *bits;
}

std::optional<uint64_t> parse_number(std::string_view word, NumberKind kind, bool is_integer) {
  switch (kind) {
    case NumberKind::f32:
      return widen(parse_f32(word));
    case NumberKind::f64:
      return parse_f64(word);
    default:
      if (!is_integer) return std::nullopt;
      return parse_integer(word, static_cast<int>(8 * bytes_of(kind)));
  }
}

}  // namespace

bool is_number(const Cursor& cursor) {
  return cursor.is(TokenKind::nat) || cursor.is(TokenKind::integer) ||
         cursor.is(TokenKind::floating);
}

Result<uint64_t> take_number(Cursor& cursor, NumberKind kind) {
  if (!is_number(cursor)) return cursor.unexpected("a number");
  const bool is_integer = !cursor.is(TokenKind::floating);
  const auto bits = parse_number(cursor.text(cursor.peek()), kind, is_integer);
  if (!bits) return cursor.error("constant out of range");
  cursor.next();
  return *bits;
}

Result<Shape> take_shape(Cursor& cursor) {
  for (const NamedShape& shape : kShapes) {
    if (cursor.take_keyword(shape.name)) return Shape{shape.lane};
  }
  return cursor.unexpected("the shape of a vector, such as i32x4");
}

Result<std::array<uint8_t, 16>> take_v128(Cursor& cursor) {
  REPRISE_ASSIGN(const Shape shape, take_shape(cursor));
  ByteWriter bytes;
  REPRISE_TRY(expect_lanes(cursor, shape));
  for (uint32_t i = 0; i < shape.lanes(); i++) {
    REPRISE_ASSIGN(const uint64_t bits, take_number(cursor, shape.lane));
    put_bits(bits, shape.lane, bytes);
  }
  std::array<uint8_t, 16> vector{};
  std::copy_n(bytes.view().begin(), 16, vector.begin());
  return vector;
}

Result<void> expect_lanes(const Cursor& cursor, Shape shape) {
  uint32_t count = 0;
  Cursor ahead = cursor;
  for (; !ahead.is_left() && !ahead.is_right() && !ahead.is(TokenKind::end); count++) {
    const bool is_nan = ahead.is_keyword("nan:canonical") || ahead.is_keyword("nan:arithmetic");
    // In flat form, the next instruction follows.
    if (!is_nan && ahead.is(TokenKind::keyword)) break;
    if (!is_nan && !is_number(ahead)) return ahead.unexpected("a number");
    ahead.next();
  }
  if (count == shape.lanes()) return ok();
  if (ahead.is(TokenKind::keyword)) return ahead.unexpected("a number");
  return cursor.error("wrong number of lane literals");
}

void put_bits(uint64_t bits, NumberKind kind, ByteWriter& out) {
  for (uint32_t i = 0; i < bytes_of(kind); i++) out.u8(static_cast<uint8_t>(bits >> (8 * i)));
}

}  // namespace reprise::text
