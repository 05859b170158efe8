// A guest for tests of the canonical ABI: a memory, a realloc that always moves and remembers how
// it was called, and handles that follow a simple rule. abi_oracle.py has the same guest in Python.

#pragma once

#include <cstring>
#include <tuple>
#include <vector>

#include "component/abi/context.hpp"

namespace reprise::component::abi {

struct ReallocCall {
  uint64_t old_pointer, old_size, alignment, new_size;
  bool operator==(const ReallocCall&) const = default;
};

struct TestGuest final : Instance {
  std::vector<uint8_t> bytes = std::vector<uint8_t>(128, 0xaa);
  std::vector<ReallocCall> calls;
  /// Where the next allocation goes.
  uint64_t next = 0;
  /// The number of the call that returns nonsense; 0 for none.
  size_t fail_at = 0;

  explicit TestGuest(uint64_t base = 0) : next(base) {}

  std::span<uint8_t> memory() override { return bytes; }

  TrapOr<uint64_t> realloc(uint64_t old_pointer, uint64_t old_size, uint64_t alignment,
                           uint64_t new_size) override {
    calls.push_back({old_pointer, old_size, alignment, new_size});
    uint64_t pointer = (next + alignment - 1) / alignment * alignment;
    if (calls.size() == fail_at) return alignment > 1 ? pointer + 1 : bytes.size() + 1;
    next = pointer + new_size;
    // Another place in the host's memory each time: nobody may have kept a pointer.
    std::vector<uint8_t> grown = bytes;
    if (next > grown.size()) grown.resize(next, 0xbb);
    std::memmove(grown.data() + pointer, bytes.data() + old_pointer, std::min(old_size, new_size));
    bytes = std::move(grown);
    return pointer;
  }

  TrapOr<uint32_t> lift_handle(Type, uint32_t index) override {
    if (index >= 1000) return trap(TrapKind::handle, "unknown handle");
    return index + 1;
  }
  TrapOr<uint32_t> lower_handle(Type, uint32_t ordinal) override { return ordinal * 2; }
};

}  // namespace reprise::component::abi
