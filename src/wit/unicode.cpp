#include "wit/unicode.hpp"

#include <fmt/format.h>

#include <iterator>

namespace reprise::wit {

char32_t next_code_point(std::string_view text, size_t& at) {
  auto byte = [&] { return static_cast<uint8_t>(text[at++]); };
  char32_t lead = byte();
  if (lead < 0x80) return lead;
  int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  char32_t point = lead & (0x3fu >> more);
  for (; more > 0; --more) point = point << 6 | (byte() & 0x3f);
  return point;
}

void append_utf8(char32_t point, std::string& out) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_unprintable(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad ||
         (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
         (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe007f);
}

void append_escaped(char32_t point, char quote, std::string& out) {
  switch (point) {
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\\':
      out += "\\\\";
      return;
    default:
      break;
  }
  if (point == static_cast<char32_t>(quote)) {
    out += '\\';
    out += quote;
  } else if (is_unprintable(point)) {
    fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<uint32_t>(point));
  } else {
    append_utf8(point, out);
  }
}

}  // namespace reprise::wit
