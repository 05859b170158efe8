#include "text/script_values.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/bytes.hpp"
#include "text/literals.hpp"

namespace reprise::text {

namespace {

struct NumberForm {
  std::string_view word;
  ValueKind kind;
  NumberKind number;
};
constexpr NumberForm kNumberForms[] = {
    {"i32.const", ValueKind::i32, NumberKind::i32}, {"i64.const", ValueKind::i64, NumberKind::i64},
    {"f32.const", ValueKind::f32, NumberKind::f32}, {"f64.const", ValueKind::f64, NumberKind::f64},
    {"s8.const", ValueKind::s8, NumberKind::i8},    {"u8.const", ValueKind::u8, NumberKind::i8},
    {"s16.const", ValueKind::s16, NumberKind::i16}, {"u16.const", ValueKind::u16, NumberKind::i16},
    {"s32.const", ValueKind::s32, NumberKind::i32}, {"u32.const", ValueKind::u32, NumberKind::i32},
    {"s64.const", ValueKind::s64, NumberKind::i64}, {"u64.const", ValueKind::u64, NumberKind::i64},
};

bool is_signed(ValueKind kind) {
  return kind == ValueKind::s8 || kind == ValueKind::s16 || kind == ValueKind::s32 ||
         kind == ValueKind::s64;
}

uint64_t sign_extend(uint64_t bits, uint32_t bytes) {
  const uint32_t shift = 64 - 8 * bytes;
  return static_cast<uint64_t>(static_cast<int64_t>(bits << shift) >> shift);
}

Result<Value> parse_inner(Cursor& cursor, uint32_t depth);

/// `(…)` around a value.
Result<Value> parse_nested(Cursor& cursor, uint32_t depth) {
  if (depth == kMaxValueDepth) return cursor.error("a value nests too deeply");
  REPRISE_TRY(cursor.expect_left());
  REPRISE_ASSIGN(Value value, parse_inner(cursor, depth + 1));
  REPRISE_TRY(cursor.expect_right());
  return value;
}

Result<void> parse_items(Cursor& cursor, Value& value, uint32_t depth) {
  while (cursor.is_left()) {
    REPRISE_ASSIGN(Value item, parse_nested(cursor, depth));
    value.items.push_back(std::move(item));
  }
  return ok();
}

Result<void> parse_payload(Cursor& cursor, Value& value, uint32_t depth) {
  if (!cursor.is_left()) return ok();
  REPRISE_ASSIGN(Value payload, parse_nested(cursor, depth));
  value.items.push_back(std::move(payload));
  return ok();
}

/// `(field "name" u32.const 1)…`
Result<void> parse_fields(Cursor& cursor, Value& value, uint32_t depth) {
  while (cursor.take_left("field")) {
    if (depth == kMaxValueDepth) return cursor.error("a value nests too deeply");
    REPRISE_ASSIGN(std::string label, cursor.expect_name("the name of a field"));
    REPRISE_ASSIGN(Value item, parse_inner(cursor, depth + 1));
    value.labels.push_back(std::move(label));
    value.items.push_back(std::move(item));
    REPRISE_TRY(cursor.expect_right());
  }
  return ok();
}

/// The one character of a string.
Result<uint64_t> parse_character(Cursor& cursor) {
  const Token token = cursor.peek();
  REPRISE_ASSIGN(const std::string text, cursor.expect_name("a character in quotes"));
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (text.empty()) return cursor.error(token, "expected one character");
  const size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (text.size() != size) return cursor.error(token, "expected one character");
  constexpr uint8_t kMask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint64_t code = byte(0) & kMask[size];
  for (size_t i = 1; i < size; i++) code = code << 6 | (byte(i) & 0x3fu);
  return code;
}

Result<void> parse_flags(Cursor& cursor, Value& value) {
  while (cursor.is(TokenKind::string)) {
    REPRISE_ASSIGN(std::string label, cursor.expect_name("the name of a flag"));
    value.labels.push_back(std::move(label));
  }
  return ok();
}

/// What stands between the parentheses of a component's value.
enum class Content : uint8_t {
  boolean,
  character,
  string,
  items,
  fields,
  flags,
  label,
  label_and_payload,
  payload,
  nothing,
};
struct ComponentForm {
  std::string_view word;
  ValueKind kind;
  Content content;
  uint64_t bits;
};
constexpr ComponentForm kComponentForms[] = {
    {"bool.const", ValueKind::boolean, Content::boolean, 0},
    {"char.const", ValueKind::character, Content::character, 0},
    {"str.const", ValueKind::string, Content::string, 0},
    {"list.const", ValueKind::list, Content::items, 0},
    {"tuple.const", ValueKind::tuple, Content::items, 0},
    {"record.const", ValueKind::record, Content::fields, 0},
    {"flags.const", ValueKind::flags, Content::flags, 0},
    {"enum.const", ValueKind::enumeration, Content::label, 0},
    {"variant.const", ValueKind::variant, Content::label_and_payload, 0},
    {"option.none", ValueKind::option, Content::nothing, 0},
    {"option.some", ValueKind::option, Content::payload, 1},
    {"result.ok", ValueKind::result, Content::payload, 1},
    {"result.err", ValueKind::result, Content::payload, 0},
};

Result<void> parse_content(Cursor& cursor, Content content, Value& value, uint32_t depth) {
  switch (content) {
    case Content::nothing:
      return ok();
    case Content::items:
      return parse_items(cursor, value, depth);
    case Content::fields:
      return parse_fields(cursor, value, depth);
    case Content::flags:
      return parse_flags(cursor, value);
    case Content::payload:
      return parse_payload(cursor, value, depth);
    case Content::boolean:
      value.bits = cursor.take_keyword("true") ? 1 : 0;
      if (value.bits == 0 && !cursor.take_keyword("false")) {
        return cursor.unexpected("true or false");
      }
      return ok();
    case Content::character: {
      REPRISE_ASSIGN(value.bits, parse_character(cursor));
      return ok();
    }
    case Content::string:
    case Content::label:
    case Content::label_and_payload:
      break;
  }
  REPRISE_ASSIGN(value.text, cursor.expect_name("a string"));
  if (content == Content::label_and_payload) return parse_payload(cursor, value, depth);
  return ok();
}

/// The heap type of `ref.null`, if one is written.
std::string take_heap_type(Cursor& cursor) {
  if (!cursor.is(TokenKind::keyword)) return {};
  return std::string(cursor.text(cursor.next()));
}

Result<Value> parse_reference(Cursor& cursor) {
  Value value;
  if (cursor.take_keyword("ref.null")) {
    value.kind = ValueKind::ref_null;
    value.text = take_heap_type(cursor);
    return value;
  }
  value.kind = cursor.is_keyword("ref.host") ? ValueKind::ref_host : ValueKind::ref_extern;
  cursor.next();
  REPRISE_ASSIGN(value.bits, cursor.expect_u32());
  return value;
}

/// A value after its parenthesis.
Result<Value> parse_inner(Cursor& cursor, uint32_t depth) {
  Value value;
  for (const NumberForm& form : kNumberForms) {
    if (!cursor.take_keyword(form.word)) continue;
    value.kind = form.kind;
    REPRISE_ASSIGN(value.bits, take_number(cursor, form.number));
    if (is_signed(form.kind)) value.bits = sign_extend(value.bits, bytes_of(form.number));
    return value;
  }
  for (const ComponentForm& form : kComponentForms) {
    if (!cursor.take_keyword(form.word)) continue;
    value.kind = form.kind;
    value.bits = form.bits;
    REPRISE_TRY(parse_content(cursor, form.content, value, depth));
    return value;
  }
  if (cursor.take_keyword("v128.const")) {
    value.kind = ValueKind::v128;
    REPRISE_ASSIGN(value.vector, take_v128(cursor));
    return value;
  }
  if (cursor.is_keyword("ref.null") || cursor.is_keyword("ref.host") ||
      cursor.is_keyword("ref.extern")) {
    return parse_reference(cursor);
  }
  return cursor.unexpected("a value");
}

NanPattern take_nan(Cursor& cursor) {
  if (cursor.take_keyword("nan:canonical")) return NanPattern::canonical;
  if (cursor.take_keyword("nan:arithmetic")) return NanPattern::arithmetic;
  return NanPattern::none;
}

Result<Pattern> parse_lanes(Cursor& cursor) {
  Pattern pattern;
  pattern.kind = Pattern::Kind::lanes;
  REPRISE_ASSIGN(pattern.shape, take_shape(cursor));
  REPRISE_TRY(expect_lanes(cursor, pattern.shape));
  for (uint32_t i = 0; i < pattern.shape.lanes(); i++) {
    LanePattern lane;
    lane.nan = take_nan(cursor);
    if (lane.nan == NanPattern::none) {
      REPRISE_ASSIGN(lane.bits, take_number(cursor, pattern.shape.lane));
    }
    pattern.lanes.push_back(lane);
  }
  return pattern;
}

Result<Pattern> parse_inner_pattern(Cursor& cursor, uint32_t depth);

Result<Pattern> parse_nested_pattern(Cursor& cursor, uint32_t depth) {
  if (depth == kMaxValueDepth) return cursor.error("a pattern nests too deeply");
  REPRISE_TRY(cursor.expect_left());
  REPRISE_ASSIGN(Pattern pattern, parse_inner_pattern(cursor, depth + 1));
  REPRISE_TRY(cursor.expect_right());
  return pattern;
}

/// `ref`, `ref.func`, … without a number: any reference of that type.
std::optional<Pattern> take_reference_pattern(Cursor& cursor) {
  constexpr std::string_view kTypes[] = {"any",   "eq",   "i31", "struct",
                                         "array", "func", "exn", "extern"};
  Pattern pattern;
  pattern.kind = Pattern::Kind::reference;
  const bool is_bare = cursor.peek(1).kind == TokenKind::right;
  if (!is_bare) return std::nullopt;
  if (cursor.take_keyword("ref")) {
    pattern.value.text = "any";
    return pattern;
  }
  for (const std::string_view type : kTypes) {
    if (!cursor.take_keyword(fmt::format("ref.{}", type))) continue;
    pattern.value.text = type;
    return pattern;
  }
  if (!cursor.take_keyword("ref.null")) return std::nullopt;
  pattern.kind = Pattern::Kind::null;
  return pattern;
}

Result<Pattern> parse_inner_pattern(Cursor& cursor, uint32_t depth) {
  if (auto reference = take_reference_pattern(cursor)) return *std::move(reference);
  Pattern pattern;
  if (cursor.take_keyword("v128.const")) return parse_lanes(cursor);
  if (cursor.take_keyword("either")) {
    pattern.kind = Pattern::Kind::either;
    while (cursor.is_left()) {
      REPRISE_ASSIGN(Pattern alternative, parse_nested_pattern(cursor, depth));
      pattern.alternatives.push_back(std::move(alternative));
    }
    return pattern;
  }
  const bool is_f32 = cursor.is_keyword("f32.const");
  if ((is_f32 || cursor.is_keyword("f64.const")) && cursor.peek(1).kind == TokenKind::keyword) {
    cursor.next();
    pattern.kind = Pattern::Kind::nan;
    pattern.nan = take_nan(cursor);
    pattern.value.kind = is_f32 ? ValueKind::f32 : ValueKind::f64;
    if (pattern.nan == NanPattern::none) return cursor.unexpected("a number");
    return pattern;
  }
  REPRISE_ASSIGN(pattern.value, parse_inner(cursor, depth));
  return pattern;
}

}  // namespace

Result<Value> parse_value(Cursor& cursor) {
  return parse_nested(cursor, 0);
}

Result<Pattern> parse_pattern(Cursor& cursor) {
  return parse_nested_pattern(cursor, 0);
}

}  // namespace reprise::text
