// Statistics: what a store has done so far, as plain numbers. They cost an increment
// where something happens that is dear anyway, and are there to be believed rather than argued
// about: that growing a memory from the host, allocating, collecting, and instantiating without a
// start function use no guest stack shows in `activations` and `stacks_taken` staying what they
// were.
//
//   const Statistics before = store.statistics();
//   Outcome<uint64_t> grown = memory.grow(store, 1).run();
//   assert(store.statistics().activations == before.activations);
//
// Thread rules: plain data; Store::statistics() is called on the store's thread.

#pragma once

#include <cstdint>

namespace reprise {

struct Statistics {
  /// Calls from the host into guest code (an activation has a guest stack).
  uint64_t activations = 0;
  /// Guest stacks that activations were given; `stacks_made` were not found in a pool.
  uint64_t stacks_taken = 0;
  uint64_t stacks_made = 0;
  /// Calls of `realloc` and its like from native functions, inside of an activation.
  uint64_t leaf_calls = 0;
  /// How often an activation was entered, and how often it was left waiting: an interpreted guest
  /// suspends by returning from its loop.
  uint64_t runs = 0;
  uint64_t parks = 0;
  /// Parks that were yields, at the end of a slice of fuel or at an epoch.
  uint64_t fuel_yields = 0;
  uint64_t epoch_yields = 0;
  /// Guests that trapped because they were interrupted.
  uint64_t interruptions = 0;
  /// Switches of native stacks. There is no code in this library that does it.
  static constexpr uint64_t native_stack_switches = 0;

  /// How often a memory or table grew, and how often it was a guest that had asked.
  uint64_t growths = 0;
  uint64_t guest_growths = 0;

  uint64_t instantiations = 0;
  uint64_t memories = 0;
  uint64_t tables = 0;
  /// Memories that came from the engine's pool, and those of them whose data was still mapped.
  uint64_t memories_pooled = 0;
  uint64_t images_reused = 0;
  /// Tables that began lazy: their elements become references when they are first needed.
  uint64_t lazy_tables = 0;

  /// Collections of garbage; how long they took together, and the longest. All of a collection is
  /// one pause.
  uint64_t collections = 0;
  uint64_t collection_nanoseconds = 0;
  uint64_t longest_collection_nanoseconds = 0;

  /// Frames of coroutines that were made in the arenas of the store's tasks, and how often an arena
  /// took memory from the system for them.
  uint64_t frames = 0;
  uint64_t frames_allocated = 0;
};

}  // namespace reprise
