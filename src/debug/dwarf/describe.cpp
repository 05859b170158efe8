#include "debug/dwarf/describe.hpp"

#include <fmt/format.h>

#include <bit>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/describe_parts.hpp"
#include "debug/dwarf/names.hpp"
#include "debug/dwarf/number_text.hpp"

namespace reprise::debug {

using dwarf::At;
using dwarf::Die;
using dwarf::Encoding;
using dwarf::Language;
using dwarf::Tag;
using Kind = Description::Kind;

Description leaf(std::string text) {
  Description out;
  out.text = std::move(text);
  return out;
}

std::optional<uint64_t> number_of(const std::optional<Value>& value, const FrameState& frame) {
  if (!value) return std::nullopt;
  auto number = read_number(*value, dwarf::size_of(value->type), frame);
  return number ? std::optional(*number) : std::nullopt;
}

Description unavailable(const Error& error) {
  return leaf(fmt::format("<{}>", error.message));
}

Description wrapper(std::string prefix, Value value) {
  Description out;
  out.kind = Kind::wrapper;
  out.text = std::move(prefix);
  out.members.push_back({"*", std::move(value), false});
  return out;
}

Die template_argument(Die type, std::string_view parameter) {
  for (Die child = type.first_child(); child; child = child.next_sibling())
    if (child.tag() == Tag::template_type_parameter && child.name() == parameter)
      return child.type();
  return {};
}

std::string_view without_arguments(std::string_view name) {
  return name.substr(0, name.find('<'));
}

Description sequence(Die element_type, uint64_t address, uint64_t count,
                     const DescribeContext& context) {
  Description out;
  out.kind = Kind::sequence;
  out.count = count;
  const uint64_t size = dwarf::size_of(element_type);
  for (uint64_t i = context.first; i < count && out.members.size() < context.limits.max_elements;
       ++i)
    out.members.push_back(
        {fmt::format("[{}]", i), value_at(element_type, address + i * size), false});
  return out;
}

Description record(const Value& value, Die type, const DescribeContext&) {
  Description out;
  out.kind = Kind::record;
  for (Die member : dwarf::data_members(type)) {
    // Pointers to tables of virtual functions are nothing a programmer wrote.
    if (member.flag(At::artificial)) continue;
    std::string name(member.name());
    const bool is_base = member.tag() == Tag::inheritance;
    if (is_base) name = dwarf::type_name(member.type());
    out.members.push_back({std::move(name), member_value(value, member), is_base});
  }
  return out;
}

namespace {

int64_t sign_extended(uint64_t bits, uint64_t width) {
  if (width == 0 || width >= 64) return static_cast<int64_t>(bits);
  const uint64_t shift = 64 - width;
  return static_cast<int64_t>(bits << shift) >> shift;
}

std::string character(uint64_t code, std::string_view type, Language language) {
  // C's plain char is a character; its signed and unsigned ones are small numbers.
  if (type == "char" && language != Language::rust && code < 0x80)
    return fmt::format("{} {}", code, quoted_character(static_cast<uint32_t>(code), language));
  return {};
}

std::string number_text(uint64_t bits, uint64_t size, uint64_t width, Die type, Language language) {
  switch (dwarf::encoding_of(type)) {
    case Encoding::boolean:
      return bits == 0 ? "false" : bits == 1 ? "true" : fmt::format("{} (no bool)", bits);
    case Encoding::floating:
      if (size == 4) return decimal_text(std::bit_cast<float>(static_cast<uint32_t>(bits)));
      return size == 8 ? decimal_text(std::bit_cast<double>(bits)) : fmt::format("0x{:x}", bits);
    case Encoding::utf:
      return quoted_character(static_cast<uint32_t>(bits), language);
    case Encoding::signed_char:
      if (auto text = character(bits, type.name(), language); !text.empty()) return text;
      return fmt::format("{}", sign_extended(bits, width));
    case Encoding::signed_:
      return fmt::format("{}", sign_extended(bits, width));
    case Encoding::unsigned_char:
      if (auto text = character(bits, type.name(), language); !text.empty()) return text;
      return fmt::format("{}", bits);
    case Encoding::address:
      return fmt::format("0x{:x}", bits);
    default:
      return fmt::format("{}", bits);
  }
}

Description describe_number(const Value& value, Die type, const DescribeContext& context) {
  const uint64_t size = dwarf::size_of(type);
  if (size == 0) return leaf(type.name() == "()" ? "()" : "<nothing>");  // Rust's unit
  if (size > 8) {
    auto bytes = read_bytes(value, size, context.frame);
    return bytes ? leaf(wide_number_text(*bytes, dwarf::encoding_of(type)))
                 : unavailable(bytes.error());
  }
  auto bits = read_number(value, size, context.frame);
  if (!bits) return unavailable(bits.error());
  const uint64_t width = value.bit_size != 0 ? value.bit_size : size * 8;
  return leaf(number_text(*bits, size, width, type, context.language));
}

Description describe_enumeration(const Value& value, Die type, const DescribeContext& context) {
  const uint64_t size = dwarf::size_of(type);
  auto bits = read_number(value, size, context.frame);
  if (!bits) return unavailable(bits.error());
  const uint64_t width = value.bit_size != 0 ? value.bit_size : size * 8;
  const auto number = static_cast<uint64_t>(sign_extended(*bits, width));
  for (Die child = type.first_child(); child; child = child.next_sibling()) {
    auto constant = child.own(At::const_value);
    if (child.tag() != Tag::enumerator || !constant) continue;
    if (constant->number != number && constant->number != *bits) continue;
    const bool is_scoped = context.language == Language::cpp && type.own(At::enum_class);
    return leaf(is_scoped ? fmt::format("{}::{}", type.name(), child.name())
                          : std::string(child.name()));
  }
  return leaf(fmt::format("({}){}", dwarf::type_name(type), static_cast<int64_t>(number)));
}

bool is_character(Die type) {
  type = dwarf::resolved(type);
  if (!type || type.tag() != Tag::base_type || dwarf::size_of(type) != 1) return false;
  const Encoding encoding = dwarf::encoding_of(type);
  return type.name() == "char" &&
         (encoding == Encoding::signed_char || encoding == Encoding::unsigned_char);
}

Description describe_pointer(const Value& value, Die type, const DescribeContext& context) {
  auto target = pointee(value, context.frame);
  if (!target) return unavailable(target.error());
  const uint64_t address = *target->address;
  if (dwarf::is_reference(type.tag())) return wrapper("", *std::move(target));
  if (context.language == Language::rust) {
    const bool is_raw = type.name().empty() || type.name().starts_with('*');
    if (!is_raw && address != 0 && target->type) return wrapper("", *std::move(target));
    return leaf(fmt::format("0x{:x}", address));
  }
  if (address == 0) return leaf(context.language == Language::cpp ? "nullptr" : "NULL");
  if (is_character(target->type)) {
    auto text = quoted_c_string(address, context);
    if (text) return leaf(fmt::format("0x{:x} {}", address, *text));
  }
  return leaf(fmt::format("0x{:x}", address));
}

/// An array of characters is text if it ends in zeros; otherwise it may be anything.
std::optional<Description> describe_characters(const Value& value, uint64_t count,
                                               const DescribeContext& context) {
  if (context.language == Language::rust || context.first != 0 || count == 0) return std::nullopt;
  const uint64_t shown = std::min<uint64_t>(count, context.limits.max_text);
  auto bytes = read_bytes(value, shown, context.frame);
  if (!bytes) return unavailable(bytes.error());
  const std::string_view all = as_text(*bytes);
  const std::string_view text = all.substr(0, all.find('\0'));
  if (all.find_first_not_of('\0', text.size()) != std::string_view::npos) return std::nullopt;
  return leaf(quoted(text, context.language) +
              (shown < count && text.size() == shown ? "..." : ""));
}

Description describe_array(const Value& value, Die type, const DescribeContext& context) {
  const dwarf::ArrayShape shape = shape_of(value);
  const bool is_last = value.dimension + 1 >= dwarf::dimensions(type);
  if (is_last && is_character(shape.element))
    if (auto text = describe_characters(value, shape.count, context)) return *std::move(text);
  Description out;
  out.kind = Kind::sequence;
  out.count = shape.count;
  for (uint64_t i = context.first;
       i < shape.count && out.members.size() < context.limits.max_elements; ++i)
    out.members.push_back({fmt::format("[{}]", i), element(value, i), false});
  return out;
}

Description describe_record(const Value& value, Die type, const DescribeContext& context) {
  if (type.flag(At::declaration))
    return leaf(fmt::format("<{} is not defined here>", dwarf::type_name(type)));
  if (context.language == Language::cpp)
    if (auto out = describe_cpp(value, type, context)) return *std::move(out);
  if (context.language == Language::rust)
    if (auto out = describe_rust(value, type, context)) return *std::move(out);
  return record(value, type, context);
}

Description describe_type(const Value& value, Die type, const DescribeContext& context) {
  switch (type.tag()) {
    case Tag::base_type:
      return describe_number(value, type, context);
    case Tag::enumeration_type:
      return describe_enumeration(value, type, context);
    case Tag::pointer_type:
    case Tag::reference_type:
    case Tag::rvalue_reference_type:
      return describe_pointer(value, type, context);
    case Tag::ptr_to_member_type: {
      auto bits = read_number(value, dwarf::size_of(type), context.frame);
      return bits ? leaf(fmt::format("0x{:x}", *bits)) : unavailable(bits.error());
    }
    case Tag::array_type:
      return describe_array(value, type, context);
    case Tag::structure_type:
    case Tag::class_type:
    case Tag::union_type:
    case Tag::interface_type:
      return describe_record(value, type, context);
    case Tag::unspecified_type:
      return leaf(type.name() == "decltype(nullptr)" ? "nullptr" : "<nothing>");
    default:
      return leaf(fmt::format("<a {}>", dwarf::type_name(type)));
  }
}

}  // namespace

Description describe(const Value& value, const FrameState& frame, const FormatLimits& limits,
                     uint64_t first) {
  if (value.form != Value::Form::plain) {
    auto number = read_number(value, 8, frame);
    if (!number) return unavailable(number.error());
    return leaf(value.form == Value::Form::number ? fmt::format("{}", static_cast<int64_t>(*number))
                                                  : fmt::format("0x{:x}", *number));
  }
  const Die type = dwarf::resolved(value.type);
  if (!type) return leaf("<nothing>");
  const DescribeContext context{frame, limits, first, type.unit().language()};
  Description out = describe_type(value, type, context);
  out.language = context.language;
  return out;
}

}  // namespace reprise::debug
