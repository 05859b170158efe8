#include "component/substitute.hpp"

namespace reprise::component {

Result<void> Substitution::freshen(std::span<const ResourceId> resources,
                                   std::vector<ResourceId>& made) {
  for (ResourceId resource : resources) {
    const ResourceId fresh = types_.fresh_resource();
    REPRISE_ASSIGN(const TypeId type, types_.add_resource(fresh));
    replace(resource, type);
    made.push_back(fresh);
  }
  return ok();
}

TypeId Substitution::lookup(ResourceId resource) const {
  const auto found = resources_.find(resource);
  return found == resources_.end() ? TypeId() : found->second;
}

Result<Entity> Substitution::apply(Entity entity) {
  if (entity.sort == Sort::module) return entity;
  REPRISE_ASSIGN(entity.type, apply(entity.type));
  return entity;
}

// The depth of the recursion is that of the type, which kMaxTypeDepth limits.
Result<TypeId> Substitution::apply(TypeId type) {
  if (!type) return type;
  if (const auto found = done_.find(type); found != done_.end()) return found->second;
  REPRISE_TRY(types_.spend());
  REPRISE_ASSIGN(const TypeId result, rebuild(type));
  done_[type] = result;
  return result;
}

Result<TypeId> Substitution::rebuild(TypeId type) {
  switch (types_[type].kind) {
    case TypeKind::resource: {
      const auto found = resources_.find(types_[type].resource);
      return found == resources_.end() ? type : found->second;
    }
    case TypeKind::value:
    case TypeKind::func:
      return rebuild_members(type);
    case TypeKind::instance:
      return rebuild_instance(type);
    case TypeKind::component:
      return rebuild_component(type);
    case TypeKind::module:
      return type;
  }
  return type;
}

Result<TypeId> Substitution::rebuild_members(TypeId type) {
  TypeDef def = types_[type];  // a copy: applying can move the arena
  REPRISE_ASSIGN(const TypeId element, apply(def.element));
  REPRISE_ASSIGN(const TypeId second, apply(def.second));
  bool changed = element != def.element || second != def.second;
  const auto old = types_.members(type);
  std::vector<Member> members(old.begin(), old.end());
  for (Member& member : members) {
    REPRISE_ASSIGN(const TypeId inner, apply(member.type));
    changed |= inner != member.type;
    member.type = inner;
  }
  if (!changed) return type;
  if (def.kind == TypeKind::func) return types_.add_func(members, element, def.is_async);
  TypeDef made{.value = def.value, .element = element, .second = second, .length = def.length};
  return types_.add_value(made, members);
}

Result<bool> Substitution::apply(const ExternMap& from, ExternMap& to) {
  bool changed = false;
  for (size_t i = 0; i < from.size(); ++i) {
    Extern item = from[i];
    REPRISE_ASSIGN(const Entity entity, apply(item.entity));
    changed |= entity.type != item.entity.type;
    item.entity = entity;
    to.add(item);
  }
  return changed;
}

Result<TypeId> Substitution::rebuild_instance(TypeId type) {
  const InstanceType& old = types_.instance(type);
  InstanceType made;
  REPRISE_ASSIGN(const bool changed, apply(old.exports, made.exports));
  if (!changed) return type;
  made.bound = old.bound;
  return types_.add_instance(std::move(made));
}

Result<TypeId> Substitution::rebuild_component(TypeId type) {
  const ComponentType& old = types_.component(type);
  ComponentType made;
  REPRISE_ASSIGN(const bool imports_changed, apply(old.imports, made.imports));
  REPRISE_ASSIGN(const bool exports_changed, apply(old.exports, made.exports));
  if (!imports_changed && !exports_changed) return type;
  made.imported = old.imported;
  made.defined = old.defined;
  return types_.add_component(std::move(made));
}

Result<TypeId> Substitution::name_anew(TypeId instance) {
  REPRISE_TRY(types_.spend());
  const InstanceType& old = types_.instance(instance);
  InstanceType made;
  for (size_t i = 0; i < old.exports.size(); ++i) {
    Extern item = old.exports[i];
    const TypeId before = item.entity.type;
    if (item.entity.sort == Sort::instance) {
      REPRISE_ASSIGN(item.entity.type, name_anew(before));
    } else if (item.entity.sort == Sort::type) {
      REPRISE_ASSIGN(const TypeId type, apply(before));
      REPRISE_ASSIGN(item.entity.type, types_.alias(type));
      replace(before, item.entity.type);
    } else {
      REPRISE_ASSIGN(item.entity, apply(item.entity));
    }
    made.exports.add(item);
  }
  return types_.add_instance(std::move(made));
}

}  // namespace reprise::component
