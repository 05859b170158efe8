// Building types: checks what validation and the limits ask, and computes the layouts that the
// canonical ABI needs (spec: CanonicalABI.md §Alignment, §Element Size, §Flattening).

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/check.hpp"
#include "wit/type.hpp"

namespace reprise::wit {
namespace {

constexpr Layout scalar_layout(uint32_t size, FlatType flat) {
  Layout layout{.size = size, .alignment = size, .flat_count = 1};
  layout.flat[0] = flat;
  return layout;
}

/// A pointer and a length.
constexpr Layout range_layout(PointerWidth width) {
  FlatType pointer = width == PointerWidth::memory32 ? FlatType::i32 : FlatType::i64;
  Layout layout{.size = 2 * pointer_size(width), .alignment = pointer_size(width), .flat_count = 2};
  layout.flat[0] = layout.flat[1] = pointer;
  return layout;
}

constexpr std::array<Layout, 2> kRangeLayouts = {range_layout(PointerWidth::memory32),
                                                 range_layout(PointerWidth::memory64)};
constexpr std::array<Layout, 2> kHandleLayouts = {scalar_layout(4, FlatType::i32),
                                                  scalar_layout(4, FlatType::i32)};

constexpr TypeNode scalar_node(TypeKind kind, uint32_t size, FlatType flat, bool bitwise) {
  TypeNode node{.kind = kind, .bitwise = bitwise, .min_encoded_size = size};
  node.layouts = {scalar_layout(size, flat), scalar_layout(size, flat)};
  return node;
}

constexpr TypeNode string_node() {
  TypeNode node{.kind = TypeKind::string, .shape = Shape::string, .has_pointer = true};
  node.layouts = kRangeLayouts;
  return node;
}

constexpr TypeNode error_context_node() {
  TypeNode node{.kind = TypeKind::error_context, .shape = Shape::handle, .has_handle = true};
  node.layouts = kHandleLayouts;
  return node;
}

// In the order of TypeKind. Not every bit pattern is a bool, a char or a canonical float.
constexpr TypeNode kPrimitives[] = {
    scalar_node(TypeKind::bool_, 1, FlatType::i32, false),
    scalar_node(TypeKind::s8, 1, FlatType::i32, true),
    scalar_node(TypeKind::u8, 1, FlatType::i32, true),
    scalar_node(TypeKind::s16, 2, FlatType::i32, true),
    scalar_node(TypeKind::u16, 2, FlatType::i32, true),
    scalar_node(TypeKind::s32, 4, FlatType::i32, true),
    scalar_node(TypeKind::u32, 4, FlatType::i32, true),
    scalar_node(TypeKind::s64, 8, FlatType::i64, true),
    scalar_node(TypeKind::u64, 8, FlatType::i64, true),
    scalar_node(TypeKind::f32, 4, FlatType::f32, false),
    scalar_node(TypeKind::f64, 8, FlatType::f64, false),
    scalar_node(TypeKind::char_, 4, FlatType::i32, false),
    string_node(),
    error_context_node(),
};

uint64_t align_to(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

void append_flat(Layout& layout, const Layout& more) {
  if (layout.flat_count + more.flat_count > kMaxFlatParams) {
    layout.flat_count = kTooManyFlat;
    return;
  }
  std::ranges::copy(more.flat_types(), layout.flat.begin() + layout.flat_count);
  layout.flat_count = static_cast<uint8_t>(layout.flat_count + more.flat_count);
}

FlatType join(FlatType a, FlatType b) {
  if (a == b) return a;
  bool both32 =
      a != FlatType::i64 && a != FlatType::f64 && b != FlatType::i64 && b != FlatType::f64;
  return both32 ? FlatType::i32 : FlatType::i64;
}

/// Joins a case's payload into the flat types, of which the first is the discriminant.
void join_flat(Layout& layout, const Layout& payload) {
  if (layout.flat_count == kTooManyFlat) return;
  if (payload.flat_count >= kMaxFlatParams) {
    layout.flat_count = kTooManyFlat;
    return;
  }
  for (size_t i = 0; i < payload.flat_count; ++i) {
    FlatType& slot = layout.flat[i + 1];
    if (i + 1 < layout.flat_count) {
      slot = join(slot, payload.flat[i]);
    } else {
      slot = payload.flat[i];
      layout.flat_count = static_cast<uint8_t>(i + 2);
    }
  }
}

uint32_t flags_size(size_t labels) {
  return labels <= 8 ? 1 : labels <= 16 ? 2 : 4;
}

uint8_t discriminant_size(size_t cases) {
  return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4;
}

std::unexpected<Error> too_large() {
  return fail(ErrorKind::invalid,
              fmt::format("a value type must be smaller than {} bytes", kMaxTypeSize));
}

Result<void> lay_out_product(TypeNode& node, std::span<Member> members, size_t width) {
  Layout& layout = node.layouts[width];
  uint64_t size = 0;
  for (Member& member : members) {
    const Layout& field = member.type->layouts[width];
    size = align_to(size, field.alignment);
    member.offsets[width] = static_cast<uint32_t>(size);
    size += field.size;
    if (size >= kMaxTypeSize) return too_large();
    layout.alignment = std::max(layout.alignment, field.alignment);
    append_flat(layout, field);
  }
  size = align_to(size, layout.alignment);
  if (size >= kMaxTypeSize) return too_large();
  layout.size = static_cast<uint32_t>(size);
  return {};
}

Result<void> lay_out_sum(TypeNode& node, std::span<const Member> members, size_t width) {
  Layout& layout = node.layouts[width];
  layout.flat_count = 1;
  layout.flat[0] = FlatType::i32;
  uint32_t payload_alignment = 1;
  uint64_t payload_size = 0;
  for (const Member& member : members) {
    if (!member.type) continue;
    const Layout& payload = member.type->layouts[width];
    payload_alignment = std::max(payload_alignment, payload.alignment);
    payload_size = std::max<uint64_t>(payload_size, payload.size);
    join_flat(layout, payload);
  }
  layout.alignment = std::max<uint32_t>(node.discriminant_size, payload_alignment);
  layout.payload_offset =
      static_cast<uint32_t>(align_to(node.discriminant_size, payload_alignment));
  uint64_t size = align_to(layout.payload_offset + payload_size, layout.alignment);
  if (size >= kMaxTypeSize) return too_large();
  layout.size = static_cast<uint32_t>(size);
  return {};
}

/// Takes over what a node inherits from one that it contains.
void absorb(TypeNode& node, Type part) {
  node.depth = std::max(node.depth, static_cast<uint8_t>(part->depth + 1));
  node.node_count = std::min(node.node_count + part->node_count, kMaxTypeNodes + 1);
  node.has_handle |= part->has_handle;
  node.has_borrow |= part->has_borrow;
  node.has_async |= part->has_async;
  node.has_pointer |= part->has_pointer;
}

uint32_t saturate(uint64_t size) {
  return static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX));
}

void sum_facts(TypeNode& node, std::span<const Member> members) {
  node.shape = Shape::sum;
  node.discriminant_size = discriminant_size(members.size());
  uint32_t least = UINT32_MAX;
  for (const Member& member : members) {
    least = std::min(least, member.type ? member.type->min_encoded_size : 0);
  }
  node.min_encoded_size = saturate(uint64_t{1} + least);
}

void product_facts(TypeNode& node, std::span<const Member> members) {
  node.shape = Shape::product;
  uint64_t encoded = 0;
  bool bitwise = true;
  for (const Member& member : members) {
    encoded += member.type->min_encoded_size;
    bitwise &= member.type->bitwise;
  }
  node.min_encoded_size = saturate(encoded);
  // Bitwise fields have a fixed encoded size, so equal sums mean that there is no padding.
  node.bitwise = bitwise && encoded == node.layouts[0].size;
}

bool is_label(std::string_view text) {
  if (text.empty()) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Result<void> check_labels(std::span<const Member> members) {
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const Member& member : members) {
    if (!is_label(member.name)) {
      return fail(ErrorKind::invalid, fmt::format("'{}' is not a label", member.name));
    }
    names.push_back(member.name);
  }
  std::ranges::sort(names);
  auto repeated = std::ranges::adjacent_find(names);
  if (repeated != names.end()) {
    return fail(ErrorKind::invalid, fmt::format("the label '{}' occurs twice", *repeated));
  }
  return {};
}

TypeNode sequence_node(TypeKind kind, Type element) {
  TypeNode node{.kind = kind, .shape = Shape::sequence, .has_pointer = true, .element = element};
  node.layouts = kRangeLayouts;
  absorb(node, element);
  return node;
}

TypeNode handle_node(TypeKind kind) {
  TypeNode node{.kind = kind, .shape = Shape::handle, .has_handle = true};
  node.layouts = kHandleLayouts;
  return node;
}

bool is_map_key(Type key) {
  return key->kind <= TypeKind::u64 || key->kind == TypeKind::char_ ||
         key->kind == TypeKind::string;
}

std::unexpected<Error> needs_members(std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("a {} must not be empty", what));
}

}  // namespace

