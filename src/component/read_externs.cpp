// Imports and exports: names, attributes, types (spec: Binary.md §Import and Export Definitions).

#include <fmt/format.h>

#include "component/reader.hpp"

namespace reprise::component {
namespace {

constexpr uint8_t kCoreModuleSort = 0x11;

/// spec: canonical version, and the rest that makes a full one of it.
Result<void> check_version_suffix(std::string_view name, std::string_view suffix, uint64_t offset) {
  const size_t at = name.find('@');
  if (at == name.npos) {
    return invalid("`versionsuffix` needs a name with a version", offset);
  }
  const std::string full = fmt::format("{}{}", name.substr(at + 1), suffix);
  const auto version = parse_version(full);
  if (!version)
    return invalid(fmt::format("`{}` is not a valid semver: {}", full, version.error().message),
                   offset);
  return ok();
}

}  // namespace

Result<ComponentReader::NamedExtern> ComponentReader::read_name(ByteReader& in) {
  NamedExtern item{.name = {}, .attributes = {}, .offset = in.offset()};
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code > 0x02) return bad_byte(code, "component name", item.offset);
  REPRISE_ASSIGN(item.name, in.name());
  if (item.name.size() > kMaxNameLength)
    return fail(ErrorKind::limit, "name is too long", item.offset);
  if (code != 0x02) return item;
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxMembers, "name option"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(const uint8_t attribute, in.u8());
    if (attribute > 0x02) return bad_byte(attribute, "name option", offset);
    static constexpr std::string_view kNames[] = {"implements", "version-suffix", "external-id"};
    std::optional<std::string_view>* const places[] = {
        &item.attributes.implements, &item.attributes.version_suffix, &item.attributes.external_id};
    REPRISE_ASSIGN(const Name value, in.name());
    if (*places[attribute]) {
      return invalid(fmt::format("duplicate '{}' option in name", kNames[attribute]), offset);
    }
    *places[attribute] = value;
  }
  return item;
}

Result<Sort> ComponentReader::read_sort(ByteReader& in, std::string_view what) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  switch (code) {
    case 0x00: {
      REPRISE_ASSIGN(const uint8_t core, in.u8());
      if (core != kCoreModuleSort) return bad_byte(core, what, offset + 1);
      return Sort::module;
    }
    case 0x01:
      return Sort::func;
    case 0x02:
      return fail(ErrorKind::unsupported, "component values are not supported", offset);
    case 0x03:
      return Sort::type;
    case 0x04:
      return Sort::component;
    case 0x05:
      return Sort::instance;
    default:
      return bad_byte(code, what, offset);
  }
}

Result<ComponentReader::ExternDesc> ComponentReader::read_extern_desc(ByteReader& in) {
  const uint64_t offset = in.offset();
  ExternDesc desc;
  REPRISE_ASSIGN(desc.sort, read_sort(in, "component external kind"));
  if (desc.sort == Sort::type) {
    const uint64_t bound_offset = in.offset();
    REPRISE_ASSIGN(const uint8_t bound, in.u8());
    if (bound == 0x01) return desc;
    if (bound != 0x00) return bad_byte(bound, "type bound", bound_offset);
  }
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  switch (desc.sort) {
    case Sort::module:
      if (index >= scope().core_types.size()) {
        return invalid(fmt::format("unknown type {}: core type index out of bounds", index),
                       offset);
      }
      desc.type = scope().core_types[index].module;
      if (!desc.type)
        return invalid(fmt::format("core type index {} is not a module type", index), offset);
      return desc;
    case Sort::type: {
      REPRISE_ASSIGN(desc.type, type_at(index, offset));
      return desc;
    }
    default: {
      const TypeKind kind = desc.sort == Sort::func        ? TypeKind::func
                            : desc.sort == Sort::component ? TypeKind::component
                                                           : TypeKind::instance;
      REPRISE_ASSIGN(desc.type, type_at(index, offset, kind));
      return desc;
    }
  }
}

Result<Entity> ComponentReader::open_extern(const ExternDesc& desc,
                                            std::vector<ResourceId>& bound) {
  switch (desc.sort) {
    case Sort::type: {
      if (desc.type) {
        REPRISE_ASSIGN(const TypeId type, types().alias(desc.type));
        return Entity{Sort::type, type};
      }
      const ResourceId resource = types().fresh_resource();
      bound.push_back(resource);
      REPRISE_ASSIGN(const TypeId type, types().add_resource(resource));
      return Entity{Sort::type, type};
    }
    case Sort::instance: {
      Substitution substitution(types());
      REPRISE_TRY(substitution.freshen(types().instance(desc.type).bound, bound));
      REPRISE_ASSIGN(const TypeId type, substitution.name_anew(desc.type));
      return Entity{Sort::instance, type};
    }
    default:
      return Entity{desc.sort, desc.type};
  }
}

