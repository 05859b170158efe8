// A place in a list of tokens, and the small steps that every parser here is made of. The `take_`
// functions move on only when the token is the one asked for; the `expect_` functions fail when it
// is not, with an error that says what was expected.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "reprise/result.hpp"
#include "text/lexer.hpp"

namespace reprise::text {

class Cursor {
 public:
  /// `tokens` must end with an `end` token.
  Cursor(const Source& source, std::span<const Token> tokens, uint32_t at = 0)
      : source_(&source), tokens_(tokens), at_(at) {}

  const Source& source() const { return *source_; }
  uint32_t index() const { return at_; }
  void move_to(uint32_t index) { at_ = index; }

  const Token& peek(uint32_t ahead = 0) const {
    return tokens_[std::min<size_t>(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& next() {
    const Token& token = peek();
    if (token.kind != TokenKind::end) at_++;
    return token;
  }
  std::string_view text(const Token& token) const {
    return source_->text.substr(token.begin, token.size);
  }

  bool is(TokenKind kind) const { return peek().kind == kind; }
  bool is_left() const { return is(TokenKind::left); }
  bool is_right() const { return is(TokenKind::right); }
  bool is_keyword(std::string_view word, uint32_t ahead = 0) const {
    const Token& token = peek(ahead);
    return token.kind == TokenKind::keyword && text(token) == word;
  }
  /// "(" and the word.
  bool is_left(std::string_view word) const { return is_left() && is_keyword(word, 1); }
  /// An index: a number or a name.
  bool is_index() const { return is(TokenKind::nat) || is(TokenKind::id); }

  bool take_left(std::string_view word);
  bool take_keyword(std::string_view word);
  bool take_right();
  std::optional<Token> take_id();

  Result<void> expect_left();
  Result<void> expect_left(std::string_view word);
  Result<void> expect_right();
  Result<std::string_view> expect_keyword(std::string_view what);
  /// A string's bytes.
  Result<std::string> expect_string(std::string_view what);
  /// A string that is UTF-8.
  Result<std::string> expect_name(std::string_view what);
  /// All strings that stand here, joined.
  std::string take_strings();
  Result<uint64_t> expect_nat(int bits);
  Result<uint32_t> expect_u32();

  /// Moves past the form that starts here: one token, or everything up to the matching parenthesis.
  Result<void> skip_form();

  /// An error about the token here, which is not what the grammar wants.
  std::unexpected<Error> unexpected(std::string_view expected) const;
  /// An error about this token in words of its own.
  std::unexpected<Error> error(const Token& token, std::string_view message) const {
    return source_->error(token.begin, token.size, message);
  }
  std::unexpected<Error> error(std::string_view message) const { return error(peek(), message); }

 private:
  const Source* source_;
  std::span<const Token> tokens_;
  uint32_t at_;
};

}  // namespace reprise::text
