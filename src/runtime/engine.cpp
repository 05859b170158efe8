// Making an engine settles what the machine can do.

#include "runtime/engine.hpp"

#include "runtime/fault.hpp"

namespace reprise::runtime {

Engine::Engine(EngineOptions options, std::shared_ptr<wasm::TypeRegistry> types,
               std::unique_ptr<const Tier> tier)
    : options_(options), types_(std::move(types)), tier_(std::move(tier)), pool_(options.pool) {
  if (!guard_pages_supported()) options_.bounds = Bounds::explicit_checks;
  if (options_.bounds == Bounds::guard_pages) install_fault_handler();
}

}  // namespace reprise::runtime
