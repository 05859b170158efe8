// Rust's types as rustc describes them (which it does in part with names, not tags): enums with
// data, tuples, slices, and the strings and vectors of its library.

#include <fmt/format.h>

#include "debug/dwarf/describe_parts.hpp"

namespace reprise::debug {

using dwarf::At;
using dwarf::Die;
using dwarf::Tag;
using Kind = Description::Kind;

namespace {

/// &str, &[T], Box<[T]>…: a pointer and a length.
std::optional<Description> fat_pointer(const Value& value, Die type,
                                       const DescribeContext& context) {
  auto data = find_member(value, "data_ptr");
  const auto length = number_of(find_member(value, "length"), context.frame);
  const auto address = number_of(data, context.frame);
  if (!data || !length || !address) return std::nullopt;
  const std::string_view name = type.name();
  if (name.ends_with("str") || name.ends_with("str>")) return text_leaf(*address, *length, context);
  return sequence(dwarf::resolved(data->type).type(), *address, *length, context);
}

/// The pointer deep in Vec's buffer, whatever it is wrapped in.
std::optional<uint64_t> buffer_address(const Value& vec, const FrameState& frame) {
  auto part = find_member(vec, "buf");
  for (int depth = 0; part && depth < 8; ++depth) {
    const Die type = dwarf::resolved(part->type);
    if (type && dwarf::is_pointer(type.tag())) return number_of(part, frame);
    auto next = find_member(*part, "inner");
    if (!next) next = find_member(*part, "ptr");
    if (!next) next = find_member(*part, "pointer");
    part = std::move(next);
  }
  return std::nullopt;
}

std::optional<Description> vec(const Value& value, Die type, const DescribeContext& context) {
  const auto length = number_of(find_member(value, "len"), context.frame);
  const auto address = buffer_address(value, context.frame);
  const Die element_type = template_argument(type, "T");
  if (!length || !address || !element_type) return std::nullopt;
  return sequence(element_type, *address, *length, context);
}

std::optional<Description> string(const Value& value, const DescribeContext& context) {
  auto bytes = find_member(value, "vec");
  if (!bytes) return std::nullopt;
  const auto length = number_of(find_member(*bytes, "len"), context.frame);
  const auto address = buffer_address(*bytes, context.frame);
  if (!length || !address) return std::nullopt;
  return text_leaf(*address, *length, context);
}

bool is_position(std::string_view name) {
  return name.starts_with("__") && name.size() > 2 &&
         name.find_first_not_of("0123456789", 2) == std::string_view::npos;
}

/// A struct, tuple struct or tuple: "Point { x: 1 }", "Pair(1, 2)", "(1, 2)", "Unit".
Description struct_or_tuple(const Value& value, Die type, const DescribeContext& context) {
  Description out = record(value, type, context);
  const std::string_view name = type.name();
  if (!name.starts_with('(')) out.text = without_arguments(name);
  if (out.members.empty() && !out.text.empty()) return leaf(out.text);
  bool is_tuple = true;
  for (const Member& member : out.members) is_tuple = is_tuple && is_position(member.name);
  if (is_tuple) out.kind = Kind::tuple;
  return out;
}

Die child_with_tag(Die parent, Tag tag) {
  for (Die child = parent.first_child(); child; child = child.next_sibling())
    if (child.tag() == tag) return child;
  return {};
}

/// The variant that the discriminant names: the one with its value, else the one without any.
Die chosen_variant(Die part, std::optional<uint64_t> discriminant, uint64_t mask) {
  Die fallback;
  for (Die child = part.first_child(); child; child = child.next_sibling()) {
    if (child.tag() != Tag::variant) continue;
    auto wanted = child.own(At::discr_value);
    if (!wanted) fallback = child;
    if (wanted && discriminant && ((wanted->number ^ *discriminant) & mask) == 0) return child;
  }
  return fallback;
}

Description variant(const Value& value, Die type, Die part, const DescribeContext& context) {
  std::optional<uint64_t> discriminant;
  uint64_t mask = ~uint64_t{0};
  if (Die discr = part.reference(At::discr)) {
    const Value at = member_value(value, discr);
    const uint64_t size = dwarf::size_of(at.type);
    auto number = read_number(at, size, context.frame);
    if (!number) return unavailable(number.error());
    discriminant = *number;
    if (size < 8) mask = (uint64_t{1} << size * 8) - 1;
  }
  const Die chosen = chosen_variant(part, discriminant, mask);
  const Die member = chosen ? child_with_tag(chosen, Tag::member) : Die();
  if (!member)
    return leaf(
        fmt::format("<no {}: its discriminant is {}>", type.name(), discriminant.value_or(0)));
  const Value inner = member_value(value, member);
  return struct_or_tuple(inner, dwarf::resolved(inner.type), context);
}

}  // namespace

std::optional<Description> describe_rust(const Value& value, Die type,
                                         const DescribeContext& context) {
  if (type.tag() == Tag::union_type) return std::nullopt;
  if (Die part = child_with_tag(type, Tag::variant_part))
    return variant(value, type, part, context);
  const std::string_view name = type.name();
  std::optional<Description> out;
  if (name == "String") out = string(value, context);
  if (without_arguments(name) == "Vec") out = vec(value, type, context);
  if (!out) out = fat_pointer(value, type, context);
  return out ? std::move(out) : struct_or_tuple(value, type, context);
}

}  // namespace reprise::debug