Type primitive(TypeKind kind) {
  REPRISE_CHECK(kind <= TypeKind::error_context);
  return &kPrimitives[static_cast<size_t>(kind)];
}

struct TypeTable::Storage {
  std::deque<TypeNode> nodes;
  std::deque<std::vector<Member>> members;
  std::deque<std::string> text;
  std::map<std::string_view, uint32_t> resources;
};

TypeTable::TypeTable() : storage_(std::make_unique<Storage>()) {}
TypeTable::~TypeTable() = default;
TypeTable::TypeTable(TypeTable&&) noexcept = default;
TypeTable& TypeTable::operator=(TypeTable&&) noexcept = default;

std::string_view TypeTable::keep(std::string_view text) {
  return storage_->text.emplace_back(text);
}

Result<Type> TypeTable::add(TypeNode node) {
  if (node.depth > kMaxTypeDepth) {
    return fail(ErrorKind::limit, fmt::format("types nest deeper than {}", kMaxTypeDepth));
  }
  if (node.node_count > kMaxTypeNodes) {
    return fail(ErrorKind::limit, fmt::format("a type has more than {} parts", kMaxTypeNodes));
  }
  return &storage_->nodes.emplace_back(node);
}

Result<Type> TypeTable::add_members(TypeNode node, std::vector<Member> members) {
  bool sum = node.kind == TypeKind::variant || node.kind == TypeKind::enum_ ||
             node.kind == TypeKind::option || node.kind == TypeKind::result;
  for (const Member& member : members) {
    if (member.type) {
      absorb(node, member.type);
    } else {
      node.node_count = std::min(node.node_count + 1, kMaxTypeNodes + 1);
    }
  }
  if (sum) sum_facts(node, members);
  for (size_t width : {0, 1}) {
    REPRISE_TRY(sum ? lay_out_sum(node, members, width) : lay_out_product(node, members, width));
  }
  if (!sum) product_facts(node, members);
  for (Member& member : members) member.name = keep(member.name);
  node.members = storage_->members.emplace_back(std::move(members));
  return add(node);
}

