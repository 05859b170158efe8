// Checked accesses to any memory: where the bytes are, or that they aren't there.

#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/memory.hpp"

namespace reprise::code {

/// The place of `size` bytes at address + offset, or null if they aren't inside.
inline uint8_t* checked_address(const runtime::Memory& memory, uint64_t address, uint64_t offset,
                                uint64_t size) {
  uint64_t at = 0;
  if (__builtin_add_overflow(address, offset, &at) || !memory.contains(at, size)) return nullptr;
  return memory.base() + at;
}

}  // namespace reprise::code
