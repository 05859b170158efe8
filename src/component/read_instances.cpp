// Component instances, and aliases of all kinds (spec: Binary.md §Instance and Alias Definitions).

#include <fmt/format.h>

#include "component/reader.hpp"

namespace reprise::component {
namespace {

constexpr uint8_t kSortCore = 0x00, kSortFunc = 0x01, kSortValue = 0x02, kSortType = 0x03,
                  kSortComponent = 0x04, kSortInstance = 0x05;

bool is_sort(uint8_t code) {
  return code <= kSortInstance;
}
bool is_core_sort(uint8_t code) {
  return code <= kCoreSortTag || (code >= kCoreSortType && code <= kCoreSortInstance);
}

}  // namespace

Result<void> ComponentReader::read_instance(ByteReader& in) {
  const uint64_t offset = in.offset();
  if (scope().instances.size() >= kMaxDefinitions)
    return fail(ErrorKind::limit, "too many instances", offset);
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  switch (code) {
    case 0x00:
      return read_instantiate(in);
    case 0x01:
      return read_bundle(in);
    default:
      return bad_byte(code, "instance", offset);
  }
}

Result<void> ComponentReader::read_instantiate(ByteReader& in) {
  const uint64_t offset = in.offset();
  step::Instantiate step;
  REPRISE_ASSIGN(step.component, in.leb_u32());
  std::unordered_map<Name, Entity> arguments;
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxExterns, "instantiation argument"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t at = in.offset();
    REPRISE_ASSIGN(const Name name, in.name());
    REPRISE_ASSIGN(const SortIndex where, read_sort_index(in));
    REPRISE_ASSIGN(const Entity entity, entity_at(where));
    if (!arguments.emplace(name, entity).second) {
      return invalid(fmt::format("instantiation argument `{}` conflicts with previous argument "
                                 "`{}`",
                                 name, name),
                     at);
    }
    step.arguments.push_back(named(name, where, entity));
  }
  if (step.component >= scope().components.size()) {
    return invalid(
        fmt::format("unknown component {}: component index out of bounds", step.component), offset);
  }
  const ComponentType& component = types().component(scope().components[step.component]);

  // What is supplied for each type import is substituted at once for what follows: the bindings
  // that Subtyping collects (spec: Binary.md, notes on instance definitions).
  Subtyping subtyping(types(), *component_->registry_);
  subtyping.open(component.imported);
  for (const Extern& import : component.imports.items()) {
    const auto argument = arguments.find(import.name);
    if (argument == arguments.end())
      return invalid(fmt::format("missing import named `{}`", import.name), offset);
    if (auto matched = subtyping.match(argument->second, import.entity); !matched) {
      if (matched.error().kind != ErrorKind::invalid) return matched;
      return invalid(
          fmt::format("type mismatch for import `{}`: {}", import.name, matched.error().message),
          offset);
    }
  }
  Substitution substitution(types());
  subtyping.teach(substitution);
  REPRISE_TRY(at(offset, substitution.freshen(component.defined, scope().defined)));
  InstanceType instance;
  for (const Extern& item : component.exports.items()) {
    Extern made = item;
    REPRISE_ASSIGN(made.entity, at(offset, substitution.apply(item.entity)));
    instance.exports.add(made);
  }
  REPRISE_ASSIGN(const TypeId type, at(offset, types().add_instance(std::move(instance))));
  scope().instances.push_back(type);
  plan(std::move(step));
  return bind_resources(static_cast<uint32_t>(scope().instances.size() - 1), type, "");
}

Result<void> ComponentReader::read_bundle(ByteReader& in) {
  step::Bundle step;
  InstanceType instance;
  NameSet names;
  // A bundle has no index space of its own, so nothing in it can be a name for what else is in it.
  const ResourceNames no_resources;
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxExterns, "export"));
  for (uint32_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(const NamedExtern item, read_name(in));
    REPRISE_ASSIGN(const SortIndex where, read_sort_index(in));
    REPRISE_ASSIGN(const Entity entity, entity_at(where));
    step.items.push_back(named(item.name, where, entity));
    REPRISE_TRY(check_name(item, entity, names, no_resources, Direction::export_));
    instance.exports.add({item.name, entity, item.attributes});
  }
  REPRISE_ASSIGN(const TypeId type, at(in.offset(), types().add_instance(std::move(instance))));
  scope().instances.push_back(type);
  plan(std::move(step));
  return ok();
}

