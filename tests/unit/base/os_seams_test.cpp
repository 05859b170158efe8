// Clocks, entropy and standard streams.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/os/clock.hpp"
#include "base/os/entropy.hpp"
#include "base/os/stdio.hpp"

namespace reprise::os {
namespace {

TEST(Clock, TheMachinesClocksRun) {
  auto monotonic = system_monotonic_clock();
  const uint64_t first = monotonic->now();
  EXPECT_LT(first, 60'000'000'000u);  // counted from its own beginning
  EXPECT_GE(monotonic->now(), first);
  EXPECT_GT(monotonic->resolution(), 0u);
  auto wall = system_wall_clock();
  EXPECT_GT(wall->now().seconds, 1'700'000'000);
  EXPECT_LT(wall->now().nanoseconds, 1'000'000'000u);
  EXPECT_GT(wall->resolution(), Timestamp{});
  EXPECT_EQ(wall->zone({}).abbreviation, "UTC");
}

TEST(Clock, AManualClockMovesWhenTold) {
  ManualClock clock;
  OffsetWallClock wall(clock, {100, 999'999'999});
  EXPECT_EQ(clock.now(), 0u);
  clock.advance(5);
  clock.advance_to(3);
  EXPECT_EQ(clock.now(), 5u);
  EXPECT_EQ(wall.now(), (Timestamp{101, 4}));
  clock.advance_to(2'000'000'001);
  EXPECT_EQ(wall.now(), (Timestamp{103, 0}));
}

TEST(Entropy, TheKernelsIsFresh) {
  auto entropy = system_entropy();
  std::array<uint8_t, 64> a{};
  std::array<uint8_t, 64> b{};
  ASSERT_TRUE(entropy->fill(a));
  ASSERT_TRUE(entropy->fill(b));
  EXPECT_NE(a, b);
  std::vector<uint8_t> large(100'000);
  ASSERT_TRUE(entropy->fill(large));
  EXPECT_NE(std::count(large.begin(), large.end(), 0), std::ssize(large));
}

TEST(Entropy, ASeedDeterminesTheStream) {
  auto stream = [](uint64_t seed) {
    std::array<uint8_t, 21> out{};
    EXPECT_TRUE(seeded_entropy(seed)->fill(out));
    return out;
  };
  EXPECT_EQ(stream(1), stream(1));
  EXPECT_NE(stream(1), stream(2));
  // Filling in pieces of eight gives the same as filling at once.
  auto entropy = seeded_entropy(1);
  const auto whole = stream(1);
  for (size_t at = 0; at < 16; at += 8) {
    const uint64_t word = *entropy->u64();
    for (size_t i = 0; i < 8; ++i) EXPECT_EQ(whole[at + i], static_cast<uint8_t>(word >> (8 * i)));
  }
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(fds.data()), 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() {
    if (fds[0] >= 0) close(std::exchange(fds[0], -1));
  }
  void close_write() {
    if (fds[1] >= 0) close(std::exchange(fds[1], -1));
  }
  std::array<int, 2> fds{};
};

TEST(Stdio, APipeNeverBlocksTheReader) {
  Pipe pipe;
  auto source = fd_source(pipe.fds[0]);
  std::array<uint8_t, 8> buffer{};
  EXPECT_EQ(source->read(buffer).error(), Errno::would_block);
  EXPECT_EQ(source->wait_fd(), pipe.fds[0]);
  EXPECT_FALSE(source->is_terminal());
  ASSERT_EQ(write(pipe.fds[1], "abc", 3), 3);
  EXPECT_EQ(source->read(buffer), 3u);
  pipe.close_write();
  EXPECT_EQ(source->read(buffer), 0u);
}

TEST(Stdio, APipeNeverBlocksTheWriter) {
  Pipe pipe;
  auto sink = fd_sink(pipe.fds[1]);
  const std::vector<uint8_t> chunk(100'000, 'x');
  size_t total = 0;
  for (int i = 0; i < 1000; ++i) {
    auto n = sink->write(chunk);
    if (!n) {
      EXPECT_EQ(n.error(), Errno::would_block);
      break;
    }
    total += *n;
  }
  EXPECT_GT(total, 0u);
  EXPECT_LE(total, 1u << 20);  // the pipe filled up and we were told, rather than kept
}

TEST(Stdio, AClosedPipeIsAnError) {
  Pipe pipe;
  auto sink = fd_sink(pipe.fds[1]);
  pipe.close_read();
  const std::array<uint8_t, 1> byte{'x'};
  EXPECT_EQ(sink->write(byte).error(), Errno::pipe);
  EXPECT_EQ(sink->write(byte).error(), Errno::pipe);
}

TEST(Stdio, MemoryStreams) {
  std::array<uint8_t, 4> buffer{};
  auto source = memory_source("hello");
  EXPECT_EQ(source->read(buffer), 4u);
  EXPECT_EQ(source->read(buffer), 1u);
  EXPECT_EQ(source->read(buffer), 0u);
  EXPECT_EQ(empty_source()->read(buffer), 0u);
  EXPECT_EQ(discarding_sink()->write(buffer), 4u);
  MemorySink sink(6);
  EXPECT_EQ(sink.write(buffer), 4u);
  EXPECT_EQ(sink.write(buffer), 2u);
  EXPECT_EQ(sink.write(buffer).error(), Errno::insufficient_space);
  EXPECT_EQ(sink.take().size(), 6u);
  EXPECT_EQ(sink.text(), "");
}

TEST(Errno, MapsBothWays) {
  EXPECT_EQ(from_posix(ENOENT), Errno::no_entry);
  EXPECT_EQ(from_posix(ENOSYS), Errno::unsupported);
  EXPECT_EQ(from_posix(12345), Errno::io);
  EXPECT_EQ(to_string(Errno::no_entry), "no such file or directory");
  // wasi:filesystem's error-code has 37 cases, in this order.
  EXPECT_EQ(static_cast<int>(Errno::access), 0);
  EXPECT_EQ(static_cast<int>(Errno::cross_device), 36);
}

}  // namespace
}  // namespace reprise::os
