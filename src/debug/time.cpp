#include "debug/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace reprise::debug {

std::string to_string(const Time& time) {
  return fmt::format("{}:{}:{}", time.event, time.ticks, time.step);
}

Result<Time> parse_time(std::string_view text) {
  const auto malformed = [&] {
    return fail(ErrorKind::usage, fmt::format("`{}` is no time: write event:ticks:step", text));
  };
  std::array<uint64_t, 3> parts{};
  size_t count = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    if (count == parts.size()) return malformed();
    const auto [behind, error] = std::from_chars(at, end, parts[count]);
    if (error != std::errc() || behind == at) return malformed();
    ++count;
    if (behind == end) break;
    if (*behind != ':') return malformed();
    at = behind + 1;
  }
  if (count < 2) return malformed();
  return Time{parts[0], parts[1], parts[2]};
}

}  // namespace reprise::debug
