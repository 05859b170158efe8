// The store's garbage-collected heap: structs, arrays and exceptions (spec: exec/runtime §heap
// types).
//
// An object is named by its offset in one reserved stretch of memory, so references are the same on
// every machine and in every run. Objects never move. A header of 8 bytes tells type, kind and
// size:
//
//   bits 0..25   the canonical TypeId; for an exception, its tag's number
//   bits 26..27  kind          bits 28..30  log2 of an array's element size
//   bit  31      mark          bits 32..63  array: elements; else: 8-byte slots of payload
//
// A struct's fields are slots (two for v128), in order; an array's elements are packed; an
// exception holds the slots of its tag's parameters.
//
// Collection is mark and sweep, begun by an allocation when as much was allocated as was alive
// after the last one. It is precise: what is referred to from objects, globals, tables and segments
// is known by type, and what frames of VM stacks refer to by running the walk again over their
// functions (code/root_map.hpp). References to functions are numbers that may look like offsets, so
// slots of their types are no roots. Where objects begin is told by one bit per 8 bytes: what the
// host passes for a reference can be checked.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "runtime/reservation.hpp"
#include "runtime/value.hpp"
#include "wasm/type_registry.hpp"

namespace reprise::runtime {

/// Values of this type may name an object: references, but not to functions.
inline bool may_name_object(const wasm::TypeRegistry& types, wasm::ValueType type) {
  return type.is_reference() && types.top(type.heap()) != wasm::AbstractHeapType::func;
}

enum class ObjectKind : uint8_t { free, structure, array, exception };

class Heap {
 public:
  Heap(const wasm::TypeRegistry& types, uint64_t max_bytes)
      : types_(types), max_bytes_(max_bytes) {}

  /// Where fields lie in a struct, in slots, and which of them may name objects; of an array,
  /// whether its elements may.
  struct Layout {
    std::vector<uint32_t> field_slots;
    std::vector<uint32_t> reference_slots;
    uint32_t slots = 0;
    bool has_reference_elements = false;
  };
  const Layout& layout(wasm::TypeId type);

  // Allocation: zeroed (so every reference is null). kNullRef if the heap's limit does not allow
  // it. None of these collects: whoever allocates for a guest calls wants_collection() first.
  Slot allocate_struct(wasm::TypeId type);
  Slot allocate_array(wasm::TypeId type, uint32_t length);
  Slot allocate_exception(TagId tag, uint32_t slots);

  bool wants_collection() const { return allocated_ >= threshold_; }
  /// Collections are begun when so many bytes were allocated since the last, or as many as were
  /// alive after it, if that is more. 0: at each allocation. No guest can tell.
  void set_pace(uint64_t bytes) {
    pace_ = bytes;
    threshold_ = bytes;
  }

  // Under a growth door the heap uses no more than was granted; what the last allocation would have
  // needed is wanted(), 0 if it failed for another reason.
  uint64_t granted() const { return granted_; }
  uint64_t wanted() const { return wanted_; }
  void grant(uint64_t bytes) {
    granted_ = bytes;
    wanted_ = 0;
  }
  uint64_t max_bytes() const { return max_bytes_; }

  // Reading objects; `ref` must name one.
  uint64_t header(Slot ref) const { return *word(ref); }
  ObjectKind kind(Slot ref) const { return static_cast<ObjectKind>(header(ref) >> 26 & 3); }
  wasm::TypeId type(Slot ref) const {
    return wasm::TypeId(static_cast<uint32_t>(header(ref) & kTypeMask));
  }
  TagId tag(Slot ref) const { return TagId(static_cast<uint32_t>(header(ref) & kTypeMask)); }
  uint32_t length(Slot ref) const { return static_cast<uint32_t>(header(ref) >> 32); }
  Slot* slots(Slot ref) const { return word(ref) + 1; }
  uint8_t* elements(Slot ref) const { return reinterpret_cast<uint8_t*>(word(ref) + 1); }
  static uint32_t element_log2(const wasm::FieldType& element);

  /// Names an object of the heap, as opposed to null, an i31, a host's token, or nothing at all.
  bool is_object(Slot ref) const {
    return (ref & 7) == 0 && ref != 0 && ref < top_ && (starts_[ref / 512] >> (ref / 8 % 64) & 1);
  }

  /// Collects. `roots` is called once and calls mark() for each root. `parameters` gives the types
  /// of a tag's parameters.
  template <class Roots, class Parameters>
  void collect(Roots roots, Parameters parameters) {
    begin_marking();
    roots();
    trace(parameters);
    sweep();
  }
  /// During collect(): a root, whatever reference it is.
  void mark(Slot ref) {
    if (!is_object(ref) || (*word(ref) & kMark)) return;
    *word(ref) |= kMark;
    pending_.push_back(ref);
  }

  /// All objects, as bytes, and back; no bytes when there was never one. They are good in this
  /// process only: objects name their types by number, and who takes them back believes them.
  void freeze(ByteWriter& out) const;
  Result<void> thaw(ByteReader& in);

  /// End of the part that was ever used.
  uint64_t used_bytes() const { return top_; }
  uint64_t allocated_bytes() const { return live_ + allocated_; }
  uint64_t collections() const { return collections_; }

 private:
  static constexpr uint64_t kTypeMask = (uint64_t{1} << 26) - 1;
  static constexpr uint64_t kMark = uint64_t{1} << 31;
  static constexpr uint64_t kPace = uint64_t{1} << 20;
  /// Free blocks of fewer words have a list of their own for each size.
  static constexpr uint32_t kSmallWords = 64;

  Slot* word(Slot ref) const { return reinterpret_cast<Slot*>(memory_.base() + ref); }
  static uint64_t words_of(uint64_t header);
  /// A block of `words`, header included; kNullRef if there is no room.
  Slot take(uint64_t words);
  Slot take_from(Slot& list, uint64_t words);
  Slot bump(uint64_t words);
  bool reserve();
  /// The first `need` bytes can be written.
  bool commit(uint64_t need);
  void give_back(Slot ref, uint64_t words);
  Slot finish(Slot ref, uint64_t words, uint64_t header);
  void begin_marking();
  void trace(const std::function<std::span<const wasm::ValueType>(TagId)>& parameters);
  void trace_object(Slot ref,
                    const std::function<std::span<const wasm::ValueType>(TagId)>& parameters);
  void sweep();

  const wasm::TypeRegistry& types_;
  const uint64_t max_bytes_;
  Reservation memory_;
  std::vector<uint64_t> starts_;  // one bit for each 8 bytes: an object begins here
  uint64_t top_ = 0;              // end of the part that was ever used
  uint64_t live_ = 0;             // bytes alive after the last collection
  uint64_t allocated_ = 0;        // bytes allocated since
  uint64_t pace_ = kPace;
  uint64_t threshold_ = kPace;
  uint64_t collections_ = 0;
  uint64_t granted_ = UINT64_MAX;
  uint64_t wanted_ = 0;
  std::array<Slot, kSmallWords> small_{};  // free blocks, linked through their second word
  Slot large_ = 0;
  std::vector<Slot> pending_;
  std::unordered_map<uint32_t, std::unique_ptr<Layout>> layouts_;
};

}  // namespace reprise::runtime