Result<void> ComponentReader::read_alias(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t sort, in.u8());
  if (!is_sort(sort)) return bad_byte(sort, "component outer alias kind", offset);
  uint8_t core_sort = 0;
  if (sort == kSortCore) {
    REPRISE_ASSIGN(core_sort, in.u8());
    if (!is_core_sort(core_sort))
      return bad_byte(core_sort, "component outer alias kind", offset + 1);
  }
  REPRISE_ASSIGN(const uint8_t target, in.u8());
  switch (target) {
    case 0x00: {
      if (sort == kSortValue)
        return fail(ErrorKind::unsupported, "component values are not supported", offset);
      if (sort == kSortCore && core_sort != kCoreSortModule)
        return bad_byte(core_sort, "component export alias kind", offset + 1);
      const Sort kind = sort == kSortCore        ? Sort::module
                        : sort == kSortFunc      ? Sort::func
                        : sort == kSortType      ? Sort::type
                        : sort == kSortComponent ? Sort::component
                                                 : Sort::instance;
      return read_export_alias(in, kind, offset);
    }
    case 0x01:
      if (scope().kind != ScopeKind::component)
        return invalid(
            "aliases in component and instance types may only refer to types or "
            "instances",
            offset);
      if (sort != kSortCore) return bad_byte(sort, "core export alias kind", offset);
      if (core_sort > kCoreSortTag)
        return bad_byte(core_sort, "core export alias kind", offset + 1);
      return read_core_export_alias(in, static_cast<wasm::ExternKind>(core_sort));
    case 0x02:
      return read_outer_alias(in, sort, core_sort, offset);
    default:
      return bad_byte(target, "alias", in.offset() - 1);
  }
}

Result<void> ComponentReader::read_export_alias(ByteReader& in, Sort sort, uint64_t offset) {
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  REPRISE_ASSIGN(const Name name, in.name());
  if (scope().kind != ScopeKind::component && sort != Sort::type && sort != Sort::instance) {
    return invalid("aliases in component and instance types may only refer to types or instances",
                   offset);
  }
  REPRISE_ASSIGN(const Entity instance, entity_at({Sort::instance, index, offset}));
  const Extern* item = types().instance(instance.type).exports.find(name);
  if (!item) {
    return invalid(fmt::format("instance {} has no export named `{}`", index, name), offset);
  }
  if (item->entity.sort != sort) {
    return invalid(
        fmt::format("export `{}` for instance {} is not a {}", name, index, to_string(sort)),
        offset);
  }
  REPRISE_TRY(push_entity(item->entity));
  if (sort != Sort::type) plan(step::AliasExport{index, name, sort});
  return ok();
}

Result<void> ComponentReader::read_core_export_alias(ByteReader& in, wasm::ExternKind kind) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  REPRISE_ASSIGN(const Name name, in.name());
  if (index >= scope().core_instances.size()) {
    return invalid(
        fmt::format("unknown core instance {}: core instance index out of bounds", index), offset);
  }
  const CoreExport* item = scope().core_instances[index]->find(name);
  if (!item) {
    return invalid(fmt::format("core instance {} has no export named `{}`", index, name), offset);
  }
  if (kind_of(item->type) != kind) {
    return invalid(
        fmt::format("export `{}` for core instance {} is not a {}", name, index, word_of(kind)),
        offset);
  }
  push_core_item(item->type);
  plan(step::AliasCoreExport{index, name, kind});
  return ok();
}

Result<size_t> ComponentReader::outer_scope(uint32_t count, uint64_t offset) const {
  if (count >= scopes_.size())
    return invalid(fmt::format("invalid outer alias count of {}", count), offset);
  return scopes_.size() - 1 - count;
}

