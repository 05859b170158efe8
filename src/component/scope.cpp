#include "component/scope.hpp"

#include <fmt/format.h>

#include "component/errors.hpp"

namespace reprise::component {
namespace {

/// Looks for types without names. Stops at the first type that must have one, so a walk is short;
/// its depth is that of the type.
class Visibility {
 public:
  Visibility(Types& types, TypeSet& set) : types_(types), set_(set) {}

  /// A value type that something mentions.
  Result<bool> mentioned(TypeId type) {
    if (!type) return true;
    REPRISE_TRY(types_.spend());
    switch (types_[type].value) {
      case wit::TypeKind::record:
      case wit::TypeKind::variant:
      case wit::TypeKind::enum_:
      case wit::TypeKind::flags:
        return set_.contains(type);
      case wit::TypeKind::own:
      case wit::TypeKind::borrow:
        return set_.contains(types_[type].element);
      default:
        return parts(type);
    }
  }

  /// What a value or function type mentions, itself aside.
  Result<bool> parts(TypeId type) {
    const TypeDef def = types_[type];
    if (def.value == wit::TypeKind::own || def.value == wit::TypeKind::borrow) {
      if (def.kind == TypeKind::value) return set_.contains(def.element);
    }
    REPRISE_ASSIGN(const bool element, mentioned(def.element));
    REPRISE_ASSIGN(const bool second, mentioned(def.second));
    if (!element || !second) return false;
    for (uint32_t i = 0; i < def.member_count; ++i) {
      REPRISE_ASSIGN(const bool named, mentioned(types_.members(type)[i].type));
      if (!named) return false;
    }
    return true;
  }

  /// A type that is imported or exported itself.
  Result<bool> given(TypeId type) {
    switch (types_[type].kind) {
      case TypeKind::value:
      case TypeKind::func:
        return parts(type);
      case TypeKind::instance: {
        // Inside the instance, its own exports are names.
        REPRISE_TRY(types_.spend(set_.size()));
        TypeSet inner = set_;
        return Visibility(types_, inner).exports(type);
      }
      case TypeKind::resource:
      case TypeKind::component:
      case TypeKind::module:
        return true;
    }
    return true;
  }

  /// Checks an instance's exports and gives names to the types among them.
  Result<bool> exports(TypeId instance) {
    for (const Extern& item : types_.instance(instance).exports.items()) {
      REPRISE_TRY(types_.spend());
      bool named = true;
      switch (item.entity.sort) {
        case Sort::type: {
          REPRISE_ASSIGN(named, given(item.entity.type));
          set_.insert(item.entity.type);
          break;
        }
        case Sort::instance: {
          REPRISE_ASSIGN(named, exports(item.entity.type));
          break;
        }
        case Sort::func: {
          REPRISE_ASSIGN(named, parts(item.entity.type));
          break;
        }
        default:
          break;
      }
      if (!named) return false;
    }
    return true;
  }

 private:
  Types& types_;
  TypeSet& set_;
};

}  // namespace

std::string_view to_string(Direction direction) {
  return direction == Direction::import ? "import" : "export";
}

const std::string* NameSet::add(std::string key, std::string_view name) {
  const auto [place, added] = names_.emplace(std::move(key), name);
  return added ? nullptr : &place->second;
}

Result<void> ResourceNames::check_resource(TypeId resource, std::string_view name) const {
  const auto found = by_type_.find(resource);
  if (found == by_type_.end())
    return invalid("resource used in function does not have a name in this context");
  if (found->second != name) {
    return invalid(
        fmt::format("function does not match expected resource name `{}`", found->second));
  }
  return ok();
}

Result<void> ResourceNames::check(const Types& types, const ExternName& name, Entity entity) const {
  if (name.kind == NameKind::label || name.kind == NameKind::interface) return ok();
  if (entity.sort != Sort::func) return invalid(fmt::format("item `{}` is not a func", name.text));
  const TypeDef& func = types[entity.type];
  const auto params = types.members(entity.type);
  switch (name.kind) {
    case NameKind::constructor: {
      if (!func.element) return invalid("function should return one value");
      TypeId result = func.element;
      if (types[result].value == wit::TypeKind::result) result = types[result].element;
      if (!result || types[result].value != wit::TypeKind::own)
        return invalid("function should return `(own $T)` or `(result (own $T))`");
      return check_resource(types[result].element, name.resource);
    }
    case NameKind::method: {
      if (params.empty()) return invalid("function should have at least one argument");
      if (params[0].name != "self")
        return invalid("function should have a first argument called `self`");
      const TypeDef& self = types[params[0].type];
      if (self.value != wit::TypeKind::borrow)
        return invalid("function should take a first argument of `(borrow $T)`");
      return check_resource(self.element, name.resource);
    }
    default:
      if (!names_.contains(name.resource))
        return invalid("static resource name is not known in this context");
      return ok();
  }
}

Result<bool> name_entity(Types& types, Scope& scope, Direction direction, Entity entity,
                         TypeId referenced) {
  // Instance types are checked where they are used for an import or export.
  if (scope.kind == ScopeKind::instance_type) return true;
  TypeSet& set = direction == Direction::import ? scope.import_visible : scope.export_visible;
  Visibility visibility(types, set);
  switch (entity.sort) {
    case Sort::type: {
      REPRISE_ASSIGN(const bool named, visibility.given(referenced));
      set.insert(entity.type);
      // What was imported has a name for exports too.
      if (direction == Direction::import) scope.export_visible.insert(entity.type);
      return named;
    }
    case Sort::instance: {
      REPRISE_ASSIGN(const bool named, visibility.exports(entity.type));
      if (!named || direction == Direction::export_) return named;
      return Visibility(types, scope.export_visible).exports(entity.type);
    }
    case Sort::func:
      return visibility.parts(entity.type);
    case Sort::value:
      return visibility.mentioned(entity.type);
    case Sort::component:
    case Sort::module:
      return true;
  }
  return true;
}

}  // namespace reprise::component
