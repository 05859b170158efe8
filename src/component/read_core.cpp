// Core definitions inside a component: types, module types, instances of modules.

#include <fmt/format.h>

#include "component/reader.hpp"
#include "wasm/type_reader.hpp"

namespace reprise::component {
namespace {

// spec: Binary.md, core:deftype. Where a module type may stand, 0x50 means one, and a `sub` that is
// not final is written with a 0x00 before it.
constexpr uint8_t kModuleTypeCode = 0x50;
constexpr uint8_t kSubPrefix = 0x00;

}  // namespace

Result<void> ComponentReader::read_core_type(ByteReader& in) {
  if (in.peek() == kModuleTypeCode) {
    REPRISE_TRY(in.u8());
    REPRISE_ASSIGN(const TypeId type, read_module_type(in));
    scope().core_types.push_back({.type = {}, .module = type});
    scope().core_type_ids.emplace_back();
    return ok();
  }
  return add_core_types(in);
}

Result<void> ComponentReader::add_core_types(ByteReader& in) {
  if (in.peek() == kSubPrefix && !in.at_end()) {
    REPRISE_TRY(in.u8());
    if (in.peek() != kModuleTypeCode)
      return bad_byte(in.peek(), "non-final core sub type", in.offset());
  }
  std::vector<wasm::TypeId>& ids = scope().core_type_ids;
  REPRISE_TRY(wasm::read_recursive_group(in, *component_->registry_, ids));
  while (scope().core_types.size() < ids.size())
    scope().core_types.push_back({.type = ids[scope().core_types.size()], .module = {}});
  return ok();
}

Result<TypeId> ComponentReader::read_module_type(ByteReader& in) {
  const uint64_t offset = in.offset();
  auto module = std::make_shared<ModuleType>();
  REPRISE_TRY(read_module_declarations(in, *module));
  REPRISE_TRY(at(offset, check_distinct_imports(*module)));
  return at(offset, types().add_module(std::move(module)));
}

Result<void> ComponentReader::read_module_declarations(ByteReader& in, ModuleType& module) {
  std::vector<wasm::TypeId> types;
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxExterns, "module declaration"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(const uint8_t code, in.u8());
    switch (code) {
      case 0x00: {
        REPRISE_ASSIGN(const Name first, in.name());
        REPRISE_ASSIGN(const Name second, in.name());
        REPRISE_ASSIGN(const CoreExternType type, read_core_extern(in, types));
        module.imports.push_back({first, second, type});
        break;
      }
      case 0x01: {
        if (in.peek() == kModuleTypeCode) {
          return invalid(
              "invalid leading byte (0x50) for type definition: module types cannot be "
              "nested",
              in.offset());
        }
        if (in.peek() == kSubPrefix) REPRISE_TRY(in.u8());
        REPRISE_TRY(wasm::read_recursive_group(in, *component_->registry_, types));
        break;
      }
      case 0x02:
        REPRISE_TRY(read_core_alias(in, types));
        break;
      case 0x03: {
        REPRISE_ASSIGN(const Name name, in.name());
        REPRISE_ASSIGN(const CoreExternType type, read_core_extern(in, types));
        if (!module.exports.add({name, type}))
          return invalid(fmt::format("export name `{}` already defined", name), offset);
        break;
      }
      default:
        return bad_byte(code, "type definition", offset);
    }
  }
  return ok();
}

