// Printing JSON from the canonical encoding. The mapping is told in wave.hpp.

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <iterator>

#include "wit/encoding_io.hpp"
#include "wit/unicode.hpp"
#include "wit/wave.hpp"

namespace reprise::wit {
namespace {

class JsonPrinter {
 public:
  JsonPrinter(ByteReader& in, std::string& out) : in_(in), out_(out) {}
  Result<void> value(Type type);

 private:
  Result<void> scalar(Type type);
  Result<void> elements(Type element, uint32_t count);
  Result<void> product(Type type);
  Result<void> sum(Type type);
  void flags(Type type, uint64_t bits);
  void string(std::string_view text);
  template <class Float>
  void number(Float value);
  void key(std::string_view name) {
    string(name);
    out_ += ':';
  }

  ByteReader& in_;
  std::string& out_;
};

Result<void> JsonPrinter::value(Type type) {
  switch (type->shape) {
    case Shape::scalar:
      return scalar(type);
    case Shape::string: {
      REPRISE_ASSIGN(std::string_view text, read_string(in_));
      string(text);
      return {};
    }
    case Shape::handle: {
      REPRISE_ASSIGN(uint32_t ordinal, read_number(in_));
      fmt::format_to(std::back_inserter(out_), "{{\"handle\":{}}}", ordinal);
      return {};
    }
    case Shape::sequence: {
      REPRISE_ASSIGN(uint32_t count, read_count(type->element, in_));
      return elements(type->element, count);
    }
    case Shape::array:
      return elements(type->element, type->length);
    case Shape::product:
      return product(type);
    case Shape::sum:
      return sum(type);
  }
  return {};
}

template <class Float>
void JsonPrinter::number(Float value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out_), "{}", value);
  } else {
    out_ += std::isnan(value) ? "\"nan\"" : value < 0 ? "\"-inf\"" : "\"inf\"";
  }
}

Result<void> JsonPrinter::scalar(Type type) {
  REPRISE_ASSIGN(uint64_t bits, read_scalar(type, in_));
  auto sink = std::back_inserter(out_);
  switch (type->kind) {
    case TypeKind::bool_:
      out_ += bits ? "true" : "false";
      break;
    case TypeKind::f32:
      number(std::bit_cast<float>(static_cast<uint32_t>(bits)));
      break;
    case TypeKind::f64:
      number(std::bit_cast<double>(bits));
      break;
    case TypeKind::char_: {
      std::string text;
      append_utf8(static_cast<char32_t>(bits), text);
      string(text);
      break;
    }
    case TypeKind::flags:
      flags(type, bits);
      break;
    default:
      if (is_signed(type->kind)) {
        fmt::format_to(sink, "{}", static_cast<int64_t>(bits));
      } else {
        fmt::format_to(sink, "{}", bits);
      }
  }
  return {};
}

void JsonPrinter::flags(Type type, uint64_t bits) {
  out_ += '[';
  bool first = true;
  for (size_t i = 0; i < type->members.size(); ++i) {
    if (!(bits >> i & 1)) continue;
    if (!first) out_ += ',';
    first = false;
    string(type->members[i].name);
  }
  out_ += ']';
}

void JsonPrinter::string(std::string_view text) {
  out_ += '"';
  for (size_t at = 0; at < text.size();) {
    char32_t point = next_code_point(text, at);
    if (point == '"' || point == '\\') {
      out_ += '\\';
      out_ += static_cast<char>(point);
    } else if (point < 0x10000 && is_unprintable(point)) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<uint32_t>(point));
    } else {
      append_utf8(point, out_);
    }
  }
  out_ += '"';
}

Result<void> JsonPrinter::elements(Type element, uint32_t count) {
  out_ += '[';
  for (uint32_t i = 0; i < count; ++i) {
    if (i > 0) out_ += ',';
    REPRISE_TRY(value(element));
  }
  out_ += ']';
  return {};
}

Result<void> JsonPrinter::product(Type type) {
  bool record = type->kind == TypeKind::record;
  out_ += record ? '{' : '[';
  for (const Member& field : type->members) {
    if (&field != type->members.data()) out_ += ',';
    if (record) key(field.name);
    REPRISE_TRY(value(field.type));
  }
  out_ += record ? '}' : ']';
  return {};
}

Result<void> JsonPrinter::sum(Type type) {
  REPRISE_ASSIGN(uint32_t index, read_case(type, in_));
  const Member& chosen = type->members[index];
  if (type->kind == TypeKind::option) {
    if (!chosen.type) {
      out_ += "null";
      return {};
    }
    if (chosen.type->kind != TypeKind::option) return value(chosen.type);
  }
  if (!chosen.type) {
    string(chosen.name);
    return {};
  }
  out_ += '{';
  key(chosen.name);
  REPRISE_TRY(value(chosen.type));
  out_ += '}';
  return {};
}

}  // namespace

Result<void> print_json(Type type, ByteReader& reader, std::string& out) {
  return JsonPrinter(reader, out).value(type);
}

Result<std::string> to_json(Type type, Bytes encoded) {
  ByteReader reader(encoded);
  std::string out;
  REPRISE_TRY(print_json(type, reader, out));
  if (!reader.at_end()) return reader.malformed("unexpected bytes after the value");
  return out;
}

}  // namespace reprise::wit
