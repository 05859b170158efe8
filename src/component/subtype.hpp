// Subtyping: whether a definition of one type can be given where another is asked for.
//
// Value and function types must be equal. Instances may export more than was asked for; components
// may import less and export more; modules likewise (spec: Explainer.md §Type Checking).
//
// The types of instances and components bind resources: "some resource named r, and functions over
// it". Matching finds out which: the first time that an export named r is matched, the bound
// resource is identified with the one that is there, and from then on it stands for that one.
// `bindings` is what came of it.

#pragma once

#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "component/substitute.hpp"
#include "component/types.hpp"

namespace reprise::component {

class Subtyping {
 public:
  Subtyping(Types& types, const wasm::TypeRegistry& registry)
      : types_(types), registry_(registry) {}

  /// Errors are `invalid`.
  Result<void> match(Entity actual, Entity expected);
  /// Lets `resources` of what is expected be identified with what they meet.
  void open(std::span<const ResourceId> resources) {
    open_.insert(resources.begin(), resources.end());
  }

  /// Teaches the substitution what was found out: resources, and the types that were given for
  /// types.
  void teach(Substitution& substitution) const;

 private:
  Result<void> match_type(TypeId actual, TypeId expected);
  Result<void> match_value(TypeId actual, TypeId expected);
  Result<void> match_defined(TypeId actual, TypeId expected);
  Result<void> match_members(TypeId actual, TypeId expected);
  Result<void> match_labels(TypeId actual, TypeId expected);
  Result<void> match_result(TypeId actual, TypeId expected);
  Result<void> match_handle(TypeId actual, TypeId expected);
  Result<void> match_func(TypeId actual, TypeId expected);
  Result<void> match_instance(TypeId actual, TypeId expected);
  Result<void> match_component(TypeId actual, TypeId expected);
  Result<void> match_exports(const ExternMap& actual, const ExternMap& expected);
  bool same_definition(TypeId a, TypeId b) const;
  ResourceId resolve(ResourceId resource) const;

  Types& types_;
  const wasm::TypeRegistry& registry_;
  std::unordered_set<ResourceId> open_;
  std::unordered_map<ResourceId, TypeId> bindings_;
  std::vector<std::pair<TypeId, TypeId>> renamed_;
};

}  // namespace reprise::component
