// What the reader leaves for run time: resource slots, and the function and value types that steps
// need, as wit types over those slots.

#include <fmt/format.h>

#include "component/abi/signature.hpp"
#include "component/reader.hpp"

namespace reprise::component {
namespace {

/// The name without its version: resources are called the same in all versions of an interface.
std::string_view unversioned(std::string_view name) {
  return name.substr(0, name.find('@'));
}

/// Makes wit types of types. Shared types are made once, so the cost is that of distinct ones.
class TypeMaker {
 public:
  TypeMaker(const Types& types, const Scope& scope, ComponentCode& code)
      : types_(types), scope_(scope), code_(code) {}

  Result<wit::Type> value(TypeId id) {
    if (!id) return nullptr;
    if (const auto found = made_.find(id); found != made_.end()) return found->second;
    REPRISE_ASSIGN(const wit::Type type, make(id));
    made_.emplace(id, type);
    return type;
  }

  Result<wit::FuncType> func(TypeId id) {
    wit::FuncType type;
    type.async = types_[id].is_async;
    for (const Member& param : types_.members(id)) {
      REPRISE_ASSIGN(const wit::Type inner, value(param.type));
      type.params.push_back({std::string(param.name), inner});
    }
    REPRISE_ASSIGN(type.result, value(types_[id].element));
    return type;
  }

 private:
  Result<wit::Type> make(TypeId id) {
    using enum wit::TypeKind;
    const TypeDef& def = types_[id];
    switch (def.value) {
      case record:
      case variant: {
        std::vector<wit::TypeTable::Item> items;
        for (const Member& member : types_.members(id)) {
          REPRISE_ASSIGN(const wit::Type inner, value(member.type));
          items.push_back({member.name, inner});
        }
        return def.value == record ? code_.table.record(items) : code_.table.variant(items);
      }
      case tuple: {
        std::vector<wit::Type> items;
        for (const Member& member : types_.members(id)) {
          REPRISE_ASSIGN(const wit::Type inner, value(member.type));
          items.push_back(inner);
        }
        return code_.table.tuple(items);
      }
      case enum_:
      case flags: {
        std::vector<std::string_view> labels;
        for (const Member& member : types_.members(id)) labels.push_back(member.name);
        return def.value == flags ? code_.table.flags(labels) : code_.table.enumeration(labels);
      }
      case own:
      case borrow: {
        const auto slot = scope_.slots.find(types_[def.element].resource);
        if (slot == scope_.slots.end())
          return fail(ErrorKind::invalid, "function mentions a resource that has no name here");
        const wit::Resource resource{slot->second, code_.resource_names[slot->second]};
        return def.value == own ? code_.table.own(resource) : code_.table.borrow(resource);
      }
      default:
        return make_container(def);
    }
  }

  Result<wit::Type> make_container(const TypeDef& def) {
    using enum wit::TypeKind;
    REPRISE_ASSIGN(const wit::Type element, value(def.element));
    REPRISE_ASSIGN(const wit::Type second, value(def.second));
    switch (def.value) {
      case list:
        return code_.table.list(element);
      case fixed_list:
        return code_.table.fixed_list(element, def.length);
      case map:
        return code_.table.map(element, second);
      case option:
        return code_.table.option(element);
      case result:
        return code_.table.result(element, second);
      case stream:
        return code_.table.stream(element);
      case future:
        return code_.table.future(element);
      default:
        return wit::primitive(def.value);
    }
  }

