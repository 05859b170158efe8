#include "text/component_scope.hpp"

#include <fmt/format.h>

namespace reprise::text {

namespace {

bool has_outer_aliases(Sort sort) {
  return sort == Sort::core_module || sort == Sort::core_type || sort == Sort::type ||
         sort == Sort::component;
}

}  // namespace

std::string sort_name(Sort sort) {
  return fmt::format("{}{}", info(sort).is_core ? "core " : "", info(sort).word);
}

Result<void> ComponentScope::bind(const Cursor& cursor, Sort sort,
                                  const std::optional<Token>& id_token, uint32_t index) {
  if (!id_token) return ok();
  Names& space = names[static_cast<uint8_t>(sort)];
  if (!space.emplace(decode_id(cursor.source(), *id_token), index).second) {
    return cursor.error(*id_token,
                        fmt::format("duplicate {} {}", sort_name(sort), cursor.text(*id_token)));
  }
  return ok();
}

Result<uint32_t> ComponentScope::resolve(Cursor& cursor, Sort sort) {
  if (cursor.is(TokenKind::nat)) return cursor.expect_u32();
  if (!cursor.is(TokenKind::id)) {
    return cursor.unexpected(fmt::format("the index of a {}", sort_name(sort)));
  }
  const Token token = cursor.next();
  const std::string name = decode_id(cursor.source(), token);
  const auto space = static_cast<uint8_t>(sort);
  if (const auto own = names[space].find(name); own != names[space].end()) return own->second;
  if (const auto made = outer[space].find(name); made != outer[space].end()) return made->second;
  uint32_t level = 1;
  for (const ComponentScope* scope = parent; scope; scope = scope->parent, level++) {
    const auto found = scope->names[space].find(name);
    if (found == scope->names[space].end()) continue;
    if (!has_outer_aliases(sort)) {
      return cursor.error(token,
                          fmt::format("outer item `{}` is not a module, type, or component", name));
    }
    const uint32_t index = encoder->alias_outer(sort, level, found->second);
    outer[space].emplace(name, index);
    return index;
  }
  return cursor.error(token, fmt::format("unknown {} {}", sort_name(sort), cursor.text(token)));
}

Result<uint32_t> ComponentScope::resolve_level(Cursor& cursor) const {
  if (cursor.is(TokenKind::nat)) return cursor.expect_u32();
  if (!cursor.is(TokenKind::id)) return cursor.unexpected("an enclosing component");
  const Token token = cursor.next();
  const std::string name = decode_id(cursor.source(), token);
  uint32_t level = 0;
  for (const ComponentScope* scope = this; scope; scope = scope->parent, level++) {
    if (scope->id == name) return level;
  }
  return cursor.error(token, fmt::format("unknown component {} around this", cursor.text(token)));
}

Result<uint32_t> ComponentScope::resolve_at(Cursor& cursor, Sort sort, uint32_t level) const {
  if (cursor.is(TokenKind::nat)) return cursor.expect_u32();
  if (!cursor.is(TokenKind::id)) {
    return cursor.unexpected(fmt::format("the index of a {}", sort_name(sort)));
  }
  const Token token = cursor.next();
  const ComponentScope* scope = this;
  for (; scope && level > 0; level--) scope = scope->parent;
  if (scope) {
    const Names& space = scope->names[static_cast<uint8_t>(sort)];
    const auto found = space.find(decode_id(cursor.source(), token));
    if (found != space.end()) return found->second;
  }
  return cursor.error(token, fmt::format("unknown {} {}", sort_name(sort), cursor.text(token)));
}

}  // namespace reprise::text
