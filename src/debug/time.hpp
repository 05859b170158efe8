// Time: where a replayed run stands, to the instruction.
//
//   event   the number of the event that comes next
//   ticks   function entries and taken back-edges of loops so far, counted at Wasm level and in
//           replay only. The code between two ticks is free of loops.
//   step    instructions since the last tick. A function that returns adds no tick, and a recursive
//           one may pass the same instruction twice between two, so an instruction's offset alone
//           would not tell one moment from another; where it stands is shown beside the time.
//
// Times of one trace and program are totally ordered, the same on every machine, and good for
// typing in again: "1204:88123:17".

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::debug {

struct Time {
  uint64_t event = 0;
  uint64_t ticks = 0;
  uint64_t step = 0;

  auto operator<=>(const Time&) const = default;
};

/// "event:ticks:step".
std::string to_string(const Time& time);
/// The same back. "event:ticks" is the moment of the tick. Fails with `usage`.
Result<Time> parse_time(std::string_view text);

enum class Direction : uint8_t { forward, backward };

}  // namespace reprise::debug
