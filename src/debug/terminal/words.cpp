#include "debug/terminal/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace reprise::debug {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

void Words::skip_spaces() {
  while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  while (!rest_.empty() && is_space(rest_.back())) rest_.remove_suffix(1);
}

std::string_view Words::word() {
  std::string_view found;
  if (rest_.starts_with('"')) {
    const size_t end = std::min(rest_.find('"', 1), rest_.size());
    found = rest_.substr(1, end - 1);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  } else {
    const auto end = std::find_if(rest_.begin(), rest_.end(), is_space);
    found = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(found.size());
  }
  skip_spaces();
  return found;
}

std::string_view Words::format() {
  if (!rest_.starts_with('/')) return {};
  const std::string_view found = word();
  return found.substr(1);
}

Result<uint64_t> Words::count_or_one() {
  if (empty()) return 1;
  const std::string_view text = word();
  const auto count = parse_number(text);
  if (!count || *count == 0 || !empty())
    return fail(ErrorKind::usage, fmt::format("a count is wanted here, not '{}'", text));
  return *count;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_percentage(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || stop != end || !(value >= 0 && value <= 100)) return std::nullopt;
  return value;
}

}  // namespace reprise::debug
