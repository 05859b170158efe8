// Constant expressions (spec: valid/instructions §constant expressions): initial values of globals
// and tables, offsets and items of segments.

#pragma once

#include "base/bytes.hpp"
#include "wasm/module.hpp"

namespace reprise::wasm {

/// Reads one expression through its `end`, checks that it is constant and has type `expected`,
/// appends its decoded form to module.const_code, and marks the functions it names as declared. It
/// may read the globals that `module` has so far.
Result<ConstExpression> read_const_expression(ByteReader& in, Module& module, ValueType expected);

}  // namespace reprise::wasm