  const Types& types_;
  const Scope& scope_;
  ComponentCode& code_;
  std::unordered_map<TypeId, wit::Type> made_;
};

uint32_t index_of(std::unordered_map<TypeId, uint32_t>& index, std::vector<TypeId>& list,
                  TypeId type) {
  const auto [place, added] = index.emplace(type, static_cast<uint32_t>(list.size()));
  if (added) list.push_back(type);
  return place->second;
}

}  // namespace

uint32_t ComponentReader::slot_of(Scope& where, ResourceId resource, std::string name) {
  const auto next = static_cast<uint32_t>(where.code->resource_names.size());
  const auto [place, added] = where.slots.emplace(resource, next);
  if (added) where.code->resource_names.push_back(std::move(name));
  return place->second;
}

Result<void> ComponentReader::bind_resources(uint32_t instance, TypeId type,
                                             std::string_view name) {
  if (!scope().code) return ok();
  std::vector<Name> path;
  return bind_resources(instance, type, std::string(unversioned(name)), path);
}

Result<void> ComponentReader::bind_resources(uint32_t instance, TypeId type,
                                             const std::string& name, std::vector<Name>& path) {
  if (!types()[type].has_resource) return ok();
  for (const Extern& item : types().instance(type).exports.items()) {
    REPRISE_TRY(types().spend());
    const TypeDef& def = types()[item.entity.type];
    const bool is_resource = item.entity.sort == Sort::type && def.kind == TypeKind::resource;
    if (!is_resource && item.entity.sort != Sort::instance) continue;
    path.push_back(item.name);
    const std::string inner = name.empty() ? "" : fmt::format("{}.{}", name, item.name);
    if (item.entity.sort == Sort::instance) {
      REPRISE_TRY(bind_resources(instance, item.entity.type, inner, path));
    } else if (!scope().slots.contains(def.resource)) {
      plan(step::BindResource{slot_of(scope(), def.resource, inner), instance, path});
    }
    path.pop_back();
  }
  return ok();
}

void ComponentReader::name_resources(TypeId instance, const std::string& name) {
  for (const Extern& item : types().instance(instance).exports.items()) {
    const TypeDef& def = types()[item.entity.type];
    if (item.entity.sort != Sort::type || def.kind != TypeKind::resource) continue;
    const auto slot = scope().slots.find(def.resource);
    if (slot == scope().slots.end()) continue;
    std::string& own = scope().code->resource_names[slot->second];
    if (own.empty()) own = fmt::format("{}.{}", unversioned(name), item.name);
  }
}

uint32_t ComponentReader::func_type_index(TypeId type) {
  return index_of(scope().func_type_index, scope().func_types, type);
}

uint32_t ComponentReader::value_type_index(TypeId type) {
  return index_of(scope().value_type_index, scope().value_types, type);
}

Result<void> ComponentReader::list_border(ComponentCode& code) {
  auto list = [&](const ExternMap& map, std::vector<BorderFunction>& functions,
                  std::vector<BorderResource>* resources) {
    auto add = [&](Name interface, const Extern& item) {
      if (item.entity.sort == Sort::func)
        functions.push_back({interface, item.name, func_type_index(item.entity.type)});
      if (resources && item.entity.sort == Sort::type) {
        const TypeDef& def = types()[item.entity.type];
        const auto slot = scope().slots.find(def.resource);
        if (def.kind != TypeKind::resource || slot == scope().slots.end()) return;
        resources->push_back({interface, item.name, slot->second});
      }
    };
    for (const Extern& item : map.items()) {
      add("", item);
      if (item.entity.sort != Sort::instance) continue;
      for (const Extern& inner : types().instance(item.entity.type).exports.items())
        add(item.name, inner);
    }
  };
  list(scope().imports, code.imported_functions, &code.imported_resources);
  list(scope().exports, code.exported_functions, nullptr);
  return ok();
}

Result<void> ComponentReader::make_run_time_types(ComponentCode& code) {
  for (size_t slot = 0; slot < code.resource_names.size(); ++slot) {
    std::string& name = code.resource_names[slot];
    if (name.empty()) name = fmt::format("resource-{}", slot);
  }
  TypeMaker maker(types(), scope(), code);
  for (TypeId id : scope().func_types) {
    REPRISE_ASSIGN(wit::FuncType type, maker.func(id));
    code.func_params.push_back(abi::param_types(type));
    code.func_results.push_back(abi::result_types(type));
    code.func_integer_params.push_back(
        abi::Integers::of(code.func_params.back(), wit::kMaxFlatParams));
    code.func_integer_results.push_back(
        abi::Integers::of(code.func_results.back(), wit::kMaxFlatResults));
    code.func_types.push_back(std::move(type));
  }
  for (TypeId id : scope().value_types) {
    REPRISE_ASSIGN(const wit::Type type, maker.value(id));
    code.value_types.push_back(type);
  }
  return ok();
}

}  // namespace reprise::component
