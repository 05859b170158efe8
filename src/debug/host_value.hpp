// Which part of a host call's result a byte in the guest is: "ok[12]", the 14th byte of the encoded
// value. A trace has the result as a value; where its parts went in the guest follows from its
// type.
//
// In a component that is the canonical ABI's layout, walked beside the value. WASI 0.1 functions
// each have a way of their own, so there the lowering itself is asked: it is done again on a copy
// of the memory with some bytes of the value changed, and halving what is changed finds the byte.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wit/type.hpp"

namespace reprise::debug {

struct HostPart {
  /// Empty: the result itself.
  std::string field;
  /// Of the encoded result.
  uint64_t byte = 0;
};

/// Of a value that lies at `pointer` in `memory`, as the canonical ABI has it: the part that has
/// the byte at `address`.
std::optional<HostPart> part_in_memory(wit::Type type, Bytes encoded, Bytes memory,
                                       wit::PointerWidth width, uint64_t pointer, uint64_t address);

/// Of a value that became a single number: its only part with a number, if it has one.
std::optional<HostPart> only_part(wit::Type type, Bytes encoded, uint64_t byte);

/// The byte that a lowering gives at some place, of a result that may be another than the recorded;
/// nothing if it cannot be lowered.
using LoweredByte = std::function<std::optional<uint8_t>(Bytes encoded)>;
std::optional<HostPart> part_by_trial(wit::Type type, Bytes encoded, const LoweredByte& lowered);

}  // namespace reprise::debug
