// Substitution: a type with some resources, or some named types, replaced by others.
//
// This is what instantiating a component does to the types of its exports (what was imported
// becomes what was supplied, what is defined inside becomes new), and what importing or exporting
// an instance does to the types in it (each gets a name of its own). Parts that nothing is replaced
// in keep their ids, so the cost in memory is that of what changed.

#pragma once

#include <unordered_map>

#include "component/types.hpp"

namespace reprise::component {

class Substitution {
 public:
  explicit Substitution(Types& types) : types_(types) {}

  /// From now on `from` stands for the resource that `to`, a resource type, is.
  void replace(ResourceId from, TypeId to) { resources_[from] = to; }
  /// Wherever this very id is mentioned, `to` is meant.
  void replace(TypeId from, TypeId to) { done_[from] = to; }
  /// Makes a new resource for each and replaces it by that; appends the new ones to `made`.
  Result<void> freshen(std::span<const ResourceId> resources, std::vector<ResourceId>& made);

  bool knows(ResourceId resource) const { return resources_.contains(resource); }
  /// The type that stands for the resource, or no id.
  TypeId lookup(ResourceId resource) const;

  Result<TypeId> apply(TypeId type);
  Result<Entity> apply(Entity entity);
  /// The instance type with a new name for every type that it exports, also inside the instances
  /// that it exports.
  Result<TypeId> name_anew(TypeId instance);

 private:
  Result<TypeId> rebuild(TypeId type);
  Result<TypeId> rebuild_members(TypeId type);
  Result<TypeId> rebuild_instance(TypeId type);
  Result<TypeId> rebuild_component(TypeId type);
  /// Whether any item became another.
  Result<bool> apply(const ExternMap& from, ExternMap& to);

  Types& types_;
  std::unordered_map<ResourceId, TypeId> resources_;
  std::unordered_map<TypeId, TypeId> done_;
};

}  // namespace reprise::component