Result<void> ComponentReader::read_core_alias(ByteReader& in, std::vector<wasm::TypeId>& types) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t sort, in.u8());
  if (sort != kCoreSortType) return bad_byte(sort, "outer alias kind", offset);
  REPRISE_ASSIGN(const uint8_t target, in.u8());
  if (target != 0x01) return bad_byte(target, "outer alias target", offset + 1);
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  // The module type is the innermost scope; it has no Scope object.
  if (count == 0) {
    if (index >= types.size()) {
      return invalid(fmt::format("unknown type {}: core type index out of bounds", index), offset);
    }
    types.push_back(wasm::TypeId(types[index]));
    return ok();
  }
  REPRISE_ASSIGN(const size_t depth, outer_scope(count - 1, offset));
  const Scope& outer = *scopes_[depth];
  if (index >= outer.core_types.size())
    return invalid(fmt::format("unknown type {}: core type index out of bounds", index), offset);
  if (!outer.core_types[index].type) {
    return invalid(fmt::format("core type index {} is a module type: outer aliases in module types "
                               "cannot refer to those",
                               index),
                   offset);
  }
  types.push_back(outer.core_types[index].type);
  return ok();
}

Result<CoreExternType> ComponentReader::read_core_extern(ByteReader& in,
                                                         std::span<const wasm::TypeId> types) {
  const uint64_t offset = in.offset();
  const wasm::TypeSpace space{types};
  auto func_at = [&](uint32_t index) -> Result<wasm::TypeId> {
    if (index >= types.size())
      return invalid(fmt::format("unknown type {}: type index out of bounds", index), offset);
    if (!component_->registry_->func(types[index]))
      return invalid(fmt::format("core type index {} is not a function type", index), offset);
    return types[index];
  };
  REPRISE_ASSIGN(const uint8_t kind, in.u8());
  switch (kind) {
    case 0x00: {
      REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
      REPRISE_ASSIGN(const wasm::TypeId type, func_at(index));
      return type;
    }
    case 0x01:
      return wasm::read_table_type(in, space);
    case 0x02:
      return wasm::read_memory_type(in);
    case 0x03:
      return wasm::read_global_type(in, space);
    case 0x04: {
      REPRISE_ASSIGN(const uint8_t attribute, in.u8());
      if (attribute != 0) return bad_byte(attribute, "tag attribute", offset + 1);
      REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
      REPRISE_ASSIGN(const wasm::TypeId type, func_at(index));
      if (!component_->registry_->func(type)->results.empty())
        return invalid("invalid exception type: non-empty tag result type", offset);
      return wasm::TagType{type};
    }
    default:
      return bad_byte(kind, "external kind", offset);
  }
}

Result<void> ComponentReader::read_core_instance(ByteReader& in) {
  const uint64_t offset = in.offset();
  if (scope().core_instances.size() >= kMaxDefinitions)
    return fail(ErrorKind::limit, "too many core instances", offset);
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  switch (code) {
    case 0x00:
      return read_core_instantiate(in);
    case 0x01:
      return read_core_bundle(in);
    default:
      return bad_byte(code, "core instance", offset);
  }
}

Result<void> ComponentReader::read_core_instantiate(ByteReader& in) {
  const uint64_t offset = in.offset();
  step::CoreInstantiate step;
  REPRISE_ASSIGN(step.module, in.leb_u32());
  std::unordered_map<Name, uint32_t> arguments;
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxExterns, "instantiation argument"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t at = in.offset();
    step::CoreInstantiate::Argument argument;
    REPRISE_ASSIGN(argument.name, in.name());
    REPRISE_ASSIGN(const uint8_t sort, in.u8());
    if (sort != kCoreSortInstance) return bad_byte(sort, "instantiation arg kind", in.offset() - 1);
    REPRISE_ASSIGN(argument.instance, in.leb_u32());
    if (argument.instance >= scope().core_instances.size()) {
      return invalid(fmt::format("unknown core instance {}: core instance index out of bounds",
                                 argument.instance),
                     at);
    }
    if (!arguments.emplace(argument.name, argument.instance).second) {
      return invalid(
          fmt::format("duplicate module instantiation argument named `{}`", argument.name), at);
    }
    step.arguments.push_back(argument);
  }
  if (step.module >= scope().core_modules.size()) {
    return invalid(fmt::format("unknown module {}: module index out of bounds", step.module),
                   offset);
  }
  const ModuleType& module = types().module(scope().core_modules[step.module]);
  for (const CoreImport& import : module.imports) {
    const auto argument = arguments.find(import.module);
    if (argument == arguments.end()) {
      return invalid(fmt::format("missing module instantiation argument named `{}`", import.module),
                     offset);
    }
    const CoreExport* given = scope().core_instances[argument->second]->find(import.name);
    if (!given) {
      return invalid(fmt::format("module instantiation argument `{}` does not export an item named "
                                 "`{}`",
                                 import.module, import.name),
                     offset);
    }
    auto matched = match_core(*component_->registry_, given->type, import.type);
    if (!matched) {
      return invalid(fmt::format("type mismatch for export `{}` of module instantiation argument "
                                 "`{}`: {}",
                                 import.name, import.module, matched.error().message),
                     offset);
    }
  }
  // The exports belong to the module type, which lives as long as the arena does.
  scope().core_instances.push_back(std::shared_ptr<const CoreExports>(component_, &module.exports));
  plan(std::move(step));
  return ok();
}

