// Which frames of a long backtrace stand on the one screen of `reprise why`.

#include "debug/why.hpp"

#include <gtest/gtest.h>

namespace reprise::debug {
namespace {

/// So many frames, of which those listed have source lines.
Explanation with_frames(size_t count, std::initializer_list<size_t> with_source) {
  Explanation why;
  why.frames.resize(count);
  for (size_t i = 0; i < count; ++i) why.frames[i].function_name = "f" + std::to_string(i);
  for (const size_t i : with_source)
    why.frames[i].source = SourceLocation{.file = "main.rs", .line = 7, .column = 1};
  return why;
}

/// The numbers of the frames shown, and `…` for what is left out.
std::string shown(const Explanation& why) {
  const std::string text = to_text(why, 80);
  std::string out;
  for (size_t at = text.find("\n  "); at != text.npos; at = text.find("\n  ", at + 1)) {
    const std::string_view line = std::string_view(text).substr(at + 3);
    out += line.starts_with("#") ? line.substr(1, line.find(' ') - 1) : "…";
    out += ' ';
  }
  return out;
}

TEST(WhyTest, FramesWithSourceLinesComeFirst) {
  EXPECT_EQ(shown(with_frames(30, {10, 11, 20, 21, 22, 23})), "0 … 10 11 … 20 21 … ");
}

TEST(WhyTest, FramesOfTheProgramComeBeforeThoseOfItsLanguagesLibrary) {
  Explanation why = with_frames(30, {0, 1, 2, 3, 4, 5, 6, 17, 18, 25, 26, 27});
  for (size_t i = 0; i < 30; ++i)
    if (why.frames[i].source && i != 17 && i != 18)
      why.frames[i].source->file = "/rustc/5980761/library/std/src/panicking.rs";
  EXPECT_EQ(shown(why), "0 1 2 … 17 18 … ");
}

TEST(WhyTest, FramesWhoseSourcesAreHereComeFirst) {
  Explanation why = with_frames(30, {1, 2, 3, 4, 5, 6, 20, 21});
  why.frames[20].source->file = why.frames[21].source->file = REPRISE_SOURCE_DIR "/README.md";
  EXPECT_EQ(shown(why), "0 1 2 … 20 21 … ");
}

TEST(WhyTest, TheInnermostFillWhatIsLeft) {
  EXPECT_EQ(shown(with_frames(30, {12})), "0 1 2 3 4 5 6 … 12 … ");
}

TEST(WhyTest, WithoutSourceLinesTheInnermostAreShown) {
  EXPECT_EQ(shown(with_frames(12, {})), "0 1 2 3 4 5 6 7 … ");
}

TEST(WhyTest, AnErrorOfTheHostTakesTheRoomOfThreeFrames) {
  Explanation why = with_frames(12, {});
  why.first_error = "open-at(…) = err(no-entry)";
  EXPECT_EQ(shown(why), "0 1 2 3 4 … ");
}

TEST(WhyTest, FewFramesAreAllShown) {
  EXPECT_EQ(shown(with_frames(3, {1})), "0 1 2 ");
}

}  // namespace
}  // namespace reprise::debug
