// From encodings to opcodes: opcodes.def inverted, at compile time.

#pragma once

#include <array>
#include <cstdint>

#include "wasm/opcodes.hpp"

namespace reprise::wasm {

struct DecodeTable {
  static constexpr uint16_t kNone = 0xffff;
  static constexpr uint32_t kFirstPrefix = 0xfb;
  static constexpr uint32_t kPrefixes = 4;  // 0xfb to 0xfe
  static constexpr uint32_t kPrefixedCodes = 0x120;

  std::array<uint16_t, 256> one_byte{};
  std::array<std::array<uint16_t, kPrefixedCodes>, kPrefixes> prefixed{};

  consteval DecodeTable() {
    one_byte.fill(kNone);
    for (auto& table : prefixed) table.fill(kNone);
    for (uint16_t i = 0; i < kOpcodeCount; ++i) {
      const OpcodeInfo& row = kOpcodes[i];
      uint16_t& entry =
          row.prefix == 0 ? one_byte[row.code] : prefixed[row.prefix - kFirstPrefix][row.code];
      if (entry != kNone) throw "two rows of opcodes.def have the same encoding";
      entry = i;
    }
  }

  static constexpr bool is_prefix(uint8_t byte) {
    return byte >= kFirstPrefix && byte < kFirstPrefix + kPrefixes;
  }

  constexpr uint16_t find(uint8_t prefix, uint32_t code) const {
    if (prefix == 0) return code < one_byte.size() ? one_byte[code] : kNone;
    if (!is_prefix(prefix) || code >= kPrefixedCodes) return kNone;
    return prefixed[prefix - kFirstPrefix][code];
  }
};

inline constexpr DecodeTable kDecodeTable;

}  // namespace reprise::wasm
