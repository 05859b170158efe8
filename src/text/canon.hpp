// The canonical definitions, generated from canon.def: the encoder, the parser and the printer of
// component text, and the reader of component binaries go by this one table.

#pragma once

#include <cstdint>
#include <string_view>

namespace reprise::text {

/// What follows the opcode of a canonical definition, in text and in binary.
enum class CanonOperands : uint8_t {
  none,
  lift,   // core function, options, type
  lower,  // function, options
  type,
  type_options,
  type_async,
  async,           // a flag
  cancel,          // a flag
  cancel_memory,   // a flag and a memory
  result_options,  // result type if any, options
  context,         // core value type, number of the slot
  options,
  core_type_table,
  shared,
  shared_core_type,
  shared_core_type_table,
};

enum class CanonOp : uint8_t {
#define CANON(opcode, identifier, text, operands) identifier = opcode,
#include "text/canon.def"
#undef CANON
};

struct CanonInfo {
  CanonOp op;
  std::string_view word;
  CanonOperands operands;
};
inline constexpr CanonInfo kCanons[] = {
#define CANON(opcode, identifier, text, operands) \
  {CanonOp::identifier, text, CanonOperands::operands},
#include "text/canon.def"
#undef CANON
};

/// Null if there is no such opcode.
constexpr const CanonInfo* find_canon(uint8_t opcode) {
  for (const CanonInfo& info : kCanons) {
    if (static_cast<uint8_t>(info.op) == opcode) return &info;
  }
  return nullptr;
}

constexpr std::string_view to_string(CanonOp op) {
  const CanonInfo* info = find_canon(static_cast<uint8_t>(op));
  return info ? info->word : "?";
}

}  // namespace reprise::text
