// What many stores share: types, the tier that runs code, and choices that code depends on.

#pragma once

#include <memory>

#include "runtime/code.hpp"
#include "runtime/memory.hpp"
#include "wasm/type_registry.hpp"

namespace reprise::runtime {

struct EngineOptions {
  /// guard_pages falls back to explicit checks where the machine has no support for them.
  Bounds bounds = Bounds::guard_pages;
};

/// Immutable, thread-safe, and outlives everything made with it. `code::make_engine` makes one.
class Engine {
 public:
  Engine(EngineOptions options, std::shared_ptr<wasm::TypeRegistry> types,
         std::unique_ptr<const Tier> tier);

  Bounds bounds() const { return options_.bounds; }
  const std::shared_ptr<wasm::TypeRegistry>& types() const { return types_; }
  const Tier& tier() const { return *tier_; }
  std::shared_ptr<ModuleCode> load(std::shared_ptr<const wasm::Module> module) const {
    return tier_->load(std::move(module));
  }

 private:
  EngineOptions options_;
  std::shared_ptr<wasm::TypeRegistry> types_;
  std::unique_ptr<const Tier> tier_;
};

}  // namespace reprise::runtime
