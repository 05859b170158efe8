// The heap in a form that other processes can take back.
//
// What Heap::freeze() gives is quick to make and to take back, but its objects name their types by
// numbers of this process, and who takes it back believes every word of it. Here types have numbers
// that follow from the program: the types of a store's modules, in the order of its instances and
// of each module's own list, each counted once. And what comes back is looked at: that blocks
// follow one another to the end, that each object is as long as its type says, that the lists of
// free blocks are lists of free blocks, and that what is said to be a reference is one.
//
// Where objects begin need not be said: it follows from walking over them. Names of objects are
// offsets, so they are the same anywhere.

#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::runtime {

class StoreCore;

struct PortableHeap {
  /// Counters, and where lists of free blocks begin.
  std::vector<uint8_t> state;
  /// The heap from its beginning to the end of what was ever used. Most of it is the same in a
  /// snapshot a little later, at the same places.
  std::vector<uint8_t> objects;
};

/// Of what Heap::freeze() gave in a store with the same instances. Fails with `unsupported` if
/// there is an object of a type that none of their modules has.
Result<PortableHeap> to_portable(StoreCore& store, Bytes frozen);

/// What Heap::thaw() takes, in a store with the same instances. `objects` may have more bytes
/// behind them. Fails with `malformed`.
Result<std::vector<uint8_t>> from_portable(StoreCore& store, Bytes state, Bytes objects);

/// Once heap and store have been thawed, and before anything reads objects: that what is said to be
/// a reference is one. Fails with `malformed`.
Result<void> check_objects(StoreCore& store);

}  // namespace reprise::runtime
