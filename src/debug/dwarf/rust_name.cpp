#include "debug/dwarf/rust_name.hpp"

#include <optional>
#include <vector>

#include "debug/dwarf/rust_v0_name.hpp"

namespace reprise::debug {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

struct Escape {
  std::string_view code;
  std::string_view text;
};
constexpr Escape kEscapes[] = {{"LT", "<"}, {"GT", ">"}, {"RF", "&"}, {"BP", "*"},
                               {"LP", "("}, {"RP", ")"}, {"C", ","},  {"SP", "@"}};

/// `$LT$` without the dollars; nothing for what is none.
std::optional<std::string> unescape(std::string_view code) {
  for (const Escape& escape : kEscapes)
    if (escape.code == code) return std::string(escape.text);
  // u and a code point: those of printable ASCII are all that there is.
  if (code.size() != 3 || code[0] != 'u') return std::nullopt;
  const size_t high = kHexDigits.find(code[1]);
  const size_t low = kHexDigits.find(code[2]);
  if (high < 2 || high > 7 || low == std::string_view::npos) return std::nullopt;
  return std::string(1, static_cast<char>(16 * high + low));
}

void append_part(std::string& out, std::string_view part) {
  if (part.starts_with("_$")) part.remove_prefix(1);
  while (!part.empty()) {
    if (part.starts_with("..")) {
      out += "::";
      part.remove_prefix(2);
      continue;
    }
    if (part[0] == '$') {
      const size_t end = part.find('$', 1);
      const auto text =
          end == std::string_view::npos ? std::nullopt : unescape(part.substr(1, end - 1));
      if (text) {
        out += *text;
        part.remove_prefix(end + 1);
        continue;
      }
    }
    out += part[0];
    part.remove_prefix(1);
  }
}

bool is_hash(std::string_view part) {
  return part.size() == 17 && part[0] == 'h' &&
         part.find_first_not_of(kHexDigits, 1) == std::string_view::npos;
}

/// The parts of a name behind `_ZN`, up to its E; none if it is no such name.
std::vector<std::string_view> parts_of(std::string_view rest) {
  std::vector<std::string_view> parts;
  while (!rest.empty() && rest[0] != 'E') {
    size_t length = 0;
    size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      length = 10 * length + static_cast<size_t>(rest[digits] - '0');
      if (length > rest.size()) return {};
    }
    rest.remove_prefix(digits);
    if (digits == 0 || length == 0 || length > rest.size()) return {};
    parts.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  // Behind it LLVM may have put a suffix of its own.
  const bool ends = rest == "E" || rest.starts_with("E.");
  return ends ? parts : std::vector<std::string_view>();
}

}  // namespace

std::string rust_source_name(std::string_view name) {
  if (auto newer = rust_v0_source_name(name)) return *std::move(newer);
  constexpr std::string_view kPrefix = "_ZN";
  if (!name.starts_with(kPrefix)) return std::string(name);
  std::vector<std::string_view> parts = parts_of(name.substr(kPrefix.size()));
  if (parts.size() < 2 || !is_hash(parts.back())) return std::string(name);
  parts.pop_back();
  std::string out;
  for (const std::string_view part : parts) {
    if (!out.empty()) out += "::";
    append_part(out, part);
  }
  return out;
}

}  // namespace reprise::debug
