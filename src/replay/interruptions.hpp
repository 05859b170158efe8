// Interruptions and yields of a recorded run, known before its replay begins.
//
// Where a guest is interrupted by a deadline or an epoch depends on nothing that a replay has. So a
// recording that allows it counts ticks (runtime/observer.hpp), notes how many there were at the
// interruption, and says among its limits that it counts. A replay looks through such a trace
// first, counts ticks as well, and interrupts its guest at the same number: in a loop that calls no
// host, too. Counting slows a recorded guest down a little, and only where interruptions were
// asked for.
//
// A yield is recorded only where something else happened in the store meanwhile (Recorder::
// begin_yield). Where it was is counted in ticks, too; or in units of fuel where that is charged,
// which costs no counting. The replayed guest parks there, and goes on when the trace says so.

#pragma once

#include <string>
#include <vector>

#include "replay/player.hpp"
#include "trace/reader.hpp"

namespace reprise::replay {

/// Among the recorded limits, when the run counted ticks.
inline constexpr const char* kCountsTicks = "counts-ticks";

/// Among the recorded limits, when the run's engine charged fuel, whether that was limited or not.
inline constexpr const char* kChargesFuel = "charges-fuel";

struct Interruption {
  enum class Kind : uint8_t { trap_at_tick, yield_at_tick, yield_at_fuel };
  Kind kind = Kind::trap_at_tick;
  /// Ticks or units, of all guests together.
  uint64_t at = 0;
  /// Of the record that says so.
  uint64_t event = 0;
};

inline bool counts_ticks(const SessionInfo& session) {
  return session.limits.contains(kCountsTicks);
}
inline bool charges_fuel(const SessionInfo& session) {
  return session.limits.contains(kChargesFuel);
}

/// All of the trace's that stopped a guest which ran, in their order. Reads the trace to its end.
Result<std::vector<Interruption>> find_interruptions(trace::Reader& reader);

}  // namespace reprise::replay
