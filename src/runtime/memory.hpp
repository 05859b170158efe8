// A linear memory. It never moves: its whole range of addresses is reserved when it is made, and
// growing makes more of it accessible.
//
// With guards, a 32-bit memory reserves everything a 32-bit address plus a 32-bit offset can reach
// (8 GiB and one access more; address space, not memory), so that an access needs no check at all:
// beyond the memory's size it faults, and the fault becomes the guest's trap (fault.hpp). Without
// guards, and for 64-bit memories always, each access compares against `byte_size` first, and no
// more is reserved than the memory may grow to.

#pragma once

#include <cstdint>
#include <span>

#include "reprise/result.hpp"
#include "runtime/pool.hpp"
#include "wasm/types.hpp"

namespace reprise::runtime {

/// How accesses to 32-bit memories are kept inside: the same for all memories of an engine.
enum class Bounds : uint8_t { guard_pages, explicit_checks };

class Memory {
 public:
  static constexpr uint64_t kPageBytes = 65536;
  /// Furthest an access can reach in a 32-bit memory: address, offset, and a v128.
  static constexpr uint64_t kGuardedReservation = (uint64_t{1} << 33) + kPageBytes;

  /// `max_bytes` is the store's limit; a minimum beyond it is an error of kind limit.
  /// From the pool, if one is given; with the first contents in `image`, if that is.
  static Result<Memory> create(const wasm::MemoryType& type, Bounds bounds, uint64_t max_bytes,
                               Pool* pool = nullptr,
                               std::shared_ptr<const DataImage> image = nullptr);

  /// For the pool. The memory is gone.
  MemorySlot release() { return std::move(slot_); }
  bool was_pooled() const { return was_pooled_; }
  bool had_image() const { return had_image_; }

  /// As declared; `type().limits.minimum` is what it was created with.
  const wasm::MemoryType& type() const { return type_; }
  uint8_t* base() const { return slot_.reservation.base(); }
  uint64_t byte_size() const { return byte_size_; }
  uint64_t pages() const { return byte_size_ / kPageBytes; }
  /// No growth beyond this can succeed: the declared maximum and the store's limit.
  uint64_t max_pages() const { return max_pages_; }
  std::span<uint8_t> bytes() const { return {base(), byte_size_}; }

  /// True when [address, address + length) lies inside.
  bool contains(uint64_t address, uint64_t length) const {
    return length <= byte_size_ && address <= byte_size_ - length;
  }

  /// Makes the memory `pages` long. Fails, and changes nothing, beyond max_pages() or when the
  /// operating system has no more. Never shrinks.
  Result<void> grow_to(uint64_t pages);
  /// Makes it longer or shorter, for a state that is put back. What is new reads as zero.
  Result<void> resize(uint64_t pages);

 private:
  MemorySlot slot_;
  bool was_pooled_ = false;
  bool had_image_ = false;
  uint64_t byte_size_ = 0;
  uint64_t max_pages_ = 0;
  wasm::MemoryType type_;
};

}  // namespace reprise::runtime
