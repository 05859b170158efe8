// Makes a valid module of any bytes, the same one of the same bytes, whose runs end: each function
// and each turn of a loop costs fuel, and what has none left traps. The instructions come from the
// table that the engine reads by (wasm/opcodes.def), except what another engine may answer
// otherwise. NaNs are made canonical by the module itself, so that engines which choose other bits
// agree, too.
//
// Exports: memory "m", globals "g0"… (numbers only), functions "f0"…, and "refuel"; in the whole
// dialect memories "m1" and "m2", too.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wasm/types.hpp"

namespace reprise::generated {

enum class Dialect : uint8_t {
  shared,  // WebAssembly 2.0 and tail calls, which other engines have had for long
  whole,   // and objects, exceptions, typed references, several memories, one of 64 bits
};

struct GeneratedFunction {
  std::string name;
  std::vector<wasm::ValueType> parameters;
  std::vector<wasm::ValueType> results;
};

struct GeneratedModule {
  std::vector<uint8_t> binary;
  /// Those with nothing but numbers in their signature, which anybody can call.
  std::vector<GeneratedFunction> functions;
  std::vector<wasm::ValueType> globals;  // that are exported, by number
};

GeneratedModule generate_module(Bytes choices, Dialect dialect);

/// Bytes to make a module of, from a number.
std::vector<uint8_t> choices_from(uint64_t seed);

}  // namespace reprise::generated
