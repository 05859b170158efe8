// Opcodes and what is known of each without looking at a module; generated from opcodes.def.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wasm/types.hpp"

namespace reprise::wasm {

enum class Opcode : uint16_t {
#define OPCODE(name, prefix, code, mnemonic, immediate, signature, feature) name,
#include "wasm/opcodes.def"
#undef OPCODE
};

/// What follows an opcode in the binary (spec: binary/instructions).
enum class Immediate : uint8_t {
  none,
  block,        // block type
  label,        // label depth
  label_table,  // br_table: a list of depths, and the default
  try_table,    // block type and a list of catch clauses
  func,
  type,
  table,
  memory,
  local,
  global,
  tag,
  data,
  elem,           // one index
  type_table,     // call_indirect: type, then table
  data_memory,    // memory.init: data segment, then memory
  elem_table,     // table.init: element segment, then table
  memory_memory,  // memory.copy: destination, source
  table_table,    // table.copy: destination, source
  type_field,     // struct.get: type, then field number
  type_count,     // array.new_fixed: type, then number of elements
  type_data,
  type_elem,
  type_type,
  heap_type,
  br_on_cast,    // flags, label, source and target heap type
  select_types,  // a list of one value type
  i32,
  i64,
  f32,
  f64,
  v128,
  shuffle,  // sixteen lane numbers
  lane2,
  lane4,
  lane8,
  lane16,  // one lane number below that count
  memarg8,
  memarg16,
  memarg32,
  memarg64,
  memarg128,  // alignment and offset; natural width in bits
  memarg8_lane16,
  memarg16_lane8,
  memarg32_lane4,
  memarg64_lane2,  // then a lane number
  atomic8,
  atomic16,
  atomic32,
  atomic64,  // memarg whose alignment must be the natural one
  zero_byte,
};

/// The proposal that an instruction came with.
enum class Feature : uint8_t {
  mvp,
  sign_extension,
  saturating_float,
  bulk_memory,
  reference_types,
  simd,
  relaxed_simd,
  tail_call,
  function_references,
  gc,
  exceptions,
  threads,
};

struct OpcodeInfo {
  uint8_t prefix;  // 0: none
  uint16_t code;
  std::string_view mnemonic;
  Immediate immediate;
  Feature feature;
  /// nullptr when the instruction has a rule of its own; else see opcodes.def.
  const char* signature;
};

inline constexpr OpcodeInfo kOpcodes[] = {
#define OPCODE(name, prefix, code, mnemonic, immediate, signature, feature) \
  {prefix, code, mnemonic, Immediate::immediate, Feature::feature, signature},
#include "wasm/opcodes.def"
#undef OPCODE
};

inline constexpr uint32_t kOpcodeCount = sizeof(kOpcodes) / sizeof(kOpcodes[0]);

constexpr const OpcodeInfo& info(Opcode op) {
  return kOpcodes[static_cast<uint16_t>(op)];
}
constexpr std::string_view mnemonic(Opcode op) {
  return info(op).mnemonic;
}

/// The opcode with this encoding, if there is one. `prefix` 0 for one-byte codes.
std::optional<Opcode> find_opcode(uint8_t prefix, uint32_t code);

}  // namespace reprise::wasm
