// Reads a core module: everything but its function bodies, which are kept as ranges and validated
// when they are needed (validate.hpp). After read_module, all that instantiation looks at is known
// and valid.

#pragma once

#include <memory>

#include "reprise/result.hpp"
#include "wasm/module.hpp"

namespace reprise::wasm {

/// Errors: `malformed` and `invalid` as the specification's tests tell them apart, `limit` beyond
/// limits.hpp; offsets are from the start of the file. The module shares `source.owner`.
Result<std::shared_ptr<const Module>> read_module(ModuleBytes source,
                                                  std::shared_ptr<TypeRegistry> registry);

/// The same, for bytes that the module is to own.
Result<std::shared_ptr<const Module>> read_module(std::vector<uint8_t> bytes,
                                                  std::shared_ptr<TypeRegistry> registry);

}  // namespace reprise::wasm
