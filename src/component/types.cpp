#include "component/types.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::component {
namespace {

constexpr uint32_t kPrimitiveCount = static_cast<uint32_t>(wit::TypeKind::error_context) + 1;

/// Size, which is also the alignment, of a primitive; 64-bit pointers.
uint32_t primitive_size(wit::TypeKind kind) {
  switch (kind) {
    case wit::TypeKind::bool_:
    case wit::TypeKind::s8:
    case wit::TypeKind::u8:
      return 1;
    case wit::TypeKind::s16:
    case wit::TypeKind::u16:
      return 2;
    case wit::TypeKind::s64:
    case wit::TypeKind::u64:
    case wit::TypeKind::f64:
      return 8;
    case wit::TypeKind::string:
      return 16;
    default:
      return 4;
  }
}

uint32_t discriminant_size(size_t cases) {
  return cases <= 256 ? 1 : cases <= 65536 ? 2 : 4;
}

/// Sizes stay below 2^28 + 2^28 while they are added up, so 64 bits never overflow.
uint64_t align_up(uint64_t at, uint64_t alignment) {
  return (at + alignment - 1) / alignment * alignment;
}

std::unexpected<Error> too_big() {
  return fail(ErrorKind::invalid,
              fmt::format("type exceeds maximum byte size of {} bytes", kMaxValueSize));
}

}  // namespace

std::string_view to_string(Sort sort) {
  switch (sort) {
    case Sort::module:
      return "module";
    case Sort::func:
      return "func";
    case Sort::value:
      return "value";
    case Sort::type:
      return "type";
    case Sort::component:
      return "component";
    case Sort::instance:
      return "instance";
  }
  return "?";
}

const Extern* ExternMap::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &items_[found->second];
}

void ExternMap::add(Extern item) {
  index_.emplace(item.name, static_cast<uint32_t>(items_.size()));
  items_.push_back(item);
}

Types::Types() {
  for (uint32_t i = 0; i < kPrimitiveCount; ++i) {
    TypeDef def;
    def.value = static_cast<wit::TypeKind>(i);
    def.has_pointer = def.value == wit::TypeKind::string;
    def.size = primitive_size(def.value);
    def.alignment = static_cast<uint8_t>(std::min(def.size, 8u));
    defs_.push_back(def);
  }
}

TypeId Types::primitive(wit::TypeKind kind) {
  return TypeId(static_cast<uint32_t>(kind));
}

Result<void> Types::spend(uint64_t steps) {
  work_ += steps;
  if (work_ > kMaxTypeWork)
    return fail(ErrorKind::limit, "the component's types are too complex to check");
  return ok();
}

Result<TypeId> Types::push(TypeDef def) {
  if (defs_.size() >= kMaxTypes) return fail(ErrorKind::limit, "too many types");
  if (def.depth > kMaxTypeDepth) return fail(ErrorKind::limit, "type nesting is too deep");
  if (def.nodes > kMaxTypeNodes)
    return fail(ErrorKind::limit, fmt::format("effective type size exceeds {}", kMaxTypeNodes));
  defs_.push_back(def);
  return TypeId(static_cast<uint32_t>(defs_.size() - 1));
}

/// What a type inherits from a part of it.
Result<void> Types::account(TypeDef& def, TypeId part) const {
  if (!part) return ok();
  const TypeDef& inner = (*this)[part];
  def.has_borrow |= inner.has_borrow;
  def.has_resource |= inner.has_resource;
  def.has_pointer |= inner.has_pointer;
  def.depth = static_cast<uint8_t>(std::max<uint32_t>(def.depth, inner.depth + 1u));
  def.nodes += inner.nodes;
  if (def.nodes > kMaxTypeNodes)
    return fail(ErrorKind::limit, fmt::format("effective type size exceeds {}", kMaxTypeNodes));
  return ok();
}

/// spec: CanonicalABI.md §Alignment, §Element Size, with 64-bit pointers.
Result<void> Types::measure(TypeDef& def, std::span<const Member> members) const {
  uint64_t size = 0;
  uint32_t alignment = 1;
  auto field = [&](TypeId type) {
    const TypeDef& inner = (*this)[type];
    alignment = std::max<uint32_t>(alignment, inner.alignment);
    size = align_up(size, inner.alignment) + inner.size;
  };
  auto sum = [&](size_t cases, auto for_each_payload) {
    const uint32_t tag = discriminant_size(cases);
    uint64_t payload = 0;
    uint32_t payload_alignment = 1;
    for_each_payload([&](TypeId type) {
      if (!type) return;
      payload = std::max<uint64_t>(payload, (*this)[type].size);
      payload_alignment = std::max<uint32_t>(payload_alignment, (*this)[type].alignment);
    });
    alignment = std::max(tag, payload_alignment);
    size = align_up(tag, payload_alignment) + payload;
  };
  switch (def.value) {
    case wit::TypeKind::list:
    case wit::TypeKind::map:
      size = 16, alignment = 8;
      break;
    case wit::TypeKind::fixed_list:
      size = uint64_t{(*this)[def.element].size} * def.length;
      alignment = (*this)[def.element].alignment;
      break;
    case wit::TypeKind::record:
    case wit::TypeKind::tuple:
      for (const Member& member : members) {
        field(member.type);
        if (size >= kMaxValueSize) return too_big();
      }
      break;
    case wit::TypeKind::variant:
    case wit::TypeKind::enum_:
      sum(members.size(), [&](auto each) {
        for (const Member& member : members) each(member.type);
      });
      break;
    case wit::TypeKind::option:
      sum(2, [&](auto each) { each(def.element); });
      break;
    case wit::TypeKind::result:
      sum(2, [&](auto each) {
        each(def.element);
        each(def.second);
      });
      break;
    case wit::TypeKind::flags:
      size = alignment = members.size() <= 8 ? 1 : members.size() <= 16 ? 2 : 4;
      break;
    default:
      size = alignment = 4;
      break;  // handles
  }
  size = align_up(size, alignment);
  if (size >= kMaxValueSize) return too_big();
  def.size = static_cast<uint32_t>(size);
  def.alignment = static_cast<uint8_t>(alignment);
  return ok();
}

