#include "component/reader.hpp"

#include <fmt/format.h>

#include "wasm/reader.hpp"
#include "wasm/validate.hpp"

namespace reprise::component {
namespace {

constexpr uint8_t kMagic[4] = {0x00, 0x61, 0x73, 0x6d};
constexpr uint8_t kComponentVersion[4] = {0x0d, 0x00, 0x01, 0x00};
constexpr uint8_t kModuleVersion[4] = {0x01, 0x00, 0x00, 0x00};

enum Section : uint8_t {
  kCustom,
  kCoreModule,
  kCoreInstance,
  kCoreType,
  kComponent,
  kInstance,
  kAlias,
  kType,
  kCanon,
  kStart,
  kImport,
  kExport,
  kValue,
};

Result<void> read_preamble(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const Bytes magic, in.bytes(4));
  if (std::memcmp(magic.data(), kMagic, 4) != 0)
    return malformed("magic header not detected: this is no WebAssembly file", offset);
  REPRISE_ASSIGN(const Bytes version, in.bytes(4));
  if (std::memcmp(version.data(), kComponentVersion, 4) == 0) return ok();
  if (std::memcmp(version.data(), kModuleVersion, 4) == 0)
    return malformed("expected a version header for a component", offset + 4);
  return malformed("unknown binary version", offset + 4);
}

}  // namespace

std::unexpected<Error> bad_byte(uint8_t byte, std::string_view what, uint64_t offset) {
  return malformed(fmt::format("invalid leading byte ({:#x}) for {}", byte, what), offset);
}

BinaryKind binary_kind(Bytes bytes) {
  if (bytes.size() < 8 || std::memcmp(bytes.data(), kMagic, 4) != 0) return BinaryKind::neither;
  if (std::memcmp(bytes.data() + 4, kModuleVersion, 4) == 0) return BinaryKind::module;
  if (std::memcmp(bytes.data() + 4, kComponentVersion, 4) == 0) return BinaryKind::component;
  return BinaryKind::neither;
}

Result<std::shared_ptr<const Component>> read_component(
    wasm::ModuleBytes source, std::shared_ptr<wasm::TypeRegistry> registry) {
  auto component = ComponentReader(std::move(source), std::move(registry)).read();
  // Sections nest in sections here, so what ends early is always the file as a whole.
  if (!component && component.error().message == "unexpected end")
    component.error().message = "unexpected end-of-file";
  return component;
}

Result<std::shared_ptr<const Component>> read_component(
    std::vector<uint8_t> bytes, std::shared_ptr<wasm::TypeRegistry> registry) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  return read_component({.bytes = *owner, .owner = owner}, std::move(registry));
}

namespace {

Result<void> validate_bodies_in(const ComponentCode& code) {
  for (const auto& module : code.modules) REPRISE_TRY(wasm::validate_module(*module));
  // As deep as the reader lets components nest.
  for (const auto& nested : code.nested) REPRISE_TRY(validate_bodies_in(*nested));
  return ok();
}

}  // namespace

Result<void> validate_bodies(const Component& component) {
  return validate_bodies_in(component.root());
}

ComponentReader::ComponentReader(wasm::ModuleBytes source,
                                 std::shared_ptr<wasm::TypeRegistry> registry)
    : component_(std::make_shared<Component>(std::move(source), std::move(registry))) {}

Result<std::shared_ptr<const Component>> ComponentReader::read() {
  ByteReader in(component_->source_.bytes, component_->source_.base);
  REPRISE_ASSIGN(component_->root_, read_body(in));
  return std::shared_ptr<const Component>(std::move(component_));
}

Result<void> ComponentReader::push_scope(ScopeKind kind, uint64_t offset) {
  if (scopes_.size() >= kMaxNesting)
    return fail(ErrorKind::limit, "components and types are nested too deep", offset);
  scopes_.push_back(std::make_unique<Scope>(kind));
  return ok();
}

Result<std::unique_ptr<ComponentCode>> ComponentReader::read_body(ByteReader& in) {
  auto code = std::make_unique<ComponentCode>();
  code->offset = in.offset();
  code->size = in.remaining();
  REPRISE_TRY(push_scope(ScopeKind::component, in.offset()));
  scope().code = code.get();
  REPRISE_TRY(read_preamble(in));
  while (!in.at_end()) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(const uint8_t id, in.u8());
    if (id > kValue) return malformed(fmt::format("malformed section id: {}", id), offset);
    REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
    REPRISE_ASSIGN(ByteReader section, in.sub(size));
    REPRISE_TRY(read_section(id, section, offset));
    if (!section.at_end())
      return malformed("section size mismatch: unexpected data at its end", section.offset());
  }
  REPRISE_TRY(finish_component(code));
  return code;
}

