#include "wasm/opcodes.hpp"

#include "wasm/decode_table.hpp"

namespace reprise::wasm {

std::optional<Opcode> find_opcode(uint8_t prefix, uint32_t code) {
  const uint16_t found = kDecodeTable.find(prefix, code);
  if (found == DecodeTable::kNone) return std::nullopt;
  return static_cast<Opcode>(found);
}

}  // namespace reprise::wasm
