// Reads the state of a stopped run as plain data.

#pragma once

#include <vector>

#include "debug/dwarf/value.hpp"
#include "debug/modules.hpp"
#include "debug/run.hpp"
#include "debug/state.hpp"

namespace reprise::debug {

class Inspector {
 public:
  Inspector(Run& run, const ModuleSet& modules) : run_(run), modules_(modules) {}

  std::vector<DebugFrame> frames() const;
  Result<std::vector<TypedValue>> locals(size_t frame) const;
  Result<std::vector<TypedValue>> operands(size_t frame) const;

  Result<std::vector<VariableInfo>> variables(size_t frame) const;
  Result<std::vector<VariableInfo>> source_globals(size_t frame) const;
  Result<std::vector<VariableInfo>> children(size_t frame, std::string_view path, uint64_t first,
                                             uint64_t count) const;
  Result<VariableInfo> evaluate(size_t frame, std::string_view expression) const;
  Result<uint64_t> evaluate_number(size_t frame, std::string_view expression) const;

  std::vector<MemoryInfo> memories() const;
  std::vector<TableInfo> tables() const;
  std::vector<GlobalInfo> globals() const;
  std::vector<ResourceInfo> resources() const;
  /// Those of one instance, as its code counts them.
  std::vector<TypedValue> globals_of(uint32_t instance) const;
  Result<std::vector<uint8_t>> read_memory(uint32_t memory, uint64_t address, uint64_t size) const;
  Result<std::vector<TypedValue>> read_table(uint32_t table, uint64_t first, uint64_t count) const;

 private:
  /// A frame of the list, with what stands on it.
  struct Selected;
  Result<Selected> select(size_t frame) const;
  Result<Selected> select_source(size_t frame) const;
  VariableInfo show(const Value& value, const debug::FrameState& state, std::string name,
                    std::string path, uint32_t memory) const;

  /// "main.memory": the first instance that has it, and its export's name there.
  std::string name_of(wasm::ExternKind kind, uint32_t number) const;

  Run& run_;
  const ModuleSet& modules_;
};

/// A value as text, by its type.
TypedValue typed_value(std::string name, wasm::ValueType type, WasmBits bits);

}  // namespace reprise::debug
