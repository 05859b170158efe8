// The types of a component as validation sees them.
//
// All types of a file, nested components included, live in one arena and are named by id. Types are
// compared by structure (subtype.hpp), with two exceptions that the id, or an id inside, carries:
//
// - A resource type is abstract: it equals itself alone, and what it is itself is its ResourceId.
//   Every definition, every import of `(sub resource)` and every instantiation makes new ones.
// - Importing or exporting a type gives it a name, and functions at a component's border may
// mention
//   records, variants, enums, flags and resources only by types that have one (spec: Explainer.md
//   §External Visibility of Types). So an import or export makes a new TypeId with the same
//   structure, and "has a name" is a property of the id.
//
// Component and instance types bind the resources that they introduce; using such a type replaces
// the bound ones (substitute.hpp).
//
// Names are views into the bytes of the file, which outlive the arena.

#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/id.hpp"
#include "component/core_types.hpp"
#include "component/limits.hpp"
#include "reprise/result.hpp"
#include "wit/type.hpp"

namespace reprise::component {

using TypeId = Id<struct TypeTag>;
using ResourceId = Id<struct ResourceTag>;

enum class TypeKind : uint8_t { value, resource, func, component, instance, module };

/// What an import, export or definition is.
enum class Sort : uint8_t { module, func, value, type, component, instance };
std::string_view to_string(Sort sort);

/// A field, case, label or parameter. Without a type: a label, or a case without payload.
struct Member {
  std::string_view name;
  TypeId type;
};

struct TypeDef {
  TypeKind kind = TypeKind::value;
  wit::TypeKind value = wit::TypeKind::bool_;
  bool is_async = false;
  bool has_borrow = false;
  /// Contains a string, list or map.
  bool has_pointer = false;
  /// Mentions a resource, bound or free.
  bool has_resource = false;
  uint8_t alignment = 1;
  uint8_t depth = 1;
  /// In the layout for 64-bit memories.
  uint32_t size = 0;
  uint32_t nodes = 1;
  /// list, option, stream, future: the element. result: ok. map: the key. own, borrow: the
  /// resource. func: the result.
  TypeId element{};
  /// result: err. map: the value.
  TypeId second{};
  /// fixed_list.
  uint32_t length = 0;
  /// Members in Types::members_of: fields, cases, labels, parameters.
  uint32_t first_member = 0, member_count = 0;
  ResourceId resource{};
  /// component, instance, module: which one.
  uint32_t body = 0;
};

struct Entity {
  Sort sort = Sort::func;
  TypeId type;
};

/// spec: Binary.md §Import and Export Definitions. None of them takes part in type checking.
struct Attributes {
  std::optional<std::string_view> implements;
  std::optional<std::string_view> version_suffix;
  std::optional<std::string_view> external_id;
};

struct Extern {
  std::string_view name;
  Entity entity;
  Attributes attributes;
};

/// Imports or exports: in the order of the file, and by name.
class ExternMap {
 public:
  const Extern* find(std::string_view name) const;
  /// The name must be new.
  void add(Extern item);
  std::span<const Extern> items() const { return items_; }
  size_t size() const { return items_.size(); }
  const Extern& operator[](size_t i) const { return items_[i]; }
  /// The position of a name that is there.
  uint32_t position(std::string_view name) const { return index_.at(name); }

 private:
  std::vector<Extern> items_;
  std::unordered_map<std::string_view, uint32_t> index_;
};

struct InstanceType {
  ExternMap exports;
  /// The resources that its exports introduce.
  std::vector<ResourceId> bound;
};

struct ComponentType {
  ExternMap imports;
  ExternMap exports;
  std::vector<ResourceId> imported;
  std::vector<ResourceId> defined;
};

class Types {
 public:
  Types();
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;

  const TypeDef& operator[](TypeId id) const { return defs_[id.value]; }
  std::span<const Member> members(TypeId id) const {
    const TypeDef& def = (*this)[id];
    return std::span(members_).subspan(def.first_member, def.member_count);
  }
  const ComponentType& component(TypeId id) const { return components_[(*this)[id].body]; }
  const InstanceType& instance(TypeId id) const { return instances_[(*this)[id].body]; }
  const ModuleType& module(TypeId id) const { return *modules_[(*this)[id].body]; }

  static TypeId primitive(wit::TypeKind kind);

  /// Makes a value type; fills in what follows from its parts. Fails with `invalid` if it is too
  /// big, with `limit` if too deep or too wide.
  Result<TypeId> add_value(TypeDef def, std::span<const Member> members);
  Result<TypeId> add_func(std::span<const Member> params, TypeId result, bool is_async);
  Result<TypeId> add_component(ComponentType type);
  Result<TypeId> add_instance(InstanceType type);
  Result<TypeId> add_module(std::shared_ptr<const ModuleType> type);
  /// A type node for the resource.
  Result<TypeId> add_resource(ResourceId resource);
  /// A new id for the same structure: what gives a type a name.
  Result<TypeId> alias(TypeId type);

  ResourceId fresh_resource() { return ResourceId(next_resource_++); }

  /// The resources that a type mentions and doesn't bind itself.
  Result<std::unordered_set<ResourceId>> free_resources(TypeId type);

  /// Accounts for a step of work over types; fails with `limit` when a file asks for too many.
  Result<void> spend(uint64_t steps = 1);

 private:
  Result<TypeId> push(TypeDef def);
  Result<void> account(TypeDef& def, TypeId part) const;
  Result<void> measure(TypeDef& def, std::span<const Member> members) const;

  std::vector<TypeDef> defs_;
  std::vector<Member> members_;
  std::deque<ComponentType> components_;
  std::deque<InstanceType> instances_;
  std::vector<std::shared_ptr<const ModuleType>> modules_;
  uint32_t next_resource_ = 0;
  uint64_t work_ = 0;
};

/// "record", "u32", "func"… as messages call it.
std::string_view describe(const Types& types, TypeId type);

}  // namespace reprise::component
