#include "debug/debugger.hpp"

#include <gtest/gtest.h>

#include "recording.hpp"

namespace reprise::debug {
namespace {

using testing::Recording;

TEST(Time, IsPrintedAndReadBack) {
  const Time time{12, 345, 6};
  EXPECT_EQ(to_string(time), "12:345:6");
  EXPECT_EQ(*parse_time("12:345:6"), time);
  EXPECT_EQ(*parse_time("12:345"), (Time{12, 345, 0}));
  for (const char* wrong : {"", "12", "12:", "1:2:3:4", "1:x", "-1:2", "1:2:99999999999999999999"})
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  EXPECT_LT((Time{1, 9, 9}), (Time{2, 0, 0}));
  EXPECT_LT((Time{1, 1, 9}), (Time{1, 2, 0}));
}

TEST(Debugger, GoesToEventsBothWays) {
  const Recording recording = Recording::of_guest("hello.wasm");
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  EXPECT_EQ(debugger->last_stop().reason, Stop::Reason::start);

  auto added = debugger->add_breakpoint({.place = EventPlace{"fd_write", ""}});
  ASSERT_TRUE(added) << added.error().to_string();
  auto there = debugger->go(Direction::forward);
  ASSERT_TRUE(there) << there.error().to_string();
  EXPECT_EQ(there->reason, Stop::Reason::breakpoint);
  EXPECT_EQ(there->breakpoints, std::vector<uint32_t>{added->id});
  const auto frames = debugger->frames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].function, "fd_write");
  const auto line = debugger->events(there->time.event, 1);
  ASSERT_TRUE(line);
  EXPECT_NE((*line)[0].text.find("fd_write"), std::string::npos) << (*line)[0].text;

  auto ended = debugger->seek_end();
  ASSERT_TRUE(ended) << ended.error().to_string();
  EXPECT_TRUE(debugger->at_end());
  // It wrote twice.
  auto last = debugger->go(Direction::backward);
  ASSERT_TRUE(last) << last.error().to_string();
  EXPECT_GT(last->time.event, there->time.event);
  auto first = debugger->go(Direction::backward);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->time.event, there->time.event);
}

}  // namespace
}  // namespace reprise::debug
