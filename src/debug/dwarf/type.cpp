#include "debug/dwarf/type.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/names.hpp"

namespace reprise::debug::dwarf {

namespace {

constexpr int kMaxTypeHops = 32;
constexpr size_t kMaxMembers = 4096;
constexpr size_t kMaxTypeName = 512;
constexpr int kMaxTypeDepth = 12;

bool is_wrapper(Tag tag) {
  switch (tag) {
    case Tag::typedef_:
    case Tag::const_type:
    case Tag::volatile_type:
    case Tag::restrict_type:
    case Tag::atomic_type:
      return true;
    default:
      return false;
  }
}

uint64_t multiplied(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? 0 : out;
}

uint64_t range_count(Die range) {
  if (auto count = range.number(At::count)) return *count;
  auto upper = range.number(At::upper_bound);
  if (!upper) return 0;
  const uint64_t lower = range.number(At::lower_bound).value_or(0);
  // int a[0] has an upper bound of -1.
  return static_cast<int64_t>(*upper - lower) < 0 ? 0 : *upper - lower + 1;
}

std::vector<Die> ranges_of(Die array) {
  std::vector<Die> out;
  for (Die child = array.first_child(); child && out.size() < 16; child = child.next_sibling())
    if (child.tag() == Tag::subrange_type) out.push_back(child);
  return out;
}

uint64_t size_with_depth(Die type, int depth) {
  type = resolved(type);
  if (!type || depth > kMaxTypeHops) return 0;
  if (auto size = type.number(At::byte_size)) return *size;
  const Tag tag = type.tag();
  if (is_pointer(tag)) return type.unit().params().address_size;
  if (tag == Tag::enumeration_type) return size_with_depth(type.type(), depth + 1);
  if (tag != Tag::array_type) return 0;
  uint64_t size = size_with_depth(type.type(), depth + 1);
  for (Die range : ranges_of(type)) size = multiplied(size, range_count(range));
  return size;
}

}  // namespace

Die resolved(Die type) {
  for (int hop = 0; type && hop < kMaxTypeHops; ++hop) {
    if (!is_wrapper(type.tag())) {
      if (!type.flag(At::declaration) || !is_record(type.tag())) return type;
      const Die definition = type.unit().context().definition_of(type);
      return definition ? definition : type;
    }
    type = type.type();
  }
  return {};
}

uint64_t size_of(Die type) {
  return size_with_depth(type, 0);
}

Encoding encoding_of(Die base_type) {
  return static_cast<Encoding>(base_type.number(At::encoding).value_or(0));
}

bool is_pointer(Tag tag) {
  return tag == Tag::pointer_type || tag == Tag::ptr_to_member_type || is_reference(tag);
}

bool is_reference(Tag tag) {
  return tag == Tag::reference_type || tag == Tag::rvalue_reference_type;
}

bool is_record(Tag tag) {
  return tag == Tag::structure_type || tag == Tag::class_type || tag == Tag::union_type ||
         tag == Tag::interface_type;
}

size_t dimensions(Die array) {
  return ranges_of(array).size();
}

ArrayShape array_shape(Die array, size_t dimension) {
  const std::vector<Die> ranges = ranges_of(array);
  ArrayShape out{array.type(), 0, 0};
  if (dimension >= ranges.size()) return out;
  out.count = range_count(ranges[dimension]);
  out.stride = size_of(out.element);
  for (size_t i = dimension + 1; i < ranges.size(); ++i)
    out.stride = multiplied(out.stride, range_count(ranges[i]));
  return out;
}

std::vector<Die> data_members(Die record) {
  std::vector<Die> out;
  if (!record) return out;
  for (Die child = record.first_child(); child && out.size() < kMaxMembers;
       child = child.next_sibling()) {
    const bool is_data = child.tag() == Tag::member || child.tag() == Tag::inheritance;
    // Version 4 writes static members as members that are declarations.
    if (is_data && !child.flag(At::external) && !child.flag(At::declaration)) out.push_back(child);
  }
  return out;
}

uint64_t member_offset(Die member) {
  auto place = member.own(At::data_member_location);
  return place && place->is_constant() ? place->number : 0;
}

BitPlace bit_place(Die member) {
  const uint64_t size = member.number(At::bit_size).value_or(0);
  if (size == 0 || size > 64) return {member_offset(member), 0, 0};
  uint64_t first_bit = member_offset(member) * 8;
  if (auto offset = member.own(At::data_bit_offset)) {
    first_bit += offset->number;
  } else if (auto from_high = member.own(At::bit_offset)) {
    // Versions 2 and 3 count from the highest bit of the storage unit (§5.6.6 of version 3).
    const uint64_t unit = member.number(At::byte_size).value_or(size_of(member.type())) * 8;
    first_bit += unit - from_high->number - size;
  }
  return {first_bit / 8, static_cast<uint32_t>(first_bit % 8), static_cast<uint32_t>(size)};
}

namespace {

/// Writes one name. Types can refer to one another so that their names grow without end, deep or
/// wide; a name that needs too many types is cut with "...".
class Namer {
 public:
  std::string parameters(Die function) {
    std::string out;
    for (Die child = function.first_child(); child && out.size() < kMaxTypeName;
         child = child.next_sibling()) {
      if (child.tag() != Tag::formal_parameter) continue;
      if (!out.empty()) out += ", ";
      out += name(child.type());
    }
    return out;
  }

