// Instructions that read or write memory at an address that they take from the stack: how many
// bytes, and how those lie in the value.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "code/frame_state.hpp"
#include "debug/flow.hpp"

namespace reprise::debug {

struct MemoryAccess {
  /// Bytes in memory, which are the lowest of the value.
  uint64_t size = 0;
  /// Of a vector, it is one lane, by the instruction's number.
  bool is_lane = false;
  /// The bytes fill the value again and again.
  bool repeats = false;
};

/// Nothing for what writes no value as it is; atomic exchanges do.
std::optional<MemoryAccess> store_of(wasm::Opcode op);
/// Nothing for what loads more than copies of bytes.
std::optional<MemoryAccess> load_of(wasm::Opcode op);

/// An operand of an address type.
inline uint64_t address_of(const code::TypedSlot& operand) {
  return operand.type == wasm::kI32 ? static_cast<uint32_t>(operand.low) : operand.low;
}

/// "the constant 42".
std::string constant_text(const FlowStep& step);

}  // namespace reprise::debug
