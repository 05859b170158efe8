// Printing WAVE from the canonical encoding. A value is checked as a whole before its first
// character is printed, so the printer proper has no errors and may stop where a limit tells it to.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/check.hpp"
#include "wit/encoding_io.hpp"
#include "wit/unicode.hpp"
#include "wit/wave.hpp"

namespace reprise::wit {
namespace {

bool is_keyword(std::string_view label) {
  for (std::string_view word : {"true", "false", "inf", "nan", "some", "none", "ok", "err"}) {
    if (label == word) return true;
  }
  return false;
}

class WavePrinter {
 public:
  WavePrinter(ByteReader in, std::string& out, const PrintLimits& limits)
      : in_(in), out_(out), limits_(limits), start_(out.size()) {}

  void value(Type type);
  void arguments(std::span<const Type> types) {
    out_ += '(';
    bool first = true;
    for (Type type : types) {
      if (!separate(first)) break;
      value(type);
    }
    out_ += ')';
  }

 private:
  // The bytes were checked, so reading them cannot fail.
  template <class T>
  static T sure(Result<T> result) {
    REPRISE_CHECK(result.has_value());
    return *result;
  }

  /// Before each item of a list: the comma, or the mark that the rest is left out, then false.
  bool separate(bool& first) {
    if (full_) return false;
    if (!first) out_ += ", ";
    first = false;
    return !check_full();
  }
  bool check_full() {
    if (full_ || out_.size() - start_ < limits_.max_length) return full_;
    out_ += "…";
    full_ = true;
    return true;
  }

  void scalar(Type type);
  void flags(Type type, uint64_t bits);
  void string();
  void elements(Type element, uint32_t count);
  void record(Type type);
  void tuple(Type type);
  void sum(Type type);

  ByteReader in_;
  std::string& out_;
  const PrintLimits& limits_;
  size_t start_;
  bool full_ = false;
};

void WavePrinter::value(Type type) {
  if (check_full()) return;
  switch (type->shape) {
    case Shape::scalar:
      return scalar(type);
    case Shape::string:
      return string();
    case Shape::handle:
      fmt::format_to(std::back_inserter(out_), "#{}", sure(read_number(in_)));
      return;
    case Shape::sequence:
      return elements(type->element, sure(read_count(type->element, in_)));
    case Shape::array:
      return elements(type->element, type->length);
    case Shape::product:
      return type->kind == TypeKind::record ? record(type) : tuple(type);
    case Shape::sum:
      return sum(type);
  }
}

template <class Float>
void append_float(std::string& out, Float value) {
  if (value != value) {
    out += "nan";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void WavePrinter::scalar(Type type) {
  uint64_t bits = sure(read_scalar(type, in_));
  auto sink = std::back_inserter(out_);
  switch (type->kind) {
    case TypeKind::bool_:
      out_ += bits ? "true" : "false";
      return;
    case TypeKind::f32:
      return append_float(out_, std::bit_cast<float>(static_cast<uint32_t>(bits)));
    case TypeKind::f64:
      return append_float(out_, std::bit_cast<double>(bits));
    case TypeKind::char_:
      out_ += '\'';
      append_escaped(static_cast<char32_t>(bits), '\'', out_);
      out_ += '\'';
      return;
    case TypeKind::flags:
      return flags(type, bits);
    default:
      if (is_signed(type->kind)) {
        fmt::format_to(sink, "{}", static_cast<int64_t>(bits));
      } else {
        fmt::format_to(sink, "{}", bits);
      }
  }
}

void WavePrinter::flags(Type type, uint64_t bits) {
  out_ += '{';
  bool first = true;
  for (size_t i = 0; i < type->members.size(); ++i) {
    if (!(bits >> i & 1)) continue;
    if (!separate(first)) break;
    out_ += type->members[i].name;
  }
  out_ += '}';
}

void WavePrinter::string() {
  std::string_view text = sure(read_string(in_));
  size_t end = start_ + std::min(limits_.max_length, SIZE_MAX - start_);
  out_ += '"';
  for (size_t at = 0; at < text.size();) {
    if (at >= limits_.max_elements || out_.size() >= end) {
      out_ += "…";
      break;
    }
    append_escaped(next_code_point(text, at), '"', out_);
  }
  out_ += '"';
}

void WavePrinter::elements(Type element, uint32_t count) {
  out_ += '[';
  bool first = true;
  const size_t most = element->kind == TypeKind::u8
                          ? std::min(limits_.max_bytes, limits_.max_elements)
                          : limits_.max_elements;
  uint32_t i = 0;
  for (; i < count && i < most; ++i) {
    if (!separate(first)) break;
    value(element);
  }
  if (i < count && !full_) {
    out_ += first ? "…" : ", …";
    for (; i < count; ++i) REPRISE_CHECK(check_value(element, in_).has_value());
  }
  out_ += ']';
}

void WavePrinter::record(Type type) {
  out_ += '{';
  bool first = true;
  for (const Member& field : type->members) {
    if (!separate(first)) break;
    out_ += field.name;
    out_ += ": ";
    value(field.type);
  }
  out_ += '}';
}

void WavePrinter::tuple(Type type) {
  out_ += '(';
  bool first = true;
  for (const Member& field : type->members) {
    if (!separate(first)) break;
    value(field.type);
  }
  out_ += ')';
}

void WavePrinter::sum(Type type) {
  const Member& chosen = type->members[sure(read_case(type, in_))];
  bool user_label = type->kind == TypeKind::variant || type->kind == TypeKind::enum_;
  if (user_label && is_keyword(chosen.name)) out_ += '%';
  out_ += chosen.name;
  if (!chosen.type) return;
  out_ += '(';
  value(chosen.type);
  out_ += ')';
}

}  // namespace

Result<void> print_wave(Type type, ByteReader& reader, std::string& out,
                        const PrintLimits& limits) {
  ByteReader checked = reader;
  REPRISE_TRY(check_value(type, checked));
  WavePrinter(reader, out, limits).value(type);
  reader = checked;
  return {};
}

Result<void> print_wave_arguments(std::span<const Type> types, ByteReader& reader, std::string& out,
                                  const PrintLimits& limits) {
  ByteReader checked = reader;
  REPRISE_TRY(check_values(types, checked));
  WavePrinter(reader, out, limits).arguments(types);
  reader = checked;
  return {};
}

Result<std::string> to_wave(Type type, Bytes encoded, const PrintLimits& limits) {
  ByteReader reader(encoded);
  std::string out;
  REPRISE_TRY(print_wave(type, reader, out, limits));
  if (!reader.at_end()) return reader.malformed("unexpected bytes after the value");
  return out;
}

}  // namespace reprise::wit