Result<void> ComponentReader::read_core_bundle(ByteReader& in) {
  step::CoreBundle step;
  auto exports = std::make_shared<CoreExports>();
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxExterns, "export"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = in.offset();
    step::CoreBundle::Item item;
    REPRISE_ASSIGN(item.name, in.name());
    REPRISE_ASSIGN(const uint8_t sort, in.u8());
    if (sort > static_cast<uint8_t>(wasm::ExternKind::tag))
      return bad_byte(sort, "core instance export kind", in.offset() - 1);
    item.kind = static_cast<wasm::ExternKind>(sort);
    REPRISE_ASSIGN(item.index, in.leb_u32());
    REPRISE_ASSIGN(const CoreExternType type, core_item(item.kind, item.index, offset));
    if (!exports->add({item.name, type}))
      return invalid(fmt::format("export name `{}` already defined", item.name), offset);
    step.items.push_back(item);
  }
  scope().core_instances.push_back(std::move(exports));
  plan(std::move(step));
  return ok();
}

Result<CoreExternType> ComponentReader::core_item(wasm::ExternKind kind, uint32_t index,
                                                  uint64_t offset) {
  const Scope& from = scope();
  auto pick = [&](const auto& space) -> Result<CoreExternType> {
    if (index < space.size()) return CoreExternType(space[index]);
    const std::string_view word =
        kind == wasm::ExternKind::function ? "function" : wasm::to_string(kind);
    return invalid(fmt::format("unknown {} {}: {} index out of bounds", word, index, word), offset);
  };
  switch (kind) {
    case wasm::ExternKind::function:
      return pick(from.core_funcs);
    case wasm::ExternKind::table:
      return pick(from.core_tables);
    case wasm::ExternKind::memory:
      return pick(from.core_memories);
    case wasm::ExternKind::global:
      return pick(from.core_globals);
    case wasm::ExternKind::tag:
      return pick(from.core_tags);
  }
  return pick(from.core_funcs);
}

Result<wasm::TypeId> ComponentReader::core_func_at(uint32_t index, uint64_t offset) const {
  if (index >= scope().core_funcs.size()) {
    return invalid(fmt::format("unknown core function {}: function index out of bounds", index),
                   offset);
  }
  return scope().core_funcs[index];
}

void ComponentReader::push_core_item(const CoreExternType& type) {
  struct Pusher {
    Scope& to;
    void operator()(const wasm::TypeId& t) const { to.core_funcs.push_back(t); }
    void operator()(const wasm::TableType& t) const { to.core_tables.push_back(t); }
    void operator()(const wasm::MemoryType& t) const { to.core_memories.push_back(t); }
    void operator()(const wasm::GlobalType& t) const { to.core_globals.push_back(t); }
    void operator()(const wasm::TagType& t) const { to.core_tags.push_back(t); }
  };
  std::visit(Pusher{scope()}, type);
}

}  // namespace reprise::component
