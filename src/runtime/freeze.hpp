// A store's state as bytes: without addresses, so that it can be put back into the same store
// later, or into one that was made the same way in another process.
//
// What is not in it: code, types, functions and instances, which the store that takes it back must
// have already; the stacks of activations (code/frozen_stack.hpp); and the bytes of memories, which
// whoever keeps snapshots shares between them.

#pragma once

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::runtime {

class StoreCore;

/// Tables, globals, dropped segments, fuel; not the heap (heap.hpp), which must have been thawed
/// before.
void freeze_store(StoreCore& store, ByteWriter& out);
/// Fails with `malformed` when the bytes are not of a store like this one.
Result<void> thaw_store(StoreCore& store, ByteReader& in);

}  // namespace reprise::runtime