Result<Type> TypeTable::list(Type element) {
  TypeNode node = sequence_node(TypeKind::list, element);
  return add(node);
}

Result<Type> TypeTable::map(Type key, Type value) {
  if (!is_map_key(key)) {
    return fail(ErrorKind::invalid,
                fmt::format("a map's key must be a bool, an integer, a char or a string, not {}",
                            to_string(key->kind)));
  }
  REPRISE_ASSIGN(Type pair, tuple(std::array{key, value}));
  return add(sequence_node(TypeKind::map, pair));
}

Result<Type> TypeTable::fixed_list(Type element, uint32_t length) {
  if (length == 0) return fail(ErrorKind::invalid, "a fixed-length list must not be empty");
  TypeNode node{.kind = TypeKind::fixed_list, .shape = Shape::array, .bitwise = element->bitwise};
  node.length = length;
  node.element = element;
  absorb(node, element);
  node.min_encoded_size = saturate(uint64_t{element->min_encoded_size} * length);
  for (size_t width : {0, 1}) {
    const Layout& part = element->layouts[width];
    Layout& layout = node.layouts[width];
    uint64_t size = uint64_t{part.size} * length;
    if (size >= kMaxTypeSize) return too_large();
    layout.size = static_cast<uint32_t>(size);
    layout.alignment = part.alignment;
    for (uint32_t i = 0; i < length && layout.flat_count != kTooManyFlat; ++i) {
      append_flat(layout, part);
    }
  }
  return add(node);
}

