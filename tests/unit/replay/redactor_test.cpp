// Secrets and their placeholders: in place, longest first, and only in texts.

#include "replay/redactor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reprise::replay {
namespace {

std::string hidden(const Redactor& redactor, std::string text) {
  redactor.hide({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return text;
}

std::string revealed(const Redactor& redactor, std::string text) {
  redactor.reveal({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return text;
}

TEST(Redactor, PutsPlaceholdersOfTheSameLengthAndTakesThemBack) {
  Redactor redactor;
  const std::string all = redactor.placeholder_for("/home");
  const std::string one = redactor.placeholder_for("/home/ada");
  EXPECT_EQ(all.size(), 5u);
  EXPECT_EQ(one.size(), 9u);
  EXPECT_EQ(redactor.placeholder_for("/home"), all);
  const std::string text = "HOME is /home/ada, not /home.";
  EXPECT_EQ(hidden(redactor, text), "HOME is " + one + ", not " + all + ".");
  EXPECT_EQ(revealed(redactor, hidden(redactor, text)), text);
}

TEST(Redactor, GivesManyShortSecretsDifferentPlaceholders) {
  Redactor redactor;
  std::vector<std::string> placeholders;
  for (int i = 1000; i < 3000; ++i)
    placeholders.push_back(redactor.placeholder_for(std::to_string(i)));
  std::ranges::sort(placeholders);
  EXPECT_EQ(std::ranges::adjacent_find(placeholders), placeholders.end());
}

TEST(Redactor, NoticesPieces) {
  Redactor redactor;
  redactor.note_pieces(as_bytes("data/secret.txt"));
  redactor.note_pieces(as_bytes("42"));
  EXPECT_TRUE(redactor.touches(as_bytes("open secret.txt")));
  EXPECT_TRUE(redactor.touches(as_bytes("pin 42")));
  EXPECT_FALSE(redactor.touches(as_bytes("nothing of it: dat, sec")));
}

TEST(Redactor, FindsTextsAndNothingElse) {
  wit::TypeTable table;
  const wit::Type type =
      *wit::parse_type("tuple<u32, string, list<u8>, option<list<string>>>", table);
  // The number, the lengths and the case have the bytes of a text, too.
  std::vector<uint8_t> values{'a', 'b', 'c', 'd', 2, 'h', 'i', 1, 'x', 1, 2, 0, 1, 'y'};
  std::vector<std::string> found;
  for (const auto text : texts_in(std::span(&type, 1), values)) found.emplace_back(as_text(text));
  EXPECT_EQ(found, (std::vector<std::string>{"hi", "x", "", "y"}));
  values.pop_back();
  EXPECT_TRUE(texts_in(std::span(&type, 1), values).empty());
}

}  // namespace
}  // namespace reprise::replay
