// Tokens of the text format (spec: text/lexical).
//
// A whole text becomes one vector of 12-byte tokens that point back into it; strings and numbers
// are decoded only when somebody asks. A token is as long as it can be: characters of words,
// strings and stray punctuation that touch each other are one token, and if that is none of the
// known kinds it is `reserved`, which no grammar accepts ("0drop", "\"a\"\"b\"").
//
// Annotations, `(@id ...)`, may stand between any two tokens and mean nothing to who doesn't know
// them, so they are not in the vector: the few known ones are kept beside it, each with the index
// of the token it stands before.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/result.hpp"
#include "text/source.hpp"

namespace reprise::text {

enum class TokenKind : uint8_t {
  left,      // (
  right,     // )
  keyword,   // starts with a-z
  id,        // $name or $"name"
  nat,       // unsigned integer
  integer,   // signed integer
  floating,  // anything that only a float literal can be
  string,
  reserved,
  end,  // the last token of every text
};

struct Token {
  TokenKind kind = TokenKind::end;
  uint32_t begin = 0;
  uint32_t size = 0;
};

struct Annotation {
  std::string id;
  /// Index of the token that follows it.
  uint32_t before = 0;
  Token whole;
  /// What stands after the id, closed by an `end` token.
  std::vector<Token> content;
};

struct TokenList {
  std::vector<Token> tokens;
  std::vector<Annotation> annotations;
};

/// True for annotations that the parser gives a meaning; all others are skipped.
bool is_known_annotation(std::string_view id);

Result<TokenList> lex(const Source& source);

/// The bytes that a string token (or the string within `$"..."`) stands for.
std::string decode_string(const Source& source, const Token& token);

/// The name that an id token stands for, without `$` and quotes.
std::string decode_id(const Source& source, const Token& token);

}  // namespace reprise::text
