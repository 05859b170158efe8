// Parsing WAVE by type, straight into the canonical encoding. Text is checked to be UTF-8 first.
// Recursion follows the type, whose depth is limited; the size of what is written is limited, too,
// because fields left out of a record can make a short text a long value.

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>

#include "wit/encoding_io.hpp"
#include "wit/unicode.hpp"
#include "wit/wave.hpp"
#include "wit/wave_lexer.hpp"

namespace reprise::wit {
namespace {

/// Whether `x` alone may stand for `some(x)` or `ok(x)`.
bool may_be_flat(Type payload) {
  return payload && payload->kind != TypeKind::option && payload->kind != TypeKind::result;
}

class WaveParser {
 public:
  WaveParser(std::string_view text, ByteWriter& out) : in_(text), out_(out) {}

  Result<void> value(Type type);
  Result<void> arguments(std::span<const Type> types);
  Result<void> expect_end() { return in_.expect_end(); }

 private:
  Result<void> scalar(Type type);
  Result<void> boolean(Type type);
  Result<void> integer(Type type);
  Result<void> flags(Type type);
  Result<void> handle();
  Result<uint32_t> elements(Type element);
  Result<void> sequence(Type type);
  Result<void> array(Type type);
  Result<void> tuple(Type type);
  Result<void> record(Type type);
  Result<void> write_fields(Type type, std::span<const std::optional<std::vector<uint8_t>>> fields);
  Result<void> sum(Type type);
  Result<void> labelled_case(Type type);
  Result<void> flat_case(Type type, uint32_t index);
  template <class Float>
  Result<Float> floating();

  WaveLexer in_;
  ByteWriter& out_;
};

Result<void> WaveParser::value(Type type) {
  if (out_.size() > kMaxParsedValueSize) return fail(ErrorKind::limit, "the value is too large");
  switch (type->shape) {
    case Shape::scalar:
      return scalar(type);
    case Shape::string: {
      REPRISE_ASSIGN(std::string text, in_.string());
      out_.name(text);
      return {};
    }
    case Shape::handle:
      return handle();
    case Shape::sequence:
      return sequence(type);
    case Shape::array:
      return array(type);
    case Shape::product:
      return type->kind == TypeKind::record ? record(type) : tuple(type);
    case Shape::sum:
      return sum(type);
  }
  return {};
}

Result<void> WaveParser::arguments(std::span<const Type> types) {
  REPRISE_TRY(in_.expect('('));
  size_t given = 0;
  while (!in_.take(')')) {
    if (given == types.size()) return in_.error("too many arguments");
    REPRISE_TRY(value(types[given++]));
    if (in_.take(',')) continue;
    REPRISE_TRY(in_.expect(')'));
    break;
  }
  for (Type type : types.subspan(given)) {
    if (type->kind != TypeKind::option) {
      return in_.error(fmt::format("{} arguments given, {} needed", given, types.size()));
    }
    out_.leb_u32(0);
  }
  return {};
}

Result<void> WaveParser::scalar(Type type) {
  switch (type->kind) {
    case TypeKind::bool_:
      return boolean(type);
    case TypeKind::char_: {
      REPRISE_ASSIGN(char32_t point, in_.character());
      write_scalar(type, point, out_);
      return {};
    }
    case TypeKind::f32: {
      REPRISE_ASSIGN(float number, floating<float>());
      write_scalar(type, canonical_f32(std::bit_cast<uint32_t>(number)), out_);
      return {};
    }
    case TypeKind::f64: {
      REPRISE_ASSIGN(double number, floating<double>());
      write_scalar(type, canonical_f64(std::bit_cast<uint64_t>(number)), out_);
      return {};
    }
    case TypeKind::flags:
      return flags(type);
    default:
      return integer(type);
  }
}

Result<void> WaveParser::boolean(Type type) {
  WaveLexer::Label label = in_.label();
  if (!label.is("true") && !label.is("false")) return in_.error("expected true or false");
  write_scalar(type, label.name == "true", out_);
  return {};
}

Result<void> WaveParser::integer(Type type) {
  std::string_view digits = in_.number();
  const char* end = digits.data() + digits.size();
  uint64_t bits = 0;
  std::from_chars_result result{};
  if (is_signed(type->kind)) {
    int64_t number = 0;
    result = std::from_chars(digits.data(), end, number);
    bits = static_cast<uint64_t>(number);
  } else {
    result = std::from_chars(digits.data(), end, bits);
  }
  if (digits.empty() || result.ptr != end || result.ec != std::errc() ||
      !is_valid_scalar(type, bits)) {
    return in_.error(fmt::format("expected a {}", to_string(type->kind)));
  }
  write_scalar(type, bits, out_);
  return {};
}

template <class Float>
Result<Float> WaveParser::floating() {
  std::string_view digits = in_.number();
  if (digits.empty() || digits == "-") {
    WaveLexer::Label label = in_.label();
    Float sign = digits.empty() ? Float{1} : Float{-1};
    if (label.is("inf")) return sign * std::numeric_limits<Float>::infinity();
    if (label.is("nan") && digits.empty()) return std::numeric_limits<Float>::quiet_NaN();
    return in_.error("expected a number");
  }
  Float number = 0;
  const char* end = digits.data() + digits.size();
  auto [stop, code] = std::from_chars(digits.data(), end, number);
  if (stop != end || code != std::errc()) return in_.error("expected a number");
  return number;
}

std::optional<size_t> find_member(Type type, std::string_view name) {
  for (size_t i = 0; i < type->members.size(); ++i) {
    if (type->members[i].name == name) return i;
  }
  return std::nullopt;
}

Result<void> WaveParser::flags(Type type) {
  REPRISE_TRY(in_.expect('{'));
  uint64_t bits = 0;
  while (!in_.take('}')) {
    WaveLexer::Label label = in_.label();
    std::optional<size_t> index = find_member(type, label.name);
    if (!index) return in_.error(fmt::format("'{}' is not one of the flags", label.name));
    if (bits >> *index & 1) return in_.error(fmt::format("'{}' is given twice", label.name));
    bits |= uint64_t{1} << *index;
    if (in_.take(',')) continue;
    REPRISE_TRY(in_.expect('}'));
    break;
  }
  write_scalar(type, bits, out_);
  return {};
}

Result<void> WaveParser::handle() {
  REPRISE_TRY(in_.expect('#'));
  std::string_view digits = in_.number();
  uint32_t ordinal = 0;
  const char* end = digits.data() + digits.size();
  auto [stop, code] = std::from_chars(digits.data(), end, ordinal);
  if (digits.empty() || stop != end || code != std::errc()) {
    return in_.error("expected the number of a handle");
  }
  out_.leb_u32(ordinal);
  return {};
}

Result<uint32_t> WaveParser::elements(Type element) {
  REPRISE_TRY(in_.expect('['));
  uint32_t count = 0;
  while (!in_.take(']')) {
    REPRISE_TRY(value(element));
    ++count;
    if (in_.take(',')) continue;
    REPRISE_TRY(in_.expect(']'));
    break;
  }
  return count;
}

Result<void> WaveParser::sequence(Type type) {
  // The count stands before the elements, which have to be read to be counted.
  ByteWriter body;
  std::swap(body, out_);
  auto count = elements(type->element);
  std::swap(body, out_);
  if (!count) return fail(std::move(count.error()));
  out_.leb_u32(*count);
  out_.bytes(body.view());
  return {};
}

Result<void> WaveParser::array(Type type) {
  REPRISE_ASSIGN(uint32_t count, elements(type->element));
  if (count == type->length) return {};
  return in_.error(fmt::format("expected {} elements, not {}", type->length, count));
}

Result<void> WaveParser::tuple(Type type) {
  REPRISE_TRY(in_.expect('('));
  for (const Member& field : type->members) {
    if (&field != type->members.data()) REPRISE_TRY(in_.expect(','));
    REPRISE_TRY(value(field.type));
  }
  in_.take(',');
  return in_.expect(')');
}

Result<void> WaveParser::record(Type type) {
  REPRISE_TRY(in_.expect('{'));
  // Fields come in any order and are written in theirs.
  std::vector<std::optional<std::vector<uint8_t>>> fields(type->members.size());
  if (in_.take(':')) {
    REPRISE_TRY(in_.expect('}'));
    return write_fields(type, fields);
  }
  while (!in_.take('}')) {
    WaveLexer::Label label = in_.label();
    std::optional<size_t> index = find_member(type, label.name);
    if (!index) return in_.error(fmt::format("'{}' is not a field", label.name));
    if (fields[*index]) return in_.error(fmt::format("the field '{}' occurs twice", label.name));
    REPRISE_TRY(in_.expect(':'));
    ByteWriter body;
    std::swap(body, out_);
    auto parsed = value(type->members[*index].type);
    std::swap(body, out_);
    if (!parsed) return parsed;
    fields[*index] = body.take();
    if (in_.take(',')) continue;
    REPRISE_TRY(in_.expect('}'));
    break;
  }
  return write_fields(type, fields);
}

Result<void> WaveParser::write_fields(Type type,
                                      std::span<const std::optional<std::vector<uint8_t>>> fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i]) {
      out_.bytes(*fields[i]);
    } else if (type->members[i].type->kind == TypeKind::option) {
      out_.leb_u32(0);
    } else {
      return in_.error(fmt::format("the field '{}' is missing", type->members[i].name));
    }
  }
  return {};
}

