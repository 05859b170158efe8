// What many stores share: types, the tier that runs code, and choices that code depends on.

#pragma once

#include <memory>

#include "runtime/code.hpp"
#include "runtime/interrupt.hpp"
#include "runtime/memory.hpp"
#include "runtime/pool.hpp"
#include "wasm/type_registry.hpp"

namespace reprise::runtime {

struct EngineOptions {
  /// guard_pages falls back to explicit checks where the machine has no support for them.
  Bounds bounds = Bounds::guard_pages;
  /// Code charges fuel (meter.hpp). Without it nothing of that is in the code.
  bool fuel = false;
  /// What is kept for the next instances.
  Pool::Options pool = {};
};

/// Thread-safe, immutable but for its clock, and outlives everything made with it.
/// `code::make_engine` makes one.
class Engine {
 public:
  Engine(EngineOptions options, std::shared_ptr<wasm::TypeRegistry> types,
         std::unique_ptr<const Tier> tier);

  Bounds bounds() const { return options_.bounds; }
  bool charges_fuel() const { return options_.fuel; }
  const std::shared_ptr<wasm::TypeRegistry>& types() const { return types_; }
  const Tier& tier() const { return *tier_; }
  /// What instances are made of. Outlives the stores.
  Pool& pool() const { return pool_; }
  /// Epochs and deadlines of all its stores.
  Clock& clock() const { return clock_; }
  std::shared_ptr<ModuleCode> load(std::shared_ptr<const wasm::Module> module) const {
    return tier_->load(std::move(module));
  }

 private:
  EngineOptions options_;
  std::shared_ptr<wasm::TypeRegistry> types_;
  std::unique_ptr<const Tier> tier_;
  mutable Clock clock_;
  mutable Pool pool_;
};

}  // namespace reprise::runtime
