// Limits as a recording notes them, and as its replay applies them again.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "replay/player.hpp"
#include "reprise/limits.hpp"

namespace reprise::replay {

/// What stands in the trace: every limit by name, the version of the rule that charges stack, and
/// what the run measures (interruptions.hpp).
struct Measures {
  bool ticks = false;
  bool fuel = false;
};
std::vector<std::pair<std::string, uint64_t>> recorded_limits(const Limits& limits,
                                                              const Measures& measures);

/// The limits of the recorded run. Names that this version does not know limit nothing here; what
/// the trace does not say has its default.
Limits limits_of(const SessionInfo& session);

}  // namespace reprise::replay
