// An instance of a core module: its index spaces, resolved. What code touches at run time is laid
// out as plain arrays of pointers to things that never move (the store owns them all); the
// interpreter reads these fields directly.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/code.hpp"
#include "runtime/memory.hpp"
#include "runtime/table.hpp"
#include "runtime/value.hpp"
#include "wasm/module.hpp"

namespace reprise::runtime {

class StoreCore;

/// A function of the store; FuncId indexes them. Plain data, so that call_indirect reads it in one
/// line.
struct Function {
  CodeCell* cell = nullptr;
  /// Whose function; null for a native one.
  Instance* instance = nullptr;
  wasm::TypeId type;
  /// In its module's function index space; for a native function, its number in the store.
  uint32_t index = 0;

  bool is_native() const { return instance == nullptr; }
};

struct Global {
  /// v128 takes both, low half first.
  Slot value[2] = {0, 0};
  wasm::GlobalType type;
};

struct Tag {
  wasm::TypeId type;
};

struct Instance {
  // What handlers read; index spaces include imports, but for functions: imports only.
  uint8_t* memory0 = nullptr;
  Function** functions = nullptr;
  Slot** globals = nullptr;
  Memory** memories = nullptr;
  Table** tables = nullptr;

  StoreCore* store = nullptr;
  InstanceId id;
  std::shared_ptr<ModuleCode> code;
  /// For backtraces.
  std::string name;

  std::vector<Function*> imported_functions;
  /// The first function of its own; the others follow.
  FuncId first_function;
  std::vector<Slot*> global_space;
  std::vector<Memory*> memory_space;
  std::vector<Table*> table_space;
  // The same by id, for exports and the host.
  std::vector<TableId> table_ids;
  std::vector<MemoryId> memory_ids;
  std::vector<GlobalId> global_ids;
  std::vector<TagId> tag_ids;

  /// Segments as memory.init and table.init see them: dropped ones are empty.
  std::vector<Bytes> data_segments;
  std::vector<std::vector<Slot>> element_segments;

  const wasm::Module& module() const { return code->module(); }
};

}  // namespace reprise::runtime
