// A stopped or parked activation as bytes, and back: into the same store later, or into one that
// was made the same way by another process, on another machine, or by another version of the
// lowering.
//
// Nothing in it is an address. A frame is named by instance and function, and where it stands by
// the offset of an instruction in its module; every operand is written to its home first, as
// observed code has it, so that what a version of the lowering folds, and where, does not matter.
// What must be the same is the shape of frames, which the walk alone decides
// (runtime::kStackChargeVersion).
//
// What comes back is checked: that frames lie inside each other as calls do, that each stands at an
// instruction that may call what is above it, and that what is a reference by its type is one of
// the store's. Bytes that say something else are refused.

#pragma once

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::runtime {
class Activation;
}

namespace reprise::code {

/// Fails with `unsupported` where it cannot be frozen: while it runs, elsewhere than at a tick, or
/// inside a native function whose frames cannot be.
Result<void> freeze_activation(const runtime::Activation& activation, ByteWriter& out);

/// Makes an idle activation a stopped or parked one. The store's own state has been thawed before
/// (runtime/freeze.hpp). Fails with `malformed`.
Result<void> thaw_activation(runtime::Activation& activation, ByteReader& in);

}  // namespace reprise::code
