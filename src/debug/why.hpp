// Why a recorded run ended as it did, on one screen: the fault, the source lines that led to it,
// the last calls across the boundary, and the first one that the host answered with an error, which
// is where many faults begin.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "reprise/trap.hpp"

namespace reprise::debug {

inline constexpr size_t kWhyCalls = 10;

struct Explanation {
  std::string trace;
  /// "the guest trapped: integer divide by zero", "the guest exited with 1".
  std::string headline;
  /// Innermost first, with source lines; of the trap, or of where the replay diverged.
  std::vector<Frame> frames;
  /// As `reprise trace cat` prints calls; bytes that are text are shown as text.
  std::optional<std::string> first_error;
  std::vector<std::string> last_calls;
  bool trapped = false;
};

/// Replays the run to its end. What the guest prints is not shown. `component`: the program to run
/// instead of the recorded one; empty for that.
Result<Explanation> explain(const std::string& trace, const std::string& component);

/// `width`: columns beyond which lines are cut.
std::string to_text(const Explanation& why, size_t width);

}  // namespace reprise::debug