Result<void> ComponentReader::read_outer_alias(ByteReader& in, uint8_t sort, uint8_t core_sort,
                                               uint64_t offset) {
  const bool is_module = sort == kSortCore && core_sort == kCoreSortModule;
  const bool is_core_type = sort == kSortCore && core_sort == kCoreSortType;
  if (sort == kSortCore && !is_module && !is_core_type)
    return bad_byte(core_sort, "component outer alias kind", offset + 1);
  if (sort != kSortCore && sort != kSortType && sort != kSortComponent)
    return bad_byte(sort, "component outer alias kind", offset);
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  const bool is_type = is_core_type || sort == kSortType;
  if (scope().kind != ScopeKind::component && !is_type) {
    return invalid("aliases in component and instance types may only refer to types or instances",
                   offset);
  }
  if (sort == kSortType) return alias_outer_type(count, index, offset);
  if (!is_core_type)
    return alias_outer_closure(is_module ? Sort::module : Sort::component, count, index, offset);
  REPRISE_ASSIGN(const size_t depth, outer_scope(count, offset));
  const Scope& outer = *scopes_[depth];
  if (index >= outer.core_types.size())
    return invalid(fmt::format("unknown type {}: core type index out of bounds", index), offset);
  const CoreTypeEntry entry = outer.core_types[index];
  scope().core_types.push_back(entry);
  scope().core_type_ids.push_back(entry.type);
  return ok();
}

Result<void> ComponentReader::alias_outer_type(uint32_t count, uint32_t index, uint64_t offset) {
  REPRISE_ASSIGN(const size_t depth, outer_scope(count, offset));
  if (index >= scopes_[depth]->types.size())
    return invalid(fmt::format("unknown type {}: type index out of bounds", index), offset);
  const TypeId type = scopes_[depth]->types[index];
  // A component must stand on its own, and each of its instances would see another resource type.
  bool leaves_component = false;
  for (size_t i = depth + 1; i < scopes_.size(); ++i)
    leaves_component |= scopes_[i]->kind == ScopeKind::component;
  if (leaves_component) {
    REPRISE_ASSIGN(const auto free, at(offset, types().free_resources(type)));
    if (!free.empty()) {
      return invalid(
          "cannot alias outer type which transitively refers to resources not defined "
          "in the current component",
          offset);
    }
  }
  scope().types.push_back(type);
  return ok();
}

uint32_t ComponentReader::capture(size_t depth, Sort sort, uint32_t count, uint32_t index) {
  // Types don't capture; only components stand between here and there.
  ComponentCode& code = *scopes_[depth]->code;
  Capture wanted{sort, index, false};
  if (count > 1) {
    wanted.index = capture(depth - 1, sort, count - 1, index);
    wanted.from_capture = true;
  }
  for (size_t i = 0; i < code.captures.size(); ++i) {
    const Capture& have = code.captures[i];
    if (have.sort == sort && have.index == wanted.index && have.from_capture == wanted.from_capture)
      return static_cast<uint32_t>(i);
  }
  code.captures.push_back(wanted);
  return static_cast<uint32_t>(code.captures.size() - 1);
}

Result<void> ComponentReader::alias_outer_closure(Sort sort, uint32_t count, uint32_t index,
                                                  uint64_t offset) {
  REPRISE_ASSIGN(const size_t depth, outer_scope(count, offset));
  const bool is_module = sort == Sort::module;
  const auto& space = is_module ? scopes_[depth]->core_modules : scopes_[depth]->components;
  if (index >= space.size()) {
    return invalid(fmt::format("unknown {} {}: {} index out of bounds", to_string(sort), index,
                               to_string(sort)),
                   offset);
  }
  const TypeId type = space[index];
  REPRISE_TRY(push_entity({sort, type}));
  if (count == 0) {
    plan(step::AliasLocal{sort, index});
  } else {
    plan(step::AliasCapture{sort, capture(scopes_.size() - 1, sort, count, index)});
  }
  return ok();
}

}  // namespace reprise::component
