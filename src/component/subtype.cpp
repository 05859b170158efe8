#include "component/subtype.hpp"

#include <fmt/format.h>

#include "component/errors.hpp"

namespace reprise::component {
namespace {

/// Puts what was being compared in front of the message: "type mismatch in record field `x`: …".
std::unexpected<Error> within(Error&& error, std::string where) {
  error.message = where + ": " + error.message;
  return fail(std::move(error));
}

std::string_view class_of(const Types& types, TypeId type) {
  return types[type].kind == TypeKind::value ? std::string_view("defined type")
                                             : describe(types, type);
}

bool is_primitive(const TypeDef& def) {
  return def.value <= wit::TypeKind::string || def.value == wit::TypeKind::error_context;
}

}  // namespace

ResourceId Subtyping::resolve(ResourceId resource) const {
  // Chains are as long as type constructors are nested.
  for (uint32_t steps = 0; steps <= kMaxTypeDepth; ++steps) {
    const auto found = bindings_.find(resource);
    if (found == bindings_.end()) return resource;
    resource = types_[found->second].resource;
  }
  return resource;
}

bool Subtyping::same_definition(TypeId a, TypeId b) const {
  return a == b || (types_[a].kind == types_[b].kind && types_[a].body == types_[b].body);
}

void Subtyping::teach(Substitution& substitution) const {
  for (const auto& [resource, type] : bindings_) {
    TypeId target = type;
    for (uint32_t steps = 0; steps <= kMaxTypeDepth; ++steps) {
      const auto next = bindings_.find(types_[target].resource);
      if (next == bindings_.end()) break;
      target = next->second;
    }
    substitution.replace(resource, target);
  }
  for (const auto& [from, to] : renamed_) substitution.replace(from, to);
}

// The recursion is as deep as types are nested, which kMaxTypeDepth limits.
Result<void> Subtyping::match(Entity actual, Entity expected) {
  if (actual.sort != expected.sort) {
    return invalid(
        fmt::format("expected {}, found {}", to_string(expected.sort), to_string(actual.sort)));
  }
  switch (expected.sort) {
    case Sort::module:
      if (same_definition(actual.type, expected.type)) return ok();
      return match_modules(registry_, types_.module(actual.type), types_.module(expected.type));
    case Sort::func:
      return match_func(actual.type, expected.type);
    case Sort::value:
      return match_value(actual.type, expected.type);
    case Sort::type:
      REPRISE_TRY(match_type(actual.type, expected.type));
      renamed_.emplace_back(expected.type, actual.type);
      return ok();
    case Sort::instance:
      return match_instance(actual.type, expected.type);
    case Sort::component:
      return match_component(actual.type, expected.type);
  }
  return ok();
}

Result<void> Subtyping::match_type(TypeId actual, TypeId expected) {
  const TypeDef& a = types_[actual];
  const TypeDef& e = types_[expected];
  if (a.kind != e.kind) {
    return invalid(
        fmt::format("expected {}, found {}", class_of(types_, expected), class_of(types_, actual)));
  }
  switch (e.kind) {
    case TypeKind::resource:
      if (open_.erase(e.resource)) {
        // Comparing both ways meets the same pair again from the other side.
        if (resolve(a.resource) != e.resource) bindings_[e.resource] = actual;
        return ok();
      }
      if (resolve(a.resource) != resolve(e.resource))
        return invalid("resource types are not the same");
      return ok();
    case TypeKind::value:
      return match_defined(actual, expected);
    case TypeKind::func:
      return match_func(actual, expected);
    case TypeKind::instance:
      // A type is given for a type, so each must be a subtype of the other.
      REPRISE_TRY(match_instance(actual, expected));
      return match_instance(expected, actual);
    case TypeKind::component:
      REPRISE_TRY(match_component(actual, expected));
      return match_component(expected, actual);
    case TypeKind::module:
      return ok();
  }
  return ok();
}

Result<void> Subtyping::match_value(TypeId actual, TypeId expected) {
  if (actual == expected) return ok();
  const TypeDef& a = types_[actual];
  const TypeDef& e = types_[expected];
  if (a.value != e.value && !(is_primitive(a) && is_primitive(e))) {
    return invalid(
        fmt::format("expected {}, found {}", describe(types_, expected), describe(types_, actual)));
  }
  return match_defined(actual, expected);
}

Result<void> Subtyping::match_defined(TypeId actual, TypeId expected) {
  if (actual == expected) return ok();
  REPRISE_TRY(types_.spend());
  const TypeDef a = types_[actual];
  const TypeDef e = types_[expected];
  if (a.value != e.value) {
    if (is_primitive(a) && is_primitive(e)) {
      return invalid(fmt::format("expected primitive `{}` found primitive `{}`",
                                 wit::to_string(e.value), wit::to_string(a.value)));
    }
    return invalid(fmt::format("expected {}, found {}",
                               is_primitive(e) ? "primitive" : wit::to_string(e.value),
                               wit::to_string(a.value)));
  }
  switch (e.value) {
    case wit::TypeKind::record:
    case wit::TypeKind::tuple:
    case wit::TypeKind::variant:
      return match_members(actual, expected);
    case wit::TypeKind::flags:
    case wit::TypeKind::enum_:
      return match_labels(actual, expected);
    case wit::TypeKind::result:
      return match_result(actual, expected);
    case wit::TypeKind::own:
    case wit::TypeKind::borrow:
      return match_handle(actual, expected);
    case wit::TypeKind::fixed_list:
      if (a.length != e.length)
        return invalid(fmt::format("expected list of length {}, found {}", e.length, a.length));
      return match_value(a.element, e.element);
    case wit::TypeKind::stream:
    case wit::TypeKind::future:
      if (!a.element != !e.element)
        return invalid(
            fmt::format("one {} has an element type, the other has none", wit::to_string(e.value)));
      return e.element ? match_value(a.element, e.element) : ok();
    case wit::TypeKind::map:
      REPRISE_TRY(match_value(a.element, e.element));
      return match_value(a.second, e.second);
    case wit::TypeKind::list:
    case wit::TypeKind::option:
      return match_value(a.element, e.element);
    default:
      return ok();
  }
}

Result<void> Subtyping::match_members(TypeId actual, TypeId expected) {
  const wit::TypeKind kind = types_[expected].value;
  const bool is_record = kind == wit::TypeKind::record;
  const bool is_tuple = kind == wit::TypeKind::tuple;
  const size_t count = types_.members(expected).size();
  if (const size_t found = types_.members(actual).size(); found != count) {
    return invalid(fmt::format("expected {} {}, found {}", count,
                               is_record  ? "fields"
                               : is_tuple ? "types"
                                          : "cases",
                               found));
  }
  for (size_t i = 0; i < count; ++i) {
    const Member a = types_.members(actual)[i];
    const Member e = types_.members(expected)[i];
    if (a.name != e.name) {
      return invalid(fmt::format("expected {} `{}`, found `{}`",
                                 is_record ? "field name" : "case named", e.name, a.name));
    }
    if (a.type && !e.type)
      return invalid(fmt::format("expected case `{}` to have no type", e.name));
    if (!a.type && e.type)
      return invalid(fmt::format("expected case `{}` to have a type, found none", e.name));
    if (!e.type) continue;
    if (auto matched = match_value(a.type, e.type); !matched) {
      return within(std::move(matched.error()),
                    is_record  ? fmt::format("type mismatch in record field `{}`", e.name)
                    : is_tuple ? fmt::format("type mismatch in tuple field {}", i)
                               : fmt::format("type mismatch in variant case `{}`", e.name));
    }
  }
  return ok();
}

Result<void> Subtyping::match_labels(TypeId actual, TypeId expected) {
  const auto a = types_.members(actual);
  const auto e = types_.members(expected);
  bool same = a.size() == e.size();
  for (size_t i = 0; same && i < e.size(); ++i) same = a[i].name == e[i].name;
  if (same) return ok();
  return invalid(fmt::format("mismatch in {} elements", describe(types_, expected)));
}

Result<void> Subtyping::match_result(TypeId actual, TypeId expected) {
  auto part = [&](TypeId a, TypeId e, std::string_view name) -> Result<void> {
    if (a && !e) return invalid(fmt::format("expected {} type to not be present", name));
    if (!a && e) return invalid(fmt::format("expected {} type, but found none", name));
    if (!e) return ok();
    auto matched = match_value(a, e);
    if (matched) return ok();
    return within(std::move(matched.error()), fmt::format("type mismatch in {} variant", name));
  };
  REPRISE_TRY(part(types_[actual].element, types_[expected].element, "ok"));
  return part(types_[actual].second, types_[expected].second, "err");
}

Result<void> Subtyping::match_handle(TypeId actual, TypeId expected) {
  const ResourceId a = types_[types_[actual].element].resource;
  const ResourceId e = types_[types_[expected].element].resource;
  if (resolve(a) != resolve(e)) return invalid("resource types are not the same");
  return ok();
}

Result<void> Subtyping::match_func(TypeId actual, TypeId expected) {
  if (actual == expected) return ok();
  REPRISE_TRY(types_.spend());
  const TypeDef a = types_[actual];
  const TypeDef e = types_[expected];
  if (a.is_async != e.is_async) {
    return invalid(e.is_async ? "expected an async function, found a synchronous one"
                              : "expected a synchronous function, found an async one");
  }
  if (a.member_count != e.member_count) {
    return invalid(fmt::format("expected {} parameters, found {}", e.member_count, a.member_count));
  }
  for (uint32_t i = 0; i < e.member_count; ++i) {
    const Member given = types_.members(actual)[i];
    const Member wanted = types_.members(expected)[i];
    if (given.name != wanted.name) {
      return invalid(
          fmt::format("expected parameter named `{}`, found `{}`", wanted.name, given.name));
    }
    if (auto matched = match_value(given.type, wanted.type); !matched) {
      return within(std::move(matched.error()),
                    fmt::format("type mismatch in function parameter `{}`", wanted.name));
    }
  }
  // The conformance scripts have this one text for both directions.
  if (!a.element != !e.element) return invalid("expected a result, found none");
  if (!e.element) return ok();
  if (auto matched = match_value(a.element, e.element); !matched)
    return within(std::move(matched.error()), "type mismatch with result type");
  return ok();
}

Result<void> Subtyping::match_exports(const ExternMap& actual, const ExternMap& expected) {
  for (const Extern& wanted : expected.items()) {
    REPRISE_TRY(types_.spend());
    const Extern* given = actual.find(wanted.name);
    if (!given) return invalid(fmt::format("missing expected export `{}`", wanted.name));
    if (auto matched = match(given->entity, wanted.entity); !matched) {
      return within(std::move(matched.error()),
                    fmt::format("type mismatch in instance export `{}`", wanted.name));
    }
  }
  return ok();
}

Result<void> Subtyping::match_instance(TypeId actual, TypeId expected) {
  const InstanceType& a = types_.instance(actual);
  const InstanceType& e = types_.instance(expected);
  open(e.bound);
  return match_exports(a.exports, e.exports);
}

Result<void> Subtyping::match_component(TypeId actual, TypeId expected) {
  if (same_definition(actual, expected)) return ok();
  const ComponentType& a = types_.component(actual);
  const ComponentType& e = types_.component(expected);
  open(a.imported);
  for (const Extern& wanted : a.imports.items()) {
    const Extern* given = e.imports.find(wanted.name);
    if (!given) return invalid(fmt::format("missing import named `{}`", wanted.name));
    if (auto matched = match(given->entity, wanted.entity); !matched) {
      return within(std::move(matched.error()),
                    fmt::format("type mismatch in import `{}`", wanted.name));
    }
  }
  open(e.defined);
  return match_exports(a.exports, e.exports);
}

}  // namespace reprise::component