Result<void> ComponentReader::check_name(const NamedExtern& item, Entity entity, NameSet& names,
                                         const ResourceNames& resources, Direction direction) {
  auto name = parse_extern_name(item.name);
  if (!name) {
    return invalid(fmt::format("{} name `{}` is not a valid extern name: {}", to_string(direction),
                               item.name, name.error().message),
                   item.offset);
  }
  if (const auto& implements = item.attributes.implements) {
    const auto interface = parse_extern_name(*implements);
    if (!interface)
      return invalid(fmt::format("`implements` value `{}` is not a valid name", *implements),
                     item.offset);
    if (interface->kind != NameKind::interface)
      return invalid(fmt::format("`implements` value `{}` must be an interface name", *implements),
                     item.offset);
    if (entity.sort != Sort::instance)
      return invalid("only instances can have an `implements` option", item.offset);
    if (name->kind != NameKind::label)
      return invalid(fmt::format("name `{}` is not valid with `implements`", item.name),
                     item.offset);
  }
  if (item.attributes.version_suffix)
    REPRISE_TRY(check_version_suffix(item.name, *item.attributes.version_suffix, item.offset));
  if (const std::string* clash = names.add(uniqueness_key(*name), item.name)) {
    return invalid(fmt::format("{} name `{}` conflicts with previous name `{}`",
                               to_string(direction), item.name, *clash),
                   item.offset);
  }
  if (auto checked = resources.check(types(), *name, entity); !checked) {
    return invalid(fmt::format("{} name `{}` is not valid: {}", to_string(direction), item.name,
                               checked.error().message),
                   item.offset);
  }
  return ok();
}

Result<void> ComponentReader::add_extern(const NamedExtern& item, Entity entity, TypeId referenced,
                                         Direction direction) {
  Scope& to = scope();
  const bool is_import = direction == Direction::import;
  ExternMap& map = is_import ? to.imports : to.exports;
  if (map.size() >= kMaxExterns)
    return fail(ErrorKind::limit, fmt::format("too many {}s", to_string(direction)), item.offset);
  ResourceNames& resources = is_import ? to.imported_resource_names : to.exported_resource_names;
  REPRISE_TRY(check_name(item, entity, is_import ? to.import_names : to.export_names, resources,
                         direction));
  if (entity.sort == Sort::type && types()[entity.type].kind == TypeKind::resource)
    resources.add(item.name, entity.type);
  REPRISE_ASSIGN(const bool named,
                 at(item.offset, name_entity(types(), to, direction, entity, referenced)));
  if (!named) {
    return invalid(fmt::format("{} not valid to be used as {}: `{}` mentions a type that has no "
                               "name here",
                               to_string(entity.sort), to_string(direction), item.name),
                   item.offset);
  }
  map.add({item.name, entity, item.attributes});
  return push_entity(entity);
}

Result<void> ComponentReader::push_entity(Entity entity) {
  Scope& to = scope();
  switch (entity.sort) {
    case Sort::module:
      to.core_modules.push_back(entity.type);
      break;
    case Sort::func:
      to.funcs.push_back(entity.type);
      break;
    case Sort::type:
      to.types.push_back(entity.type);
      break;
    case Sort::component:
      to.components.push_back(entity.type);
      break;
    case Sort::instance:
      to.instances.push_back(entity.type);
      break;
    case Sort::value:
      break;
  }
  return ok();
}

Result<void> ComponentReader::read_import(ByteReader& in) {
  REPRISE_ASSIGN(const NamedExtern item, read_name(in));
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const ExternDesc desc, read_extern_desc(in));
  REPRISE_ASSIGN(const Entity entity, at(offset, open_extern(desc, scope().imported)));
  REPRISE_TRY(add_extern(item, entity, desc.type ? desc.type : entity.type, Direction::import));
  if (!scope().code) return ok();
  step::Import step{item.name, entity.sort};
  if (entity.sort == Sort::type && types()[entity.type].kind == TypeKind::resource) {
    // `(eq $R)` has a slot already.
    step.slot = slot_of(scope(), types()[entity.type].resource, std::string(item.name));
  }
  plan(step);
  if (entity.sort == Sort::instance) {
    const auto index = static_cast<uint32_t>(scope().instances.size() - 1);
    return bind_resources(index, entity.type, item.name);
  }
  return ok();
}