Result<TypeId> Types::add_value(TypeDef def, std::span<const Member> members) {
  def.kind = TypeKind::value;
  REPRISE_TRY(account(def, def.element));
  REPRISE_TRY(account(def, def.second));
  for (const Member& member : members) REPRISE_TRY(account(def, member.type));
  REPRISE_TRY(measure(def, members));
  if (def.value == wit::TypeKind::borrow) def.has_borrow = true;
  if (def.value == wit::TypeKind::list || def.value == wit::TypeKind::map) def.has_pointer = true;
  if (def.value == wit::TypeKind::stream || def.value == wit::TypeKind::future)
    def.has_pointer = false;
  def.first_member = static_cast<uint32_t>(members_.size());
  def.member_count = static_cast<uint32_t>(members.size());
  members_.insert(members_.end(), members.begin(), members.end());
  return push(def);
}

Result<TypeId> Types::add_func(std::span<const Member> params, TypeId result, bool is_async) {
  TypeDef def{.kind = TypeKind::func, .is_async = is_async, .element = result};
  REPRISE_TRY(account(def, result));
  for (const Member& param : params) REPRISE_TRY(account(def, param.type));
  def.first_member = static_cast<uint32_t>(members_.size());
  def.member_count = static_cast<uint32_t>(params.size());
  members_.insert(members_.end(), params.begin(), params.end());
  return push(def);
}

Result<TypeId> Types::add_component(ComponentType type) {
  TypeDef def{.kind = TypeKind::component};
  for (const Extern& item : type.imports.items()) REPRISE_TRY(account(def, item.entity.type));
  for (const Extern& item : type.exports.items()) REPRISE_TRY(account(def, item.entity.type));
  def.body = static_cast<uint32_t>(components_.size());
  components_.push_back(std::move(type));
  return push(def);
}

Result<TypeId> Types::add_instance(InstanceType type) {
  TypeDef def{.kind = TypeKind::instance};
  for (const Extern& item : type.exports.items()) REPRISE_TRY(account(def, item.entity.type));
  def.body = static_cast<uint32_t>(instances_.size());
  instances_.push_back(std::move(type));
  return push(def);
}

Result<TypeId> Types::add_module(std::shared_ptr<const ModuleType> type) {
  TypeDef def{.kind = TypeKind::module};
  def.body = static_cast<uint32_t>(modules_.size());
  modules_.push_back(std::move(type));
  return push(def);
}

Result<TypeId> Types::add_resource(ResourceId resource) {
  return push({.kind = TypeKind::resource, .has_resource = true, .resource = resource});
}

Result<TypeId> Types::alias(TypeId type) {
  return push((*this)[type]);
}

Result<std::unordered_set<ResourceId>> Types::free_resources(TypeId type) {
  std::unordered_set<ResourceId> mentioned, bound;
  std::unordered_set<TypeId> seen;
  std::vector<TypeId> pending{type};
  auto add_externs = [&](const ExternMap& map) {
    for (const Extern& item : map.items()) pending.push_back(item.entity.type);
  };
  while (!pending.empty()) {
    const TypeId id = pending.back();
    pending.pop_back();
    if (!id || !(*this)[id].has_resource || !seen.insert(id).second) continue;
    REPRISE_TRY(spend());
    const TypeDef& def = (*this)[id];
    switch (def.kind) {
      case TypeKind::resource:
        mentioned.insert(def.resource);
        break;
      case TypeKind::value:
      case TypeKind::func:
        pending.push_back(def.element);
        pending.push_back(def.second);
        for (const Member& member : members(id)) pending.push_back(member.type);
        break;
      case TypeKind::instance:
        add_externs(instance(id).exports);
        bound.insert(instance(id).bound.begin(), instance(id).bound.end());
        break;
      case TypeKind::component:
        add_externs(component(id).imports);
        add_externs(component(id).exports);
        bound.insert(component(id).imported.begin(), component(id).imported.end());
        bound.insert(component(id).defined.begin(), component(id).defined.end());
        break;
      case TypeKind::module:
        break;
    }
  }
  // No two binders bind the same id, so what is bound anywhere inside is free nowhere.
  for (ResourceId id : bound) mentioned.erase(id);
  return mentioned;
}

std::string_view describe(const Types& types, TypeId type) {
  const TypeDef& def = types[type];
  switch (def.kind) {
    case TypeKind::value:
      return wit::to_string(def.value);
    case TypeKind::resource:
      return "resource";
    case TypeKind::func:
      return "func";
    case TypeKind::component:
      return "component";
    case TypeKind::instance:
      return "instance";
    case TypeKind::module:
      return "module";
  }
  return "type";
}

}  // namespace reprise::component
