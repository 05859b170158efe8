// A recording whose process is killed at any moment loses nothing that was committed: a child
// records and acknowledges each call over a pipe, is killed, and what it acknowledged must be in
// the recovered trace.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/recover.hpp"
#include "trace/ring.hpp"
#include "trace/verify.hpp"
#include "trace_support.hpp"

namespace reprise::trace {
namespace {

constexpr size_t kLongCall = 300000;

// Never returns: records until it is killed.
[[noreturn]] void record_forever(const std::string& path, uint32_t chunk_bytes, int acknowledge) {
  auto sink = FileSink::create(path);
  if (!sink) ::_exit(1);
  auto writer = Writer::create(std::move(*sink),
                               {.chunk_bytes = chunk_bytes,
                                .segment_bytes = 100000,
                                .flush_milliseconds = 1,
                                .ring_paths = {path + ".ring"},
                                .ring_bytes = 256 << 10,
                                .trace_path = path},
                               SessionBegin{});
  if (!writer) ::_exit(2);
  Function function;
  function.signature = "func(n: u64) -> list<u8>";
  (*writer)->append(function);
  for (uint64_t i = 0;; ++i) {
    uint8_t argument[8];
    std::memcpy(argument, &i, sizeof i);
    const uint64_t call = (*writer)->call(0, argument);
    if (::write(acknowledge, &call, sizeof call) != sizeof call) ::_exit(3);
    (*writer)->result(
        std::vector<uint8_t>(i % 97 == 96 ? kLongCall : i % 300, static_cast<uint8_t>(i)));
  }
}

uint64_t last_acknowledged(int fd) {
  uint64_t call = 0, last = 0;
  while (::read(fd, &call, sizeof call) == sizeof call) last = call;
  return last;
}

void expect_recovered(const std::string& path, uint64_t acknowledged) {
  const auto report = recover(path, path + ".ring", path + ".recovered");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->missing_bytes, 0u);
  const auto verified = verify(path + ".recovered");
  ASSERT_TRUE(verified);
  for (const Problem& problem : verified->problems) {
    // A long record may have been under way; nothing else may be wrong.
    EXPECT_NE(problem.what.find("ends in a record"), std::string::npos) << problem.what;
  }
  auto reader = Reader::open(path + ".recovered");
  ASSERT_TRUE(reader);
  ReadBack all;
  read_more(**reader, all);
  EXPECT_EQ(all.error, "");
  uint64_t calls = 0;
  for (const OwnedRecord& event : all.events) {
    if (event.kind != Kind::call) continue;
    uint64_t argument = 0;
    ASSERT_EQ(event.payload.size(), 9u);
    std::memcpy(&argument, event.payload.data() + 1, sizeof argument);
    EXPECT_EQ(argument, calls++);
  }
  EXPECT_GT(calls, acknowledged);
}

TEST(Crash, LosesNothingThatWasAcknowledged) {
  std::mt19937_64 random(42);
  for (int round = 0; round < 12; ++round) {
    const std::string path = testing::TempDir() + "reprise_crash_" + std::to_string(::getpid());
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      record_forever(path, round % 2 ? 4096 : 65536, pipe_ends[1]);
    }
    ::close(pipe_ends[1]);
    // By what it has acknowledged, not by the clock: the moment differs, the work done does not.
    uint64_t call = 0;
    const uint64_t enough = random() % (round < 4 ? 20 : 2000);
    while (::read(pipe_ends[0], &call, sizeof call) == sizeof call && call < enough) {
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    const uint64_t last = std::max(call, last_acknowledged(pipe_ends[0]));
    ::close(pipe_ends[0]);
    expect_recovered(path, last);
    for (const char* suffix : {"", ".ring", ".recovered"}) ::unlink((path + suffix).c_str());
  }
}

TEST(Crash, ARingAloneIsEnough) {
  const std::string path = testing::TempDir() + "reprise_ring_only_" + std::to_string(::getpid());
  auto writer = Writer::create(std::make_unique<MemorySink>(),
                               {.draining = Draining::inline_, .ring_paths = {path + ".ring"}},
                               SessionBegin{});
  ASSERT_TRUE(writer);
  (*writer)->append(Note{"a", "b"});
  const auto report = recover(path, path + ".ring", path + ".recovered");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->events, 2u);
  // A trace of another recording does not go with this ring.
  MemorySink other;
  TraceBuilder builder(other, {});
  const std::vector<uint8_t> id(16, 1);
  ASSERT_TRUE(builder.append(SessionBegin{.id = id}));
  ASSERT_TRUE(builder.finish());
  auto sink = FileSink::create(path);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->append(other.bytes(), {}));
  EXPECT_FALSE(recover(path, path + ".ring", path + ".recovered"));
  EXPECT_TRUE((*writer)->close(End{}));
  for (const char* suffix : {"", ".recovered"}) ::unlink((path + suffix).c_str());
}

}  // namespace
}  // namespace reprise::trace