Result<void> ComponentReader::read_export_declaration(ByteReader& in) {
  REPRISE_ASSIGN(const NamedExtern item, read_name(in));
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const ExternDesc desc, read_extern_desc(in));
  REPRISE_ASSIGN(const Entity entity, at(offset, open_extern(desc, scope().defined)));
  return add_extern(item, entity, desc.type ? desc.type : entity.type, Direction::export_);
}

Result<ComponentReader::SortIndex> ComponentReader::read_sort_index(ByteReader& in) {
  SortIndex result{.sort = Sort::func, .index = 0, .offset = in.offset()};
  REPRISE_ASSIGN(result.sort, read_sort(in, "component external kind"));
  REPRISE_ASSIGN(result.index, in.leb_u32());
  return result;
}

Result<Entity> ComponentReader::entity_at(const SortIndex& where) const {
  const Scope& from = scope();
  const std::vector<TypeId>* space = nullptr;
  switch (where.sort) {
    case Sort::module:
      space = &from.core_modules;
      break;
    case Sort::func:
      space = &from.funcs;
      break;
    case Sort::type:
      space = &from.types;
      break;
    case Sort::component:
      space = &from.components;
      break;
    case Sort::instance:
      space = &from.instances;
      break;
    case Sort::value:
      break;
  }
  if (!space || where.index >= space->size()) {
    const std::string_view word =
        where.sort == Sort::func ? std::string_view("function") : to_string(where.sort);
    return invalid(fmt::format("unknown {} {}: {} index out of bounds", word, where.index, word),
                   where.offset);
  }
  return Entity{where.sort, (*space)[where.index]};
}

step::Named ComponentReader::named(Name name, const SortIndex& where, Entity entity) const {
  step::Named result{name, where.sort, where.index};
  if (where.sort == Sort::type) {
    result.index = kNoIndex;
    const TypeDef& def = types()[entity.type];
    if (def.kind == TypeKind::resource) {
      if (const auto slot = scope().slots.find(def.resource); slot != scope().slots.end())
        result.index = slot->second;
    }
  }
  return result;
}

Result<Entity> ComponentReader::ascribe(Entity actual, const ExternDesc& desc, uint64_t offset) {
  std::vector<ResourceId> bound;
  REPRISE_ASSIGN(const Entity expected, at(offset, open_extern(desc, bound)));
  Subtyping subtyping(types(), *component_->registry_);
  subtyping.open(bound);
  if (auto matched = subtyping.match(actual, expected); !matched) {
    return invalid(fmt::format("ascribed type of export is not compatible with item's type: {}",
                               matched.error().message),
                   offset);
  }
  scope().defined.insert(scope().defined.end(), bound.begin(), bound.end());
  return expected;
}

Result<void> ComponentReader::read_export(ByteReader& in) {
  REPRISE_ASSIGN(const NamedExtern item, read_name(in));
  REPRISE_ASSIGN(const SortIndex where, read_sort_index(in));
  REPRISE_ASSIGN(const Entity actual, entity_at(where));
  const step::Named source = named(item.name, where, actual);
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t ascribed, in.u8());
  if (ascribed > 1) return bad_byte(ascribed, "optional component export type", offset);
  Entity entity;
  TypeId referenced = actual.type;
  if (ascribed) {
    REPRISE_ASSIGN(const ExternDesc desc, read_extern_desc(in));
    REPRISE_ASSIGN(entity, ascribe(actual, desc, offset));
    if (desc.type) referenced = desc.type;
  } else {
    // A type gets a name of its own; the types in an instance are named as they are.
    entity = actual;
    if (entity.sort == Sort::type) {
      REPRISE_ASSIGN(entity.type, at(offset, types().alias(actual.type)));
    }
  }
  REPRISE_TRY(add_extern(item, entity, referenced, Direction::export_));
  plan(step::Export{source});
  if (entity.sort == Sort::type && types()[entity.type].kind == TypeKind::resource) {
    const ResourceId resource = types()[entity.type].resource;
    const bool is_new = !scope().slots.contains(resource);
    const uint32_t slot = slot_of(scope(), resource, std::string(item.name));
    if (is_new && source.index != kNoIndex) plan(step::ShareResource{slot, source.index});
    std::string& name = scope().code->resource_names[slot];
    if (name.empty()) name = item.name;
  }
  if (entity.sort == Sort::instance) {
    const auto index = static_cast<uint32_t>(scope().instances.size() - 1);
    REPRISE_TRY(bind_resources(index, entity.type, item.name));
    name_resources(entity.type, std::string(item.name));
  }
  return ok();
}

}  // namespace reprise::component
