#include "debug/dwarf/names.hpp"

#include <vector>

namespace reprise::debug::dwarf {

namespace {

constexpr size_t kMaxParts = 32;
constexpr size_t kMaxLength = 1024;

bool names_scope(Tag tag) {
  switch (tag) {
    case Tag::namespace_:
    case Tag::class_type:
    case Tag::structure_type:
    case Tag::union_type:
    case Tag::enumeration_type:
    case Tag::interface_type:
      return true;
    default:
      return false;
  }
}

/// Where it was declared: only there its parents are the scopes it was written in.
Die declaration(Die die) {
  for (int hop = 0; hop < 8; ++hop) {
    Die origin = die.reference(At::abstract_origin);
    if (!origin) origin = die.reference(At::specification);
    if (!origin) break;
    die = origin;
  }
  return die;
}

}  // namespace

std::string qualified_name(Die die) {
  if (!die) return {};
  std::string_view own = die.name();
  if (own.empty()) own = die.text(At::linkage_name);
  std::vector<std::string_view> parts{own.empty() ? "{anonymous}" : own};
  for (Die scope = declaration(die).parent(); scope && parts.size() < kMaxParts;
       scope = scope.parent()) {
    if (!names_scope(scope.tag()) || scope.flag(At::export_symbols)) continue;
    const std::string_view name = scope.name();
    if (!name.empty())
      parts.push_back(name);
    else
      parts.push_back(scope.tag() == Tag::namespace_ ? "(anonymous namespace)" : "{anonymous}");
  }
  std::string out;
  for (size_t i = parts.size(); i-- > 0;) {
    out.append(parts[i].substr(0, kMaxLength));
    if (i != 0) out += "::";
    if (out.size() > kMaxLength) break;
  }
  return out;
}

std::string without_template_arguments(std::string_view name) {
  constexpr std::string_view kOperator = "operator";
  std::string out;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (depth == 0 && name.substr(i).starts_with(kOperator)) {
      size_t end = i + kOperator.size();
      while (end < name.size() && std::string_view("<>=-").contains(name[end])) ++end;
      out += name.substr(i, end - i);
      i = end - 1;
    } else if (name[i] == '<') {
      ++depth;
    } else if (name[i] == '>' && depth > 0) {
      if (name[i - 1] != '-') --depth;  // `fn() -> u32` is a type
    } else if (depth == 0) {
      out += name[i];
    }
  }
  return out;
}

bool name_matches(std::string_view qualified, std::string_view wanted) {
  if (wanted.starts_with("::")) return qualified == wanted.substr(2);
  if (wanted.empty() || !qualified.ends_with(wanted)) return false;
  const std::string_view before = qualified.substr(0, qualified.size() - wanted.size());
  return before.empty() || before.ends_with("::");
}

}  // namespace reprise::debug::dwarf
