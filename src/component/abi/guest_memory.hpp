// A guest's memory as lifting and lowering see it: every range is checked for alignment and then
// for bounds, before a byte of it is touched.

#pragma once

#include <cstring>

#include "base/check.hpp"
#include "component/abi/context.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::component::abi {

constexpr uint64_t align_to(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}
constexpr bool is_aligned(uint64_t pointer, uint64_t alignment) {
  return (pointer & (alignment - 1)) == 0;
}
constexpr bool is_within(uint64_t pointer, uint64_t size, uint64_t memory_size) {
  return size <= memory_size && pointer <= memory_size - size;
}

using wit::load_bits;
using wit::store_bits;

std::unexpected<Trap> unaligned_pointer(uint64_t pointer, uint64_t alignment);
std::unexpected<Trap> pointer_out_of_bounds(uint64_t pointer, uint64_t size, uint64_t memory_size);

/// For lifting: no guest code runs meanwhile, so pointers into the memory stay good.
class LiftMemory {
 public:
  explicit LiftMemory(Context& context) : context_(context), bytes_(context.instance.memory()) {}

  Context& context() const { return context_; }
  uint64_t size() const { return bytes_.size(); }

  TrapOr<const uint8_t*> range(uint64_t pointer, uint64_t size, uint64_t alignment) const {
    if (!is_aligned(pointer, alignment)) [[unlikely]]
      return unaligned_pointer(pointer, alignment);
    if (!is_within(pointer, size, bytes_.size())) [[unlikely]]
      return pointer_out_of_bounds(pointer, size, bytes_.size());
    return bytes_.data() + pointer;
  }
  /// The elements of a list (spec: load_list_from_range).
  TrapOr<const uint8_t*> list(uint64_t pointer, uint64_t length, const Layout& element);
  /// Counts what a string or list makes the host hold against kMaxLiftedBytes.
  TrapOr<void> spend(uint64_t bytes);

 private:
  Context& context_;
  std::span<uint8_t> bytes_;
  uint64_t budget_ = kMaxLiftedBytes;
};

/// For lowering: realloc may grow the memory, so it is looked up again after every call, and places
/// in it are offsets.
class LowerMemory {
 public:
  explicit LowerMemory(Context& context) : context_(context), bytes_(context.instance.memory()) {}

  Context& context() const { return context_; }

  /// Calls realloc and checks what it returned (spec: LiftLowerContext.reallocate and the trap_ifs
  /// that follow each use of it).
  TrapOr<uint64_t> reallocate(uint64_t old_pointer, uint64_t old_size, uint64_t alignment,
                              uint64_t new_size);
  TrapOr<uint64_t> allocate(uint64_t alignment, uint64_t size) {
    return reallocate(0, 0, alignment, size);
  }
  /// Space for a list's elements (spec: store_list_into_range).
  TrapOr<uint64_t> allocate_list(uint64_t length, const Layout& element);

  /// Checks a place that the guest named.
  TrapOr<void> check(uint64_t pointer, uint64_t size, uint64_t alignment) const {
    if (!is_aligned(pointer, alignment)) return unaligned_pointer(pointer, alignment);
    if (!is_within(pointer, size, bytes_.size())) {
      return pointer_out_of_bounds(pointer, size, bytes_.size());
    }
    return {};
  }

  /// A place that was checked, until the next reallocation.
  uint8_t* at(uint64_t pointer) const { return bytes_.data() + pointer; }
  void store(uint64_t pointer, uint64_t bits, uint32_t size) const {
    store_bits(at(pointer), bits, size);
  }

 private:
  Context& context_;
  std::span<uint8_t> bytes_;
};

}  // namespace reprise::component::abi
