// Validation of function bodies: the walk with an emitter that does nothing.

#pragma once

#include "reprise/result.hpp"
#include "wasm/module.hpp"
#include "wasm/walk.hpp"

namespace reprise::wasm {

/// Validates the body of function `index` (which must not be an import) and gives its frame's
/// shape.
Result<FunctionShape> validate_function(const Module& module, uint32_t index);
/// The same with scratch space that is used again from one function to the next.
Result<FunctionShape> validate_function(const Module& module, uint32_t index, WalkScratch& scratch);

/// Validates all bodies. The error is that of the first function that has one.
Result<void> validate_module(const Module& module);

/// read_module, then validate_module.
Result<std::shared_ptr<const Module>> read_and_validate(ModuleBytes source,
                                                        std::shared_ptr<TypeRegistry> registry);

}  // namespace reprise::wasm
