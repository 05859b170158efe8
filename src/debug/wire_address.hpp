// Addresses as debuggers' protocols carry them. LLDB puts all address spaces of a Wasm program into
// one of 64 bits: two bits say which kind, thirty which one of that kind, the others are the
// offset.

#pragma once

#include <cstdint>

#include "debug/stop.hpp"

namespace reprise::debug {

struct WireAddress {
  enum class Kind : uint8_t { memory = 0, object = 1, global = 2, invalid = 3 };
  Kind kind = Kind::memory;
  /// The memory's number, or the module's.
  uint32_t number = 0;
  uint32_t offset = 0;

  static WireAddress decode(uint64_t wire) {
    return {.kind = static_cast<Kind>(wire >> 62),
            .number = static_cast<uint32_t>(wire >> 32) & 0x3fffffff,
            .offset = static_cast<uint32_t>(wire)};
  }
  uint64_t encode() const {
    return uint64_t{static_cast<uint8_t>(kind)} << 62 | uint64_t{number & 0x3fffffff} << 32 |
           offset;
  }
  static WireAddress of(const CodeLocation& code) {
    return {
        .kind = Kind::object, .number = code.module, .offset = static_cast<uint32_t>(code.offset)};
  }
  CodeLocation code() const { return {.module = number, .offset = offset}; }
};

}  // namespace reprise::debug
