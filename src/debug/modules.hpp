// The core modules of a program, with their debug information: from names to places in code and
// back.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "debug/dwarf/symbol_file.hpp"
#include "debug/state.hpp"
#include "embed/program_file.hpp"

namespace reprise::debug {

class ModuleSet {
 public:
  static Result<ModuleSet> open(const embed::ProgramFile& program,
                                std::vector<std::string> symbol_directories);

  std::span<const ModuleInfo> all() const { return modules_; }
  const ModuleInfo& operator[](uint32_t number) const { return modules_[number]; }
  /// Nothing for a module that is none of the program's.
  std::optional<uint32_t> number_of(const wasm::Module& module) const;

  /// The function that has the instruction; nothing between functions.
  std::optional<uint32_t> function_at(const CodeLocation& location) const;
  /// The name section's, an export's, or "function 12".
  std::string function_name(uint32_t module, uint32_t function) const;
  /// "quicksort at sort.c:41", or "main+0x1a3".
  std::string describe(const CodeLocation& location) const;

  /// Where breakpoints of that place stand. Fails with `usage` when nothing fits.
  Result<std::vector<CodeLocation>> resolve(const FunctionPlace& place) const;
  Result<std::vector<CodeLocation>> resolve(const LinePlace& place) const;
  Result<std::vector<CodeLocation>> resolve(const CodeLocation& place) const;

 private:
  Result<void> add(const runtime::ModuleCode& code, const SymbolSearch& search);

  std::vector<ModuleInfo> modules_;
};

/// The first instruction of a function that is not imported; 0 if its body is malformed.
uint64_t first_instruction(const wasm::Module& module, uint32_t function);

}  // namespace reprise::debug
