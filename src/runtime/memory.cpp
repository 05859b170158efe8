// Memories over reservations: what is reserved, and growth.

#include "runtime/memory.hpp"

#include <algorithm>

#include "wasm/limits.hpp"

namespace reprise::runtime {

Result<Memory> Memory::create(const wasm::MemoryType& type, Bounds bounds, uint64_t max_bytes,
                              Pool* pool, std::shared_ptr<const DataImage> image) {
  const uint64_t type_max =
      type.is_64 ? wasm::limits::kMemory64Pages : wasm::limits::kMemory32Pages;
  const uint64_t declared = std::min(type.limits.maximum.value_or(type_max), type_max);

  Memory memory;
  memory.type_ = type;
  memory.max_pages_ = std::min(declared, max_bytes / kPageBytes);
  if (type.limits.minimum > memory.max_pages_)
    return fail(ErrorKind::limit, "a memory of " + std::to_string(type.limits.minimum) +
                                      " pages is larger than this store allows");
  const bool guarded = bounds == Bounds::guard_pages && !type.is_64;
  const uint64_t reserve = guarded ? kGuardedReservation : memory.max_pages_ * kPageBytes;
  if (pool != nullptr) {
    REPRISE_ASSIGN(Pool::TakenMemory taken,
                   pool->take_memory(Reservation::rounded(std::max<uint64_t>(reserve, 1)),
                                     std::move(image), type.limits.minimum * kPageBytes));
    memory.slot_ = std::move(taken.slot);
    memory.was_pooled_ = taken.was_pooled;
    memory.had_image_ = taken.had_image;
  } else {
    REPRISE_ASSIGN(memory.slot_.reservation, Reservation::reserve(reserve));
  }
  REPRISE_TRY(memory.grow_to(type.limits.minimum));
  return memory;
}

Result<void> Memory::grow_to(uint64_t pages) {
  if (pages > max_pages_) return fail(ErrorKind::limit, "the memory's maximum is reached");
  REPRISE_TRY(slot_.reservation.commit(pages * kPageBytes));
  byte_size_ = std::max(byte_size_, pages * kPageBytes);
  return ok();
}

Result<void> Memory::resize(uint64_t pages) {
  if (pages >= this->pages()) return grow_to(pages);
  REPRISE_TRY(slot_.reservation.protect_beyond(pages * kPageBytes));
  byte_size_ = pages * kPageBytes;
  return ok();
}

}  // namespace reprise::runtime
