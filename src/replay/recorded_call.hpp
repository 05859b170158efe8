// One call of a trace as its values, for who asks what a host gave.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "wit/type.hpp"

namespace reprise::replay {

struct RecordedCall {
  uint64_t event = 0;
  std::string interface;
  std::string name;
  wit::TypeTable types;  // of `type`
  wit::FuncType type;
  /// Encoded; none if the host trapped, or the trace ends before it answers.
  std::optional<std::vector<uint8_t>> result;
};

/// The guest's call of the host that is event `event` of the trace; nothing if that is none.
Result<std::optional<RecordedCall>> find_recorded_call(const std::string& trace, uint64_t event);

}  // namespace reprise::replay
