// What a stopped guest's frame looks like to the DWARF layer: the seam between locations ("local 3,
// and 12 bytes from there") and whoever holds locals and memories: an interpreter's frame, a
// snapshot, a test.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace reprise::debug {

/// The bits of a Wasm value; `high` only counts for v128.
struct WasmBits {
  uint64_t low = 0;
  uint64_t high = 0;
};

/// Where a value is, if not in memory: bytes of a local, a global, or an operand of its frame.
struct WasmPlace {
  enum class Kind : uint8_t { local, global, operand };
  Kind kind = Kind::local;
  uint32_t index = 0;
  uint64_t offset = 0;
};

class FrameState {
 public:
  virtual ~FrameState() = default;

  /// By index; an i32 or f32 is in the low half of `low`. None if there is no such thing, or its
  /// value isn't known any more.
  virtual std::optional<WasmBits> local(uint32_t index) const = 0;
  virtual std::optional<WasmBits> global(uint32_t index) const = 0;
  /// Of the function's operand stack, from its bottom.
  virtual std::optional<WasmBits> operand(uint32_t index) const = 0;
  /// Fills all of `out` from the module's memory 0, or answers false.
  virtual bool read_memory(uint64_t address, std::span<uint8_t> out) const = 0;
};

}  // namespace reprise::debug