Result<void> WaveParser::sum(Type type) {
  WaveLexer::Label next = in_.peek_label();
  if (type->kind == TypeKind::option) {
    if (!next.is("some") && !next.is("none")) return flat_case(type, 1);
  } else if (type->kind == TypeKind::result) {
    if (!next.is("ok") && !next.is("err")) return flat_case(type, 0);
  }
  return labelled_case(type);
}

Result<void> WaveParser::flat_case(Type type, uint32_t index) {
  Type payload = type->members[index].type;
  if (!may_be_flat(payload)) {
    return in_.error(
        fmt::format("expected {} or {}", type->members[0].name, type->members[1].name));
  }
  out_.leb_u32(index);
  return value(payload);
}

Result<void> WaveParser::labelled_case(Type type) {
  WaveLexer::Label label = in_.label();
  std::optional<size_t> index = find_member(type, label.name);
  if (!index) return in_.error(fmt::format("'{}' is not a case", label.name));
  out_.leb_u32(static_cast<uint32_t>(*index));
  Type payload = type->members[*index].type;
  if (!payload) return {};
  REPRISE_TRY(in_.expect('('));
  REPRISE_TRY(value(payload));
  return in_.expect(')');
}

Result<void> check_text(std::string_view text) {
  if (is_utf8(as_bytes(text))) return {};
  return fail(ErrorKind::malformed, "the text is not UTF-8");
}

}  // namespace

Result<void> parse_wave(Type type, std::string_view text, ByteWriter& writer) {
  REPRISE_TRY(check_text(text));
  WaveParser parser(text, writer);
  REPRISE_TRY(parser.value(type));
  return parser.expect_end();
}

Result<void> parse_wave_arguments(std::span<const Type> types, std::string_view text,
                                  ByteWriter& writer) {
  REPRISE_TRY(check_text(text));
  WaveParser parser(text, writer);
  REPRISE_TRY(parser.arguments(types));
  return parser.expect_end();
}

}  // namespace reprise::wit
