#include "text/lexer.hpp"

#include <gtest/gtest.h>

namespace reprise::text {
namespace {

std::string kinds(std::string_view text) {
  const Source source{text, "test"};
  const auto list = lex(source);
  if (!list) return list.error().message.substr(0, list.error().message.find('\n'));
  std::string out;
  for (const Token& token : list->tokens) out += "()kinNfs?."[static_cast<int>(token.kind)];
  return out;
}

TEST(Lexer, TokensAreAsLongAsTheyCanBe) {
  EXPECT_EQ(kinds("(module $m 1 -1 1.5 \"s\")"), "(kinNfs).");
  EXPECT_EQ(kinds("0drop"), "?.");
  EXPECT_EQ(kinds("\"a\"\"b\""), "?.");
  EXPECT_EQ(kinds("$a\"b\""), "?.");
  EXPECT_EQ(kinds("$\"a b\""), "i.");
  EXPECT_EQ(kinds("a(b)c"), "k(k)k.");
  EXPECT_EQ(kinds("a,b"), "?.");
}

TEST(Lexer, CommentsNest) {
  EXPECT_EQ(kinds("a (; b (; c ;) d ;) e ;; f\n g"), "kkk.");
  EXPECT_EQ(kinds("(; (; ;)"), "unclosed comment");
}

TEST(Lexer, UnknownAnnotationsAreSkipped) {
  EXPECT_EQ(kinds("(@x (y \")\" ;; )\n ,;[) )a"), "k.");
  EXPECT_EQ(kinds("(@x (y)"), "unclosed annotation");
  EXPECT_EQ(kinds("(@ x)"), "empty annotation id");
  const Source source{"a (@custom \"n\") b", "test"};
  const auto list = lex(source);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->annotations.size(), 1u);
  EXPECT_EQ(list->annotations[0].before, 1u);
  EXPECT_EQ(list->annotations[0].content.size(), 2u);
}

TEST(Lexer, RefusesWhatIsNotText) {
  EXPECT_EQ(kinds("a \x01"), "illegal character");
  EXPECT_EQ(kinds("a \xc3\xa9"), "illegal character");
  EXPECT_EQ(kinds("a \xff"), "malformed UTF-8 encoding");
  EXPECT_EQ(kinds("\"\xff\""), "malformed UTF-8 encoding");
  EXPECT_EQ(kinds(";; \xff"), "malformed UTF-8 encoding in a comment");
  EXPECT_EQ(kinds("\"abc"), "unclosed string");
  EXPECT_EQ(kinds("\"a\nb\""), "unclosed string");
  EXPECT_EQ(kinds("\"\\q\""), "invalid string escape");
  EXPECT_EQ(kinds("\"\\u{d800}\""), "invalid string escape: a surrogate is no character");
  EXPECT_EQ(kinds("\"\\u{110000}\""), "invalid string escape: no such character");
  EXPECT_EQ(kinds("$"), "empty identifier");
  EXPECT_EQ(kinds("$\"\""), "empty identifier");
}

TEST(Lexer, DecodesEscapes) {
  const std::string text = "\"\\t\\n\\r\\\"\\'\\\\\\00\\fF\\u{1_F600}x\"";
  const Source source{text, "test"};
  const Token token{TokenKind::string, 0, static_cast<uint32_t>(text.size())};
  EXPECT_EQ(decode_string(source, token), std::string("\t\n\r\"'\\\0\xff\xf0\x9f\x98\x80x", 13));
}

}  // namespace
}  // namespace reprise::text
