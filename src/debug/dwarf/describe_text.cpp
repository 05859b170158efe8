// Characters and strings, in quotes, with the escapes that the languages share.

#include <fmt/format.h>

#include "debug/dwarf/describe_parts.hpp"

namespace reprise::debug {

using dwarf::Language;

namespace {

void append_utf8(std::string& out, uint32_t c) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

void append_escaped(std::string& out, uint8_t c, char quote) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\0':
      out += "\\0";
      return;
    default:
      break;
  }
  if (c == '\\' || c == static_cast<uint8_t>(quote)) {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c < 0x20 || c >= 0x7f) {
    out += fmt::format("\\x{:02x}", c);
  } else {
    out += static_cast<char>(c);
  }
}

/// How many bytes the UTF-8 character at the start of `text` takes; 0 if there is none.
size_t utf8_length(std::string_view text) {
  for (size_t length = 2; length <= 4 && length <= text.size(); ++length)
    if (is_utf8(as_bytes(text.substr(0, length)))) return length;
  return 0;
}

}  // namespace

std::string quoted(std::string_view text, Language) {
  std::string out = "\"";
  while (!text.empty()) {
    size_t length = 1;
    if (static_cast<uint8_t>(text[0]) < 0x80) {
      append_escaped(out, static_cast<uint8_t>(text[0]), '"');
    } else if (const size_t wide = utf8_length(text)) {
      length = wide;
      out += text.substr(0, wide);
    } else {
      append_escaped(out, static_cast<uint8_t>(text[0]), '"');
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

std::string quoted_character(uint32_t code_point, Language language) {
  if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000))
    return fmt::format("0x{:x} (no character)", code_point);
  std::string out = "'";
  if (code_point < 0x80)
    append_escaped(out, static_cast<uint8_t>(code_point), '\'');
  else if (code_point < 0xa0)
    out += fmt::format(
        language == Language::rust ? fmt::runtime("\\u{{{:x}}}") : fmt::runtime("\\u{:04x}"),
        code_point);
  else
    append_utf8(out, code_point);
  return out + "'";
}

Result<std::string> quoted_c_string(uint64_t address, const DescribeContext& context) {
  std::string text;
  while (text.size() < context.limits.max_text) {
    uint8_t c = 0;
    if (!context.frame.read_memory(address + text.size(), {&c, 1})) {
      if (text.empty()) return fail(ErrorKind::usage, fmt::format("no memory at 0x{:x}", address));
      return quoted(text, context.language) + "...";
    }
    if (c == 0) return quoted(text, context.language);
    text += static_cast<char>(c);
  }
  return quoted(text, context.language) + "...";
}

Description text_leaf(uint64_t address, uint64_t size, const DescribeContext& context) {
  const uint64_t shown = std::min<uint64_t>(size, context.limits.max_text);
  Value at;
  at.address = address;
  auto bytes = read_bytes(at, shown, context.frame);
  if (!bytes) return unavailable(bytes.error());
  return leaf(quoted(as_text(*bytes), context.language) + (shown < size ? "..." : ""));
}

}  // namespace reprise::debug
