#include "replay/session_limits.hpp"

#include "replay/interruptions.hpp"
#include "runtime/frame.hpp"

namespace reprise::replay {

std::vector<std::pair<std::string, uint64_t>> recorded_limits(const Limits& limits,
                                                              const Measures& measures) {
  auto list = limits.list();
  list.emplace_back("stack-charge", runtime::kStackChargeVersion);
  if (measures.ticks) list.emplace_back(kCountsTicks, 1);
  if (measures.fuel) list.emplace_back(kChargesFuel, 1);
  return list;
}

Limits limits_of(const SessionInfo& session) {
  Limits limits;
  for (const auto& [name, value] : session.limits) static_cast<void>(limits.set(name, value));
  return limits;
}

}  // namespace reprise::replay
