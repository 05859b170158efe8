// The loop that drives a replay: one place, flat, so that it can stop anywhere. It takes what
// enters the guest from the trace, entry by entry, and runs the guest until it returns, traps, or
// waits for a result that the trace has later.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "embed/program.hpp"
#include "replay/player.hpp"

namespace reprise::embed {

/// How a replay ended.
struct ReplayOutcome {
  enum class Kind : uint8_t {
    finished,    // at the recording's end, or at its last event if it was cut
    divergence,  // see `divergence`
    failed,      // see `error`: the trace cannot be read, or the program not linked
  };
  Kind kind = Kind::finished;
  /// The recorded run's own end, as reproduced: none means that it was clean, or is not known
  /// (cut).
  std::optional<Trap> trap;
  /// The command's exit code as recorded, when the run ended without a trap.
  int exit_code = 0;
  /// The trace stops without an end.
  bool cut = false;
  bool state_compared = false;
  uint64_t events = 0;
  std::optional<replay::Divergence> divergence;
  std::optional<Error> error;
};

struct ReplayChecks {
  bool state = false;
};

/// Runs to the end. `program` is linked in a session that replays from `playback`.
ReplayOutcome run_replay(replay::Playback& playback, Program& program, const ReplayChecks& checks);

}  // namespace reprise::embed
