// Interruptions of a recorded run, known before its replay begins.
//
// Where a guest is interrupted by a deadline or an epoch depends on nothing that a replay has. So a
// recording that allows it counts ticks (runtime/observer.hpp), notes how many there were at the
// interruption, and says among its limits that it counts. A replay looks through such a trace
// first, counts ticks as well, and interrupts its guest at the same number: in a loop that calls no
// host, too. Counting slows a recorded guest down a little, and only where interruptions were
// asked for.

#pragma once

#include <string>
#include <vector>

#include "replay/player.hpp"
#include "trace/reader.hpp"

namespace reprise::replay {

/// Among the recorded limits, when the run counted ticks.
inline constexpr const char* kCountsTicks = "counts-ticks";

struct Interruption {
  uint64_t ticks = 0;
};

inline bool counts_ticks(const SessionInfo& session) {
  return session.limits.contains(kCountsTicks);
}

/// All of the trace's that stopped a guest which ran, in their order. Reads the trace to its end.
Result<std::vector<Interruption>> find_interruptions(trace::Reader& reader);

}  // namespace reprise::replay
