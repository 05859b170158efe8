// Types of core modules as components see them: what a module imports and exports, and when one
// module, or one of its exports, can stand where another is asked for (spec: core, valid/matching).

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "reprise/result.hpp"
#include "wasm/module.hpp"

namespace reprise::component {

/// The alternatives stand in the order of wasm::ExternKind; a function is its type's id.
using CoreExternType =
    std::variant<wasm::TypeId, wasm::TableType, wasm::MemoryType, wasm::GlobalType, wasm::TagType>;
inline wasm::ExternKind kind_of(const CoreExternType& type) {
  return static_cast<wasm::ExternKind>(type.index());
}
/// "func", "table"… as the text format has it.
std::string_view word_of(wasm::ExternKind kind);

struct CoreImport {
  std::string_view module;
  std::string_view name;
  CoreExternType type;
};

struct CoreExport {
  std::string_view name;
  CoreExternType type;
};

/// Exports by name; also all there is to know about a core instance.
class CoreExports {
 public:
  const CoreExport* find(std::string_view name) const;
  /// False if there is one of that name already.
  bool add(CoreExport item);
  const std::vector<CoreExport>& items() const { return items_; }

 private:
  std::vector<CoreExport> items_;
  std::unordered_map<std::string_view, uint32_t> index_;
};

struct ModuleType {
  std::vector<CoreImport> imports;
  CoreExports exports;
};

/// Fails with `invalid` if two imports have the same two names: components could not tell them
/// apart.
Result<ModuleType> module_type_of(const wasm::Module& module);
Result<void> check_distinct_imports(const ModuleType& type);

CoreExternType export_type(const wasm::Module& module, const wasm::Export& item);
CoreExternType import_type(const wasm::Module& module, const wasm::Import& item);

/// Whether `actual` can be given where `expected` is asked for; the error says what differs.
Result<void> match_core(const wasm::TypeRegistry& registry, const CoreExternType& actual,
                        const CoreExternType& expected);
Result<void> match_modules(const wasm::TypeRegistry& registry, const ModuleType& actual,
                           const ModuleType& expected);

/// "(func (param i32) (result i32))", "(memory 1)"…
std::string to_string(const wasm::TypeRegistry& registry, const CoreExternType& type);

}  // namespace reprise::component
