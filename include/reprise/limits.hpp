// Limits: what the guests of one store may use. The table is limits.def.
//
//   auto store = Store<App>::create(engine, App{}, {.memory_bytes = 64 << 20, .instances = 4});
//
// A guest that reaches a limit sees its request fail as the specification has it: `memory.grow` and
// `table.grow` give -1, a call that finds no stack, an object that finds no heap and a handle that
// finds no place trap. What the host asks for (an instance, a memory) fails with an Error of kind
// `limit` that names the limit. All limits are counted, never measured, so the same run reaches
// them at the same place on every machine; a recording notes them, and its replay applies them
// again.
//
// `fuel` needs an engine that meters (EngineOptions::fuel). It is what the store begins with;
// UINT64_MAX is no limit. Thread rules: plain data.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reprise/result.hpp"

namespace reprise {

struct Limits {
#define REPRISE_LIMIT(Type, name, text, value, what) Type name = value;
#include "reprise/limits.def"
#undef REPRISE_LIMIT

  static constexpr uint64_t kNoLimit = UINT64_MAX;

  bool operator==(const Limits&) const = default;

  /// All of them by name ("memory-bytes"), in the order of the table.
  std::vector<std::pair<std::string, uint64_t>> list() const;
  /// Sets one by its name. Fails with `usage` if there is none of that name, or the value is too
  /// large for it.
  Result<void> set(std::string_view name, uint64_t value);
  /// "limit memories: this store allows no more than 3 memories".
  static Error exceeded(std::string_view name, uint64_t value);
};

}  // namespace reprise
