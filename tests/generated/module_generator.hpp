// Makes a valid module of any bytes, the same one of the same bytes, whose runs end: each function
// and each turn of a loop costs fuel, and what has none left traps. The instructions come from the
// table that the engine reads by (wasm/opcodes.def): everything of WebAssembly 2.0 and tail calls,
// except what another engine may answer otherwise. NaNs are made canonical by the module itself, so
// that engines which choose other bits agree, too.
//
// Exports: memory "m", globals "g0"… (all but vectors), functions "f0"…, and "refuel".

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wasm/types.hpp"

namespace reprise::generated {

struct GeneratedFunction {
  std::string name;
  std::vector<wasm::ValueType> parameters;
  std::vector<wasm::ValueType> results;
};

struct GeneratedModule {
  std::vector<uint8_t> binary;
  /// Those without vectors in their signature, which anybody can call.
  std::vector<GeneratedFunction> functions;
  std::vector<wasm::ValueType> globals;  // that are exported, by number
};

GeneratedModule generate_module(Bytes choices);

/// Bytes to make a module of, from a number.
std::vector<uint8_t> choices_from(uint64_t seed);

}  // namespace reprise::generated
