#include "component/abi/guest_memory.hpp"

#include <fmt/format.h>

namespace reprise::component::abi {

/// What the ABI lets realloc be asked for (spec: REALLOC_I32_MAX).
constexpr uint64_t kReallocMax = 0xffffffff;

std::unexpected<Trap> unaligned_pointer(uint64_t pointer, uint64_t alignment) {
  return trap(TrapKind::abi_misaligned,
              fmt::format("unaligned pointer: {:#x} is no multiple of {}", pointer, alignment));
}

std::unexpected<Trap> pointer_out_of_bounds(uint64_t pointer, uint64_t size, uint64_t memory_size) {
  return trap(TrapKind::abi_out_of_bounds,
              fmt::format("pointer out of bounds of memory: {} bytes at {:#x} of {:#x}", size,
                          pointer, memory_size));
}

TrapOr<void> LiftMemory::spend(uint64_t bytes) {
  if (bytes > budget_) {
    return trap(TrapKind::abi_too_long,
                fmt::format("a value's strings and lists exceed {} bytes", kMaxLiftedBytes));
  }
  budget_ -= bytes;
  return {};
}

TrapOr<const uint8_t*> LiftMemory::list(uint64_t pointer, uint64_t length, const Layout& element) {
  if (length > kMaxByteLength / element.size) {
    return trap(TrapKind::abi_too_long,
                fmt::format("list too long: {} elements of {} bytes", length, element.size));
  }
  uint64_t size = length * element.size;
  if (!is_aligned(pointer, element.alignment)) return unaligned_pointer(pointer, element.alignment);
  if (is_within(pointer, size, bytes_.size())) {
    REPRISE_TRY(spend(size));
    return bytes_.data() + pointer;
  }
  return trap(TrapKind::abi_out_of_bounds,
              fmt::format("list pointer/length out of bounds of memory: {} bytes at {:#x} of {:#x}",
                          size, pointer, bytes_.size()));
}

TrapOr<uint64_t> LowerMemory::reallocate(uint64_t old_pointer, uint64_t old_size,
                                         uint64_t alignment, uint64_t new_size) {
  REPRISE_ASSIGN(uint64_t pointer,
                 context_.instance.realloc(old_pointer, old_size, alignment, new_size));
  bytes_ = context_.instance.memory();
  if (!is_aligned(pointer, alignment)) {
    return trap(TrapKind::abi_misaligned,
                fmt::format("realloc return: result not aligned: {:#x} is no multiple of {}",
                            pointer, alignment));
  }
  if (!is_within(pointer, new_size, bytes_.size())) {
    return trap(TrapKind::abi_out_of_bounds,
                fmt::format("realloc return: beyond end of memory: {} bytes at {:#x} of {:#x}",
                            new_size, pointer, bytes_.size()));
  }
  return pointer;
}

TrapOr<uint64_t> LowerMemory::allocate_list(uint64_t length, const Layout& element) {
  if (length > kReallocMax / element.size) {
    return trap(TrapKind::abi_too_long,
                fmt::format("list too long: {} elements of {} bytes", length, element.size));
  }
  return allocate(element.alignment, length * element.size);
}

}  // namespace reprise::component::abi
