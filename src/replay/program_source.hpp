// Which program a trace is of, and where to get it: embedded in the trace, or by reference.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "trace/record.hpp"

namespace reprise::replay {

struct ProgramSource {
  std::string name;
  /// Where it lay when it was recorded; a hint.
  std::string location;
  trace::Hash sha256{};
  uint64_t size = 0;
  /// The program itself, when the trace holds it whole. Its hash has been compared.
  std::optional<std::vector<uint8_t>> embedded;

  /// Whether these bytes are the recorded program.
  bool is(Bytes bytes) const;
};

/// The program that the trace gives this number; the first one has 0. Reads the trace as far as it
/// must. Fails with `malformed` when it names none.
Result<ProgramSource> find_program(const std::string& trace_path, uint32_t number = 0);

}  // namespace reprise::replay