Result<Type> TypeTable::record(std::span<const Item> fields) {
  if (fields.empty()) return needs_members("record");
  std::vector<Member> members;
  for (const Item& field : fields) members.push_back({field.name, field.type, {}});
  REPRISE_TRY(check_labels(members));
  return add_members({.kind = TypeKind::record}, std::move(members));
}

Result<Type> TypeTable::tuple(std::span<const Type> elements) {
  if (elements.empty()) return needs_members("tuple");
  std::vector<Member> members;
  for (Type element : elements) members.push_back({{}, element, {}});
  return add_members({.kind = TypeKind::tuple}, std::move(members));
}

Result<Type> TypeTable::variant(std::span<const Item> cases) {
  if (cases.empty()) return needs_members("variant");
  std::vector<Member> members;
  for (const Item& item : cases) members.push_back({item.name, item.type, {}});
  REPRISE_TRY(check_labels(members));
  return add_members({.kind = TypeKind::variant}, std::move(members));
}

Result<Type> TypeTable::enumeration(std::span<const std::string_view> labels) {
  if (labels.empty()) return needs_members("enum");
  std::vector<Member> members;
  for (std::string_view label : labels) members.push_back({label, nullptr, {}});
  REPRISE_TRY(check_labels(members));
  return add_members({.kind = TypeKind::enum_}, std::move(members));
}

Result<Type> TypeTable::option(Type payload) {
  TypeNode node{.kind = TypeKind::option, .element = payload};
  return add_members(node, {{"none", nullptr, {}}, {"some", payload, {}}});
}

Result<Type> TypeTable::result(Type ok, Type err) {
  return add_members({.kind = TypeKind::result}, {{"ok", ok, {}}, {"err", err, {}}});
}

Result<Type> TypeTable::flags(std::span<const std::string_view> labels) {
  if (labels.empty()) return needs_members("set of flags");
  if (labels.size() > kMaxFlags) {
    return fail(ErrorKind::invalid, fmt::format("flags have more than {} labels", kMaxFlags));
  }
  std::vector<Member> members;
  for (std::string_view label : labels) members.push_back({label, nullptr, {}});
  REPRISE_TRY(check_labels(members));
  for (Member& member : members) member.name = keep(member.name);
  uint32_t size = flags_size(labels.size());
  bool all_bits = labels.size() == size * 8;
  TypeNode node = scalar_node(TypeKind::flags, size, FlatType::i32, all_bits);
  node.min_encoded_size = static_cast<uint32_t>((labels.size() + 7) / 8);
  node.members = storage_->members.emplace_back(std::move(members));
  return add(node);
}

Result<Type> TypeTable::own(Resource resource) {
  TypeNode node = handle_node(TypeKind::own);
  node.resource = {resource.id, keep(resource.name)};
  return add(node);
}

Result<Type> TypeTable::borrow(Resource resource) {
  TypeNode node = handle_node(TypeKind::borrow);
  node.has_borrow = true;
  node.resource = {resource.id, keep(resource.name)};
  return add(node);
}

Result<Type> TypeTable::stream(Type element) {
  TypeNode node = handle_node(TypeKind::stream);
  node.element = element;
  if (element) absorb(node, element);
  node.has_async = true;
  node.has_pointer = false;  // the handle itself is a plain number
  return add(node);
}

Result<Type> TypeTable::future(Type element) {
  TypeNode node = handle_node(TypeKind::future);
  node.element = element;
  if (element) absorb(node, element);
  node.has_async = true;
  node.has_pointer = false;
  return add(node);
}

Resource TypeTable::resource_named(std::string_view name) {
  auto found = storage_->resources.find(name);
  if (found == storage_->resources.end()) {
    auto id = static_cast<uint32_t>(storage_->resources.size());
    found = storage_->resources.emplace(keep(name), id).first;
  }
  return {found->second, found->first};
}

}  // namespace reprise::wit
