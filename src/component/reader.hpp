// The reader and validator of component binaries, in one pass: a definition is validated as soon as
// it is read, against the scopes around it (scope.hpp), and what it does at run time is appended to
// the plan (component.hpp). Its functions lie in several files, by section:
//
//   reader.cpp          preamble, sections, nested modules and components
//   read_core.cpp       core types, module types, core instances
//   read_types.cpp      value, function, component and instance types
//   read_externs.cpp    imports and exports, their names and types
//   read_instances.cpp  instances and aliases
//   read_canon.cpp      canonical definitions
//   plan.cpp            resource slots, run-time types
//
// spec: Binary.md.

#pragma once

#include <memory>
#include <vector>

#include "component/errors.hpp"
#include "component/scope.hpp"
#include "component/substitute.hpp"
#include "component/subtype.hpp"

namespace reprise::component {

class ComponentReader {
 public:
  ComponentReader(wasm::ModuleBytes source, std::shared_ptr<wasm::TypeRegistry> registry);
  Result<std::shared_ptr<const Component>> read();

 private:
  /// The type in an import, an export declaration or an ascription.
  struct ExternDesc {
    Sort sort = Sort::func;
    /// Without a type: `(sub resource)`.
    TypeId type;
  };
  /// A definition and what its name and attributes are.
  struct NamedExtern {
    Name name;
    Attributes attributes;
    uint64_t offset = 0;
  };
  struct SortIndex {
    Sort sort;
    uint32_t index;
    uint64_t offset;
  };
  struct FlatFunc {
    std::vector<wasm::ValueType> params, results;
  };

  // reader.cpp
  Result<std::unique_ptr<ComponentCode>> read_body(ByteReader& in);
  Result<void> read_section(uint8_t id, ByteReader& in, uint64_t offset);
  Result<void> read_custom(ByteReader& in);
  Result<void> read_module(ByteReader& in);
  Result<void> read_nested(ByteReader& in);
  template <class F>
  Result<void> for_each(ByteReader& in, F read_one);
  Result<uint32_t> read_count(ByteReader& in, uint32_t limit, std::string_view what);
  Result<void> finish_component(std::unique_ptr<ComponentCode>& code);

  // read_core.cpp
  Result<void> read_core_type(ByteReader& in);
  Result<void> add_core_types(ByteReader& in);
  Result<TypeId> read_module_type(ByteReader& in);
  Result<void> read_module_declarations(ByteReader& in, ModuleType& module);
  Result<void> read_core_alias(ByteReader& in, std::vector<wasm::TypeId>& types);
  Result<CoreExternType> read_core_extern(ByteReader& in, std::span<const wasm::TypeId> types);
  Result<void> read_core_instance(ByteReader& in);
  Result<void> read_core_instantiate(ByteReader& in);
  Result<void> read_core_bundle(ByteReader& in);
  Result<CoreExternType> core_item(wasm::ExternKind kind, uint32_t index, uint64_t offset);
  void push_core_item(const CoreExternType& type);
  Result<wasm::TypeId> core_func_at(uint32_t index, uint64_t offset) const;

  // read_types.cpp
  Result<void> read_type(ByteReader& in);
  Result<TypeId> read_defined_type(ByteReader& in, uint8_t code, uint64_t offset);
  Result<TypeId> read_value_type(ByteReader& in);
  Result<TypeId> read_optional_value_type(ByteReader& in);
  Result<std::vector<Member>> read_fields(ByteReader& in, std::string_view what,
                                          std::string_view item);
  Result<std::vector<Member>> read_cases(ByteReader& in);
  Result<std::vector<Member>> read_labels(ByteReader& in, std::string_view what,
                                          std::string_view item);
  Result<TypeId> read_handle(ByteReader& in, wit::TypeKind kind);
  Result<TypeId> read_map(ByteReader& in);
  Result<TypeId> read_channel(ByteReader& in, wit::TypeKind kind);
  Result<TypeId> read_resource_type(ByteReader& in, uint64_t offset);
  Result<TypeId> read_func_type(ByteReader& in, bool is_async);
  Result<TypeId> read_result_list(ByteReader& in);
  Result<TypeId> read_component_type(ByteReader& in);
  Result<TypeId> read_instance_type(ByteReader& in);
  Result<void> read_declarations(ByteReader& in);
  Result<TypeId> type_at(uint32_t index, uint64_t offset) const;
  Result<TypeId> type_at(uint32_t index, uint64_t offset, TypeKind kind) const;

  // read_externs.cpp
  Result<NamedExtern> read_name(ByteReader& in);
  Result<ExternDesc> read_extern_desc(ByteReader& in);
  Result<void> read_import(ByteReader& in);
  Result<void> read_export(ByteReader& in);
  Result<void> read_export_declaration(ByteReader& in);
  Result<Entity> ascribe(Entity actual, const ExternDesc& desc, uint64_t offset);
  /// A new entity from a declaration: what it binds goes to `bound`.
  Result<Entity> open_extern(const ExternDesc& desc, std::vector<ResourceId>& bound);
  Result<void> check_name(const NamedExtern& item, Entity entity, NameSet& names,
                          const ResourceNames& resources, Direction direction);
  Result<void> add_extern(const NamedExtern& item, Entity entity, TypeId referenced,
                          Direction direction);
  Result<SortIndex> read_sort_index(ByteReader& in);
  Result<Sort> read_sort(ByteReader& in, std::string_view what);
  Result<Entity> entity_at(const SortIndex& where) const;
  Result<void> push_entity(Entity entity);
  step::Named named(Name name, const SortIndex& where, Entity entity) const;

