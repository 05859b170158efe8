#include "text/index_space.hpp"

#include <fmt/format.h>

namespace reprise::text {

Result<uint32_t> IndexSpace::bind(const Cursor& cursor, const std::optional<Token>& id) {
  const uint32_t index = size_++;
  if (!id) return index;
  std::string name = decode_id(cursor.source(), *id);
  if (!names_.emplace(name, index).second) {
    return cursor.error(*id, fmt::format("duplicate {} {}", what_, cursor.text(*id)));
  }
  shown_names_[index] = std::move(name);
  return index;
}

Result<uint32_t> IndexSpace::expect(Cursor& cursor) const {
  if (cursor.is(TokenKind::nat)) return cursor.expect_u32();
  if (!cursor.is(TokenKind::id)) return cursor.unexpected(fmt::format("the index of a {}", what_));
  const Token token = cursor.next();
  const auto found = names_.find(decode_id(cursor.source(), token));
  if (found == names_.end()) {
    return cursor.error(token, fmt::format("unknown {} {}", what_, cursor.text(token)));
  }
  return found->second;
}

Result<uint32_t> IndexSpace::take_or(Cursor& cursor, uint32_t otherwise) const {
  if (!cursor.is_index()) return otherwise;
  return expect(cursor);
}

std::optional<uint32_t> IndexSpace::find(const std::string& id) const {
  const auto found = names_.find(id);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

}  // namespace reprise::text
