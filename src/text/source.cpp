#include "text/source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::text {

namespace {

/// Lines longer than this are cut around the error, so that a minified text stays readable.
constexpr size_t kShownBefore = 60;
constexpr size_t kShownAfter = 40;

/// Bytes that would disturb a terminal become '?'; a tab becomes a space, so that the caret lines
/// up.
std::string printable(std::string_view line) {
  std::string out(line);
  for (char& c : out) {
    if (c == '\t') c = ' ';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return out;
}

}  // namespace

Position Source::position(size_t offset) const {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  Position at;
  at.line = 1 + static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t newline = before.rfind('\n');
  const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  at.column = 1 + static_cast<uint32_t>(before.size() - start);
  return at;
}

std::unexpected<Error> Source::error(size_t offset, size_t size, std::string_view message) const {
  offset = std::min(offset, text.size());
  const Position at = position(offset);
  size_t start = offset - (at.column - 1);
  size_t end = text.find('\n', offset);
  if (end == std::string_view::npos) end = text.size();
  start = std::max(start, offset - std::min(offset, kShownBefore));
  end = std::min(end, offset + kShownAfter);
  const size_t marked = std::max<size_t>(1, std::min(size, end - offset));
  return fail(ErrorKind::malformed,
              fmt::format("{}\n  {}:{}:{}\n  | {}\n  | {}^{}", message, name, at.line, at.column,
                          printable(text.substr(start, end - start)),
                          std::string(offset - start, ' '), std::string(marked - 1, '~')));
}

}  // namespace reprise::text