Result<uint32_t> ComponentReader::read_count(ByteReader& in, uint32_t limit,
                                             std::string_view what) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  // Every item takes at least a byte.
  if (count > in.remaining()) return malformed("unexpected end-of-file", offset);
  if (count > limit) {
    return fail(ErrorKind::limit, fmt::format("{} count exceeds the limit of {}", what, limit),
                offset);
  }
  return count;
}

template <class F>
Result<void> ComponentReader::for_each(ByteReader& in, F read_one) {
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxIndexSpace, "item"));
  for (uint32_t i = 0; i < count; ++i) REPRISE_TRY((this->*read_one)(in));
  return ok();
}

Result<void> ComponentReader::read_section(uint8_t id, ByteReader& in, uint64_t offset) {
  using R = ComponentReader;
  switch (id) {
    case kCustom:
      return read_custom(in);
    case kCoreModule:
      return read_module(in);
    case kCoreInstance:
      return for_each(in, &R::read_core_instance);
    case kCoreType:
      return for_each(in, &R::read_core_type);
    case kComponent:
      return read_nested(in);
    case kInstance:
      return for_each(in, &R::read_instance);
    case kAlias:
      return for_each(in, &R::read_alias);
    case kType:
      return for_each(in, &R::read_type);
    case kCanon:
      return for_each(in, &R::read_canon);
    case kImport:
      return for_each(in, &R::read_import);
    case kExport:
      return for_each(in, &R::read_export);
    default:
      return fail(ErrorKind::unsupported, "component values and start functions are not supported",
                  offset);
  }
}

Result<void> ComponentReader::read_custom(ByteReader& in) {
  REPRISE_ASSIGN(const Name name, in.name());
  Bytes rest = in.rest();
  REPRISE_TRY(in.bytes(rest.size()));
  if (name != "component-name") return ok();
  // Names are for people: what cannot be read is left out.
  ByteReader names(rest);
  const auto id = names.u8();
  if (!id || *id != 0) return ok();
  const auto size = names.leb_u32();
  if (!size || *size > names.remaining()) return ok();
  if (const auto own = names.name()) scope().code->name = *own;
  return ok();
}

Result<void> ComponentReader::read_module(ByteReader& in) {
  const uint64_t offset = in.offset();
  const Bytes bytes = in.rest();
  REPRISE_TRY(in.bytes(bytes.size()));
  if (binary_kind(bytes) == BinaryKind::component)
    return malformed("expected a version header for a module", offset + 4);
  if (scope().core_modules.size() >= kMaxDefinitions)
    return fail(ErrorKind::limit, "too many modules", offset);
  REPRISE_ASSIGN(
      auto module,
      wasm::read_module({.bytes = bytes, .owner = component_->source_.owner, .base = offset},
                        component_->registry_));
  REPRISE_ASSIGN(ModuleType type, at(offset, module_type_of(*module)));
  REPRISE_ASSIGN(const TypeId id,
                 types().add_module(std::make_shared<const ModuleType>(std::move(type))));
  plan(step::CoreModule{static_cast<uint32_t>(scope().code->modules.size())});
  scope().code->modules.push_back(std::move(module));
  scope().core_modules.push_back(id);
  return ok();
}

Result<void> ComponentReader::read_nested(ByteReader& in) {
  if (scope().components.size() >= kMaxDefinitions)
    return fail(ErrorKind::limit, "too many components", in.offset());
  REPRISE_ASSIGN(auto nested, read_body(in));
  plan(step::DefineComponent{static_cast<uint32_t>(scope().code->nested.size())});
  scope().components.push_back(nested->type);
  scope().code->nested.push_back(std::move(nested));
  return ok();
}

ComponentType ComponentReader::take_component_type(Scope& from) {
  return {.imports = std::move(from.imports),
          .exports = std::move(from.exports),
          .imported = std::move(from.imported),
          .defined = std::move(from.defined)};
}

Result<void> ComponentReader::finish_component(std::unique_ptr<ComponentCode>& code) {
  if (scopes_.size() == 1) REPRISE_TRY(list_border(*code));
  REPRISE_TRY(make_run_time_types(*code));
  ComponentType type = take_component_type(scope());
  scopes_.pop_back();
  // Resources that no export mentions are nobody's business outside; keeping them would make every
  // instantiation pay for them.
  std::unordered_set<ResourceId> mentioned;
  for (const Extern& item : type.exports.items()) {
    REPRISE_ASSIGN(auto free, types().free_resources(item.entity.type));
    mentioned.merge(free);
  }
  std::erase_if(type.defined, [&](ResourceId id) { return !mentioned.contains(id); });
  REPRISE_ASSIGN(code->type, types().add_component(std::move(type)));
  return ok();
}

}  // namespace reprise::component
