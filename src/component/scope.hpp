// What is in scope while a component, component type or instance type is being read: its thirteen
// index spaces, its imports and exports so far, and which types have names.
//
// spec: Explainer.md §Index Spaces, §Name Uniqueness, §External Visibility of Types.

#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "component/component.hpp"
#include "component/names.hpp"

namespace reprise::component {

enum class ScopeKind : uint8_t { component, component_type, instance_type };
enum class Direction : uint8_t { import, export_ };
std::string_view to_string(Direction direction);

/// Names that must be strongly unique.
class NameSet {
 public:
  /// The name that `name` clashes with, if it does.
  const std::string* add(std::string key, std::string_view name);

 private:
  std::unordered_map<std::string, std::string> names_;
};

/// The resources imported (or exported) by name: what `[method]r.m` may refer to.
class ResourceNames {
 public:
  void add(std::string_view name, TypeId type) {
    by_type_[type] = name;
    names_.insert(name);
  }
  /// Checks the type of a `[constructor]`, `[method]` or `[static]` (spec: Binary.md).
  Result<void> check(const Types& types, const ExternName& name, Entity entity) const;

 private:
  Result<void> check_resource(TypeId resource, std::string_view name) const;

  std::unordered_map<TypeId, std::string_view> by_type_;
  std::unordered_set<std::string_view> names_;
};

using TypeSet = std::unordered_set<TypeId>;

struct CoreTypeEntry {
  /// One of the two.
  wasm::TypeId type;
  TypeId module;
};

struct Scope {
  explicit Scope(ScopeKind k) : kind(k) {}

  ScopeKind kind;

  std::vector<wasm::TypeId> core_funcs;
  std::vector<wasm::TableType> core_tables;
  std::vector<wasm::MemoryType> core_memories;
  std::vector<wasm::GlobalType> core_globals;
  std::vector<wasm::TagType> core_tags;
  std::vector<CoreTypeEntry> core_types;
  /// core_types without what is in them of modules: what type indices inside core types mean.
  std::vector<wasm::TypeId> core_type_ids;
  std::vector<TypeId> core_modules;
  std::vector<std::shared_ptr<const CoreExports>> core_instances;
  std::vector<TypeId> funcs, types, instances, components;

  ExternMap imports, exports;
  NameSet import_names, export_names;
  ResourceNames imported_resource_names, exported_resource_names;

  /// Types with a name that imports may mention, and those that exports may.
  TypeSet import_visible, export_visible;

  /// Bound by the type that this scope becomes.
  std::vector<ResourceId> imported, defined;

  // ScopeKind::component only:
  ComponentCode* code = nullptr;
  /// Resources that were defined right here: what resource.new and .rep may name.
  std::unordered_set<ResourceId> local_resources;
  std::unordered_map<ResourceId, uint32_t> slots;
  /// Function and value types that steps mention, to be made when the component is complete.
  std::vector<TypeId> func_types, value_types;
  std::unordered_map<TypeId, uint32_t> func_type_index, value_type_index;
};

/// Whether everything that an import or export mentions has a name; gives names to the types in it.
/// Fails with `invalid` if not. `referenced` is, for a type, the one that it was made from.
Result<bool> name_entity(Types& types, Scope& scope, Direction direction, Entity entity,
                         TypeId referenced);

}  // namespace reprise::component
