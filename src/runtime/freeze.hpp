// A store's state, and a stopped activation, as bytes: without addresses, so that it can be put
// back into the same store later, or into one that was made the same way in another process.
//
// What is not in it: code, types, functions and instances, which the store that takes it back must
// have already; and the bytes of memories, which whoever keeps snapshots shares between them.
//
// An activation can be frozen at a tick only (runtime/observer.hpp), in the code that production
// runs: its slots are copied as they are, and what is an address in them (frame headers) is said by
// instance, function and word of code. Word numbers belong to one version of the code generator:
// frozen state is a cache, not an archive.

#pragma once

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::runtime {

class Activation;
class StoreCore;

/// Tables, globals, dropped segments and the heap.
void freeze_store(StoreCore& store, ByteWriter& out);
/// Fails with `malformed` when the bytes are not of a store like this one.
Result<void> thaw_store(StoreCore& store, ByteReader& in);

/// Fails with `unsupported` where it cannot be frozen: inside a native function that keeps more
/// than plain data, in observed code, not stopped at all.
Result<void> freeze_activation(const Activation& activation, ByteWriter& out);
/// Makes an idle activation a stopped one.
Result<void> thaw_activation(Activation& activation, ByteReader& in);

}  // namespace reprise::runtime