  // read_instances.cpp
  Result<void> read_instance(ByteReader& in);
  Result<void> read_instantiate(ByteReader& in);
  Result<void> read_bundle(ByteReader& in);
  Result<void> read_alias(ByteReader& in);
  Result<void> read_export_alias(ByteReader& in, Sort sort, uint64_t offset);
  Result<void> read_core_export_alias(ByteReader& in, wasm::ExternKind kind);
  Result<void> read_outer_alias(ByteReader& in, uint8_t sort, uint8_t core_sort, uint64_t offset);
  Result<void> alias_outer_type(uint32_t count, uint32_t index, uint64_t offset);
  Result<void> alias_outer_closure(Sort sort, uint32_t count, uint32_t index, uint64_t offset);
  /// Where the scope at `depth` finds a module or component of the scope `count` levels out.
  uint32_t capture(size_t depth, Sort sort, uint32_t count, uint32_t index);
  Result<size_t> outer_scope(uint32_t count, uint64_t offset) const;

  // read_canon.cpp
  Result<void> read_canon(ByteReader& in);
  Result<void> read_lift(ByteReader& in);
  Result<void> read_lower(ByteReader& in);
  Result<void> read_resource_builtin(ByteReader& in, CanonOp op);
  Result<void> read_builtin(ByteReader& in, CanonOp op, uint64_t offset);
  Result<void> read_task_return(ByteReader& in, step::Builtin& step, FlatFunc& type);
  Result<void> read_context(ByteReader& in, step::Builtin& step, FlatFunc& type);
  Result<void> read_channel_builtin(ByteReader& in, step::Builtin& step, FlatFunc& type);
  Result<void> read_copy(ByteReader& in, step::Builtin& step, FlatFunc& type, TypeId channel,
                         bool is_stream, uint64_t offset);
  Result<void> read_error_context(ByteReader& in, step::Builtin& step, FlatFunc& type);
  Result<void> read_wait(ByteReader& in, step::Builtin& step, FlatFunc& type);
  Result<void> read_thread(ByteReader& in, step::Builtin& step, FlatFunc& type);
  Result<CanonOptions> read_options(ByteReader& in);
  Result<void> check_realloc(const CanonOptions& options, uint64_t offset) const;
  Result<bool> read_flag(ByteReader& in);
  Result<FlatFunc> flatten_lift(TypeId func, const CanonOptions& options, uint64_t offset);
  Result<FlatFunc> flatten_lower(TypeId func, const CanonOptions& options, uint64_t offset);
  Result<bool> flatten(TypeId type, abi::PointerWidth width, size_t limit,
                       std::vector<wasm::ValueType>& out);
  Result<bool> flatten_sum(TypeId type, abi::PointerWidth width, size_t limit,
                           std::vector<wasm::ValueType>& out);
  Result<wasm::TypeId> intern_func(const FlatFunc& type) const;
  void push_core_func(wasm::TypeId type) { scope().core_funcs.push_back(type); }

  // plan.cpp
  uint32_t slot_of(Scope& where, ResourceId resource, std::string name);
  /// Gives slots to the resources that an instance's type mentions and that have none yet.
  Result<void> bind_resources(uint32_t instance, TypeId type, std::string_view name);
  Result<void> bind_resources(uint32_t instance, TypeId type, const std::string& name,
                              std::vector<Name>& path);
  void name_resources(TypeId instance, const std::string& name);
  uint32_t func_type_index(TypeId type);
  uint32_t value_type_index(TypeId type);
  Result<void> list_border(ComponentCode& code);
  Result<void> make_run_time_types(ComponentCode& code);
  template <class S>
  void plan(S step) {
    if (scope().code) scope().code->plan.push_back(std::move(step));
  }

  Scope& scope() { return *scopes_.back(); }
  const Scope& scope() const { return *scopes_.back(); }
  Types& types() { return component_->types_; }
  const Types& types() const { return component_->types_; }
  Result<void> push_scope(ScopeKind kind, uint64_t offset);
  ComponentType take_component_type(Scope& from);

  std::shared_ptr<Component> component_;
  std::vector<std::unique_ptr<Scope>> scopes_;
};

// Codes of core sorts (spec: Binary.md, core:sort); those up to kCoreSortTag are ExternKinds.
inline constexpr uint8_t kCoreSortTag = 0x04, kCoreSortType = 0x10, kCoreSortModule = 0x11,
                         kCoreSortInstance = 0x12;

/// "invalid leading byte (0x7) for canonical function"
std::unexpected<Error> bad_byte(uint8_t byte, std::string_view what, uint64_t offset);

}  // namespace reprise::component
