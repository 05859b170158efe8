#include "text/cursor.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"
#include "text/keywords.hpp"
#include "text/literals.hpp"

namespace reprise::text {

bool Cursor::take_left(std::string_view word) {
  if (!is_left(word)) return false;
  at_ += 2;
  return true;
}

bool Cursor::take_keyword(std::string_view word) {
  if (!is_keyword(word)) return false;
  at_++;
  return true;
}

bool Cursor::take_right() {
  if (!is_right()) return false;
  at_++;
  return true;
}

std::optional<Token> Cursor::take_id() {
  if (!is(TokenKind::id)) return std::nullopt;
  return next();
}

Result<void> Cursor::expect_left() {
  if (!is_left()) return unexpected("`(`");
  at_++;
  return ok();
}

Result<void> Cursor::expect_left(std::string_view word) {
  if (!is_left()) return unexpected(fmt::format("`({}`", word));
  at_++;
  if (!is_keyword(word)) return unexpected(fmt::format("`{}`", word));
  at_++;
  return ok();
}

Result<void> Cursor::expect_right() {
  if (!is_right()) return unexpected("`)`");
  at_++;
  return ok();
}

Result<std::string_view> Cursor::expect_keyword(std::string_view what) {
  if (!is(TokenKind::keyword)) return unexpected(what);
  return text(next());
}

Result<std::string> Cursor::expect_string(std::string_view what) {
  if (!is(TokenKind::string)) return unexpected(what);
  return decode_string(*source_, next());
}

Result<std::string> Cursor::expect_name(std::string_view what) {
  const Token token = peek();
  REPRISE_ASSIGN(std::string name, expect_string(what));
  if (!is_utf8(as_bytes(name))) return error(token, "malformed UTF-8 encoding");
  return name;
}

std::string Cursor::take_strings() {
  std::string all;
  while (is(TokenKind::string)) all += decode_string(*source_, next());
  return all;
}

Result<uint64_t> Cursor::expect_nat(int bits) {
  if (!is(TokenKind::nat)) return unexpected("a number");
  const auto value = parse_unsigned(text(peek()), bits);
  if (!value) return error(fmt::format("i{} constant out of range", bits));
  at_++;
  return *value;
}

Result<uint32_t> Cursor::expect_u32() {
  REPRISE_ASSIGN(const uint64_t value, expect_nat(32));
  return static_cast<uint32_t>(value);
}

Result<void> Cursor::skip_form() {
  size_t depth = 0;
  do {
    switch (next().kind) {
      case TokenKind::left:
        depth++;
        break;
      case TokenKind::right:
        if (depth == 0) return at_--, unexpected("something before `)`");
        depth--;
        break;
      case TokenKind::end:
        return unexpected("`)`");
      default:
        break;
    }
  } while (depth > 0);
  return ok();
}

std::unexpected<Error> Cursor::unexpected(std::string_view expected) const {
  const Token& token = peek();
  if (token.kind == TokenKind::end) {
    return error(token, fmt::format("unexpected token: the text ends, expected {}", expected));
  }
  const std::string_view word = text(token);
  const bool unknown = token.kind == TokenKind::reserved ||
                       (token.kind == TokenKind::keyword && !is_known_keyword(word));
  const std::string_view shown = word.substr(0, 40);
  const std::string_view cut = shown.size() < word.size() ? "..." : "";
  return error(token,
               unknown ? fmt::format("unknown operator {}{}: expected {}", shown, cut, expected)
                       : fmt::format("unexpected token {}{}: expected {}", shown, cut, expected));
}

}  // namespace reprise::text
