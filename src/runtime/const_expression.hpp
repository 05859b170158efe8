// Values of constant expressions (spec: exec/instructions §constant expressions), for globals,
// table initializers and segment offsets. The reader has validated them, so evaluation only
// computes.

#pragma once

#include "reprise/result.hpp"
#include "runtime/store.hpp"

namespace reprise::runtime {

struct ConstValue {
  Slot low = 0;
  Slot high = 0;  // v128 only
};

/// Globals that the expression reads must have been initialized. Fails with `limit` if it allocates
/// more than the store's heap holds.
Result<ConstValue> evaluate(StoreCore& store, Instance& instance,
                            const wasm::ConstExpression& expression);

}  // namespace reprise::runtime
