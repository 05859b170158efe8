// The pool of an engine: what instances are made of, kept for the next one. Reserving 8 GiB of
// addresses for a memory, mapping its data, reserving a guest stack, and giving all that back cost
// tens of microseconds; taking them from here costs none.
//
// What comes back is made as good as new at once, so that nothing of a store outlives it: pages
// that were written are given to the system (a memory's mapped data shows its first contents
// again), slots of tables and function records that were written are cleared one by one.
//
// A memory slot keeps the data image it had mapped, and an instance of the same module gets such a
// slot first: then nothing needs to be mapped, or protected, at all. Idle slots cost addresses, not
// memory. Thread rules: any thread.

#pragma once

#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/module_image.hpp"
#include "runtime/reservation.hpp"
#include "runtime/value.hpp"

namespace reprise::runtime {

/// A linear memory's addresses. The image, if any, is mapped where it says, and committed.
struct MemorySlot {
  Reservation reservation;
  std::shared_ptr<const DataImage> image;
};

struct FreeSlots {
  void operator()(Slot* p) const { std::free(p); }
};
/// From malloc and its kin.
using SlotBlock = std::unique_ptr<Slot[], FreeSlots>;

/// Slots of a table, zero wherever nobody wrote.
struct ElementSlots {
  SlotBlock slots;
  size_t count = 0;
};

class Pool {
 public:
  struct Options {
    /// Idle ones that are kept, each.
    size_t memories = 64;
    size_t stacks = 64;
    size_t stores = 64;
    size_t tables = 64;
  };

  explicit Pool(const Options& options) : options_(options) {}

  /// Of exactly `size` reserved bytes, with `image` mapped if there is one, and no page accessible
  /// beyond `committed`.
  struct TakenMemory {
    MemorySlot slot;
    bool was_pooled = false;
    bool had_image = false;
  };
  Result<TakenMemory> take_memory(size_t size, std::shared_ptr<const DataImage> image,
                                  size_t committed);
  void give_back(MemorySlot slot);

  /// Guest stacks of `size` bytes; null base: there is none.
  Reservation take_stack(size_t size);
  void give_back_stack(Reservation stack);

  /// The function records of a store, all zero; null base: there is none.
  Reservation take_functions(size_t size);
  void give_back_functions(Reservation functions);

  ElementSlots take_elements(size_t count);
  /// All zero again.
  void give_back(ElementSlots elements);

 private:
  static Reservation take_of(std::vector<Reservation>& from, size_t size);

  const Options options_;
  std::mutex mutex_;
  std::vector<MemorySlot> memories_;
  std::vector<Reservation> stacks_;
  std::vector<Reservation> functions_;
  std::vector<ElementSlots> elements_;
};

}  // namespace reprise::runtime