  std::string pointed_name(Die pointer, std::string_view mark) {
    // "const char*", but "int (*)(char)" and "int (*)[3]".
    const Die target = pointer.type();
    const Tag tag = target ? target.tag() : Tag::none;
    if (tag == Tag::subroutine_type)
      return fmt::format("{} ({})({})", name(target.type()), mark, parameters(target));
    return name(target).append(mark);
  }

  std::string array_name(Die array) {
    const bool is_rust = array.unit().language() == Language::rust;
    std::string out = name(array.type());
    std::vector<Die> ranges = ranges_of(array);
    if (is_rust) std::ranges::reverse(ranges);
    for (Die range : ranges) {
      const uint64_t count = range_count(range);
      out = is_rust ? fmt::format("[{}; {}]", out, count) : fmt::format("{}[{}]", out, count);
    }
    return out;
  }

  std::string name(Die type) {
    if (!type) return "void";
    if (depth_ == kMaxTypeDepth || types_left_ == 0) return "...";
    ++depth_;
    --types_left_;
    std::string out = named(type);
    --depth_;
    return out;
  }

 private:
  std::string named(Die type) {
    const bool is_rust = type.unit().language() == Language::rust;
    const std::string_view own = type.name();
    switch (type.tag()) {
      case Tag::const_type: {
        // C and C++ programmers write the const of a pointer behind it.
        const Die target = type.type();
        std::string inner = name(target);
        return target && is_pointer(target.tag()) ? inner + " const" : "const " + inner;
      }
      case Tag::volatile_type:
        return "volatile " + name(type.type());
      case Tag::restrict_type:
        return name(type.type()) + " restrict";
      case Tag::atomic_type:
        return "_Atomic " + name(type.type());
      case Tag::pointer_type:
        return own.empty() ? pointed_name(type, "*") : std::string(own);
      case Tag::reference_type:
        return pointed_name(type, "&");
      case Tag::rvalue_reference_type:
        return pointed_name(type, "&&");
      case Tag::array_type:
        return array_name(type);
      case Tag::subroutine_type:
        return fmt::format("{}({})", name(type.type()), parameters(type));
      case Tag::base_type:
      case Tag::unspecified_type:
        return std::string(own);
      default:
        break;
    }
    if (type.unit().language() == Language::c) {
      const std::string_view word = type.tag() == Tag::structure_type     ? "struct "
                                    : type.tag() == Tag::union_type       ? "union "
                                    : type.tag() == Tag::enumeration_type ? "enum "
                                                                          : "";
      return fmt::format("{}{}", word, own.empty() ? "{...}" : own);
    }
    // Rust's own messages leave modules out.
    return is_rust ? std::string(own) : qualified_name(type);
  }

  int depth_ = 0;
  int types_left_ = 256;
};

}  // namespace

namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

/// Takes away a template's last argument where it begins with `start`: nobody writes the ones that
/// the library gives by default.
void drop_arguments(std::string& text, std::string_view start) {
  for (size_t at = 0; (at = text.find(start, at)) != std::string::npos;) {
    size_t end = at + start.size();
    for (int open = 1; open > 0 && end < text.size(); ++end)
      open += text[end] == '<' ? 1 : text[end] == '>' ? -1 : 0;
    while (end < text.size() && text[end] == ' ') ++end;
    text.erase(at, end - at);
  }
}

/// C++ names as programmers know them, where the compiler's entries spell everything out.
std::string simplified(std::string name) {
  if (name.find("std::") == std::string::npos) return name;
  replace_all(name, "std::__2::", "std::");
  replace_all(name, "std::__1::", "std::");
  drop_arguments(name, ", std::allocator<");
  drop_arguments(name, ", std::default_delete<");
  replace_all(name, "std::basic_string<char, std::char_traits<char>>", "std::string");
  replace_all(name, "std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
  return name;
}

}  // namespace

std::string type_name(Die type) {
  std::string name = Namer().name(type);
  if (type && type.unit().language() == Language::cpp) name = simplified(std::move(name));
  if (name.size() > kMaxTypeName) name.replace(kMaxTypeName, std::string::npos, "...");
  return name;
}

}  // namespace reprise::debug::dwarf
