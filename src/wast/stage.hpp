// What a script acts on: one stage for core modules, one for components.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "reprise/trap.hpp"
#include "text/script.hpp"

namespace reprise::wast {

using Name = std::optional<std::string>;

/// What came of an action.
struct Outcome {
  std::optional<Trap> trap;
  /// The results are what was expected.
  bool matches = false;
  /// The results, for messages.
  std::string shown;
};

class Stage {
 public:
  virtual ~Stage() = default;

  /// Reads and validates all of a binary, and remembers it as `id` and as the last one defined.
  virtual Result<void> define(const Name& id, const std::vector<uint8_t>& binary) = 0;
  /// Instantiates a definition, the last one if none is named. The trap is that of the
  /// instantiation.
  virtual Result<std::optional<Trap>> instantiate(const Name& instance, const Name& definition) = 0;
  virtual Result<void> register_as(const std::string& name, const Name& instance) = 0;
  virtual Result<Outcome> act(const text::Action& action,
                              std::span<const text::Pattern> expected) = 0;
  virtual bool has_instance(const std::string& id) const = 0;
};

}  // namespace reprise::wast
