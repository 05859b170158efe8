// The instructions of a function as text, each with its offset in the module.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "wasm/module.hpp"

namespace reprise::debug {

struct DisassembledLine {
  uint64_t offset = 0;
  uint64_t size = 0;
  std::string text;
};

/// Of the function that the offset lies in. Fails with `usage` if it lies in none.
Result<std::vector<DisassembledLine>> disassemble_function(const wasm::Module& module,
                                                           uint64_t offset);

}  // namespace reprise::debug
