// Instantiation of a core module (spec: exec/modules §instantiation), in two halves: everything up
// to the start function happens here and runs no guest code; the start function is an ordinary
// call.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "reprise/result.hpp"
#include "reprise/trap.hpp"
#include "runtime/store.hpp"

namespace reprise::runtime {

struct Instantiated {
  InstanceId instance;
  /// An active segment did not fit. The instance exists (what it wrote before stays, and tables may
  /// refer to it), but must not be entered.
  std::optional<Trap> trap = {};
  /// To be called before anything else is.
  std::optional<FuncId> start = {};
};

/// The plan of an instantiation, to be asked about before it is made.
ResourceRequest creation_of(const wasm::Module& module);

/// `imports` in the order of module.imports. Errors: `link`, listing every import that is missing
/// or of the wrong type; `limit`. On an error the store is as it was.
Result<Instantiated> instantiate(StoreCore& store, std::shared_ptr<ModuleCode> code,
                                 std::span<const Extern> imports, std::string name = {});

/// "(func (param i32) (result i64))": for messages about links.
std::string describe(StoreCore& store, const Extern& item);

}  // namespace reprise::runtime
