// The writer: what it writes is read again, whatever the sizes; and what goes wrong with the sink,
// the ring or the disk ends the recording with a reason and leaves the run alone.

#include "trace/writer.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/sha256.hpp"
#include "trace/verify.hpp"
#include "trace_support.hpp"

namespace reprise::trace {
namespace {

struct Recording {
  std::shared_ptr<MemorySink> memory = std::make_shared<MemorySink>();
  std::unique_ptr<Writer> writer;

  explicit Recording(WriterOptions options = {}) {
    auto made = Writer::create(std::make_unique<KeptSink>(memory), std::move(options),
                               SessionBegin{.engine = "test"});
    EXPECT_TRUE(made) << made.error().to_string();
    if (made) writer = std::move(*made);
  }
};

std::string temporary(const char* name) {
  return testing::TempDir() + "reprise_" + std::to_string(::getpid()) + "_" + name;
}

TEST(Writer, PayloadsOfAllSizesComeBack) {
  for (const Draining draining : {Draining::background, Draining::inline_}) {
    Recording r({.draining = draining, .chunk_bytes = 4096, .ring_bytes = 256 << 10});
    std::vector<OwnedRecord> expected;
    for (const size_t n :
         {0, 1, 55, 61, 62, 63, 64, 127, 128, 4000, 65535, 65536, 65537, 200000, 3000000}) {
      std::vector<uint8_t> bytes(n);
      for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + n);
      r.writer->call(300, bytes);
      expected.push_back({Kind::call, encode(Call{300, bytes})});
      r.writer->result(bytes);
      expected.push_back({Kind::result, bytes});
      r.writer->append(MemoryWrite{1, 2, 3, bytes});
      expected.push_back({Kind::memory_write, encode(MemoryWrite{1, 2, 3, bytes})});
    }
    ASSERT_TRUE(r.writer->close(End{}));
    const ReadBack all = read_all(r.memory->take());
    EXPECT_EQ(all.error, "");
    EXPECT_TRUE(all.summary.intact());
    EXPECT_TRUE(all.summary.ended);
    ASSERT_EQ(all.events.size(), expected.size() + 2);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(all.events[i + 1] == expected[i]) << i;
  }
}

TEST(Writer, ABuilderThatIsGivenUpLeavesNothing) {
  Recording r;
  {
    RecordBuilder small(*r.writer, Kind::note);
    small.u8(1);
  }
  {
    RecordBuilder large(*r.writer, Kind::note);
    large.bytes(std::vector<uint8_t>(200000, 9));  // fragments have gone out
  }
  r.writer->append(Note{"topic", "text"});
  ASSERT_TRUE(r.writer->close(End{}));
  const ReadBack all = read_all(r.memory->take());
  ASSERT_EQ(all.events.size(), 4u);
  EXPECT_EQ(all.events[1].kind, Kind::discarded);
  EXPECT_EQ(all.events[2].payload, encode(Note{"topic", "text"}));
}

TEST(Writer, LendsRoomInTheRing) {
  Recording r;
  {
    RecordBuilder b(*r.writer, Kind::call);
    b.leb_u64(1);
    for (int i = 0; i < 40; ++i) std::memset(b.lend(5000), i, 5000);
    b.leb_s64(-200);
    b.name("end");
    b.finish();
    EXPECT_EQ(r.writer->count_call(), 0u);
  }
  ASSERT_TRUE(r.writer->close(End{}));
  const ReadBack all = read_all(r.memory->take());
  ByteWriter expected;
  expected.leb_u64(1);
  for (uint8_t i = 0; i < 40; ++i) expected.bytes(std::vector<uint8_t>(5000, i));
  expected.leb_s64(-200);
  expected.name("end");
  ASSERT_EQ(all.events.size(), 3u);
  EXPECT_EQ(all.events[1].payload, expected.take());
}

TEST(Writer, EmbedsComponentsOffTheThread) {
  Recording r({.chunk_bytes = 8192, .ring_bytes = 256 << 10});
  auto bytes = std::make_shared<std::vector<uint8_t>>(500000);
  for (size_t i = 0; i < bytes->size(); ++i) (*bytes)[i] = static_cast<uint8_t>(i ^ (i >> 8));
  Component component;
  component.name = "app";
  component.storage = static_cast<uint8_t>(Storage::embedded);
  r.writer->add_component(component, bytes, *bytes);
  for (int i = 0; i < 20000; ++i) r.writer->append(Note{"a", "b"});
  ASSERT_TRUE(r.writer->close(End{}));
  auto trace = r.memory->take();
  MemorySource source{Bytes(trace)};
  const auto report = verify(source);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->sound()) << report->problems[0].what;
  const ReadBack all = read_all(trace);
  std::vector<uint8_t> together;
  for (const OwnedRecord& side : all.sides) {
    if (side.kind == Kind::blob) {
      const auto blob = decode<Blob>(side.payload);
      ASSERT_TRUE(blob);
      EXPECT_EQ(blob->sha256, sha256(*bytes));
      together.insert(together.end(), blob->bytes.begin(), blob->bytes.end());
    }
  }
  EXPECT_EQ(together, *bytes);
}

TEST(Writer, RefusesWhatItCannotDo) {
  const auto create = [](WriterOptions options) {
    return Writer::create(std::make_unique<MemorySink>(), std::move(options), SessionBegin{});
  };
  const auto evict = create({.pressure = Pressure::evict});
  ASSERT_FALSE(evict);
  EXPECT_EQ(evict.error().kind, ErrorKind::unsupported);
  EXPECT_FALSE(create({.chunk_bytes = 100}));
  EXPECT_FALSE(create({.chunk_bytes = 1 << 20, .ring_bytes = 1 << 20}));
  EXPECT_FALSE(create({.ring_bytes = 300000}));
  EXPECT_FALSE(create({.ring_paths = {"/no/such/directory/ring"}}));
}

TEST(Writer, ATooLongDefinitionEndsTheRecording) {
  Recording r;
  const std::string long_text(100000, 'x');
  Function function;
  function.signature = long_text;
  r.writer->append(function);
  EXPECT_FALSE(r.writer->recording());
  r.writer->append(Note{"not", "recorded"});
  EXPECT_FALSE(r.writer->close(End{}));
  const ReadBack all = read_all(r.memory->take());
  EXPECT_TRUE(all.summary.intact());
  ASSERT_FALSE(all.events.empty());
  EXPECT_EQ(all.events.back().kind, Kind::end);
  EXPECT_EQ(decode<End>(all.events.back().payload)->outcome,
            static_cast<uint8_t>(Outcome::stopped));
}

TEST(Writer, PoisonIsInTheTraceAndInTheStatus) {
  Recording r;
  r.writer->poison("a raw pointer was handed out");
  r.writer->poison("another reason");
  EXPECT_EQ(r.writer->status().poisoned, "a raw pointer was handed out");
  ASSERT_TRUE(r.writer->close(End{}));
  const ReadBack all = read_all(r.memory->take());
  ASSERT_EQ(all.events.size(), 3u);
  EXPECT_EQ(all.events[1].payload, encode(Poisoned{"a raw pointer was handed out"}));
}

TEST(Writer, WithoutCloseTheTraceHasNoEnd) {
  std::shared_ptr<MemorySink> memory;
  {
    Recording r;
    memory = r.memory;
    r.writer->append(Note{"a", "b"});
  }
  const ReadBack all = read_all(memory->take());
  EXPECT_EQ(all.events.size(), 2u);
  EXPECT_TRUE(all.summary.intact());
  EXPECT_FALSE(all.summary.ended);
}

TEST(Writer, SegmentsRepeatTheDefinitions) {
  Recording r({.chunk_bytes = 4096, .segment_bytes = 16384, .ring_bytes = 256 << 10});
  Function function;
  function.id = 3;
  function.name = "read";
  r.writer->append(function);
  const uint64_t open = r.writer->call(3, {});  // stays open over all segments
  for (int i = 0; i < 300; ++i) {
    r.writer->call(3, std::vector<uint8_t>(500, 1));
    r.writer->result({});
  }
  r.writer->result_of(open, {});
  ASSERT_TRUE(r.writer->close(End{}));
  const auto trace = r.memory->take();
  MemorySource source{Bytes(trace)};
  const auto index = Index::load(source, 0);
  ASSERT_TRUE(index && *index);
  const auto built = Index::build(source, 0);
  ASSERT_TRUE(built);
  EXPECT_EQ((*index)->entries(), built->entries());
  const auto entry = built->find_segment(500);
  ASSERT_TRUE(entry);
  EXPECT_GT(entry->first_event, 0u);
  EXPECT_LE(entry->first_event, 500u);

  // Reading from there, everything is known that came before.
  auto reader = Reader::open(std::make_unique<MemorySource>(Bytes(trace)));
  ASSERT_TRUE(reader);
  (*reader)->seek(entry->offset);
  ReadBack tail;
  read_more(**reader, tail);
  EXPECT_EQ(tail.error, "");
  EXPECT_TRUE(tail.summary.intact());
  EXPECT_EQ(tail.numbers.front(), entry->first_event);
  bool defined = false;
  for (const OwnedRecord& side : tail.sides) defined = defined || side.kind == Kind::function;
  EXPECT_TRUE(defined);
  ASSERT_EQ(tail.events[tail.events.size() - 2].kind, Kind::result_of);
  EXPECT_EQ(tail.calls[tail.calls.size() - 2], open);
  for (const uint64_t call : tail.calls)
    EXPECT_TRUE(call != kNoCall || &call >= &tail.calls.back());
}

// ---- Sinks that fail ----

struct FailingSink : Sink {
  FailingSink(uint64_t room, std::shared_ptr<MemorySink> to) : room_(room), to_(std::move(to)) {}
  Result<uint64_t> append(Bytes header, Bytes payload) override {
    if (header.size() + payload.size() > room_) {
      return fail(ErrorKind::io, "cannot write the trace: No space left on device");
    }
    room_ -= header.size() + payload.size();
    return to_->append(header, payload);
  }
  uint64_t room_;
  std::shared_ptr<MemorySink> to_;
};

TEST(Writer, AFullDiskEndsTheRecordingNotTheRun) {
  for (const Draining draining : {Draining::background, Draining::inline_}) {
    for (const uint64_t room : {0, 500, 20000, 1000000}) {
      const std::string ring = temporary("full.ring");
      auto memory = std::make_shared<MemorySink>();
      auto writer = Writer::create(std::make_unique<FailingSink>(room, memory),
                                   {.draining = draining,
                                    .chunk_bytes = 8192,
                                    .ring_paths = {ring},
                                    .ring_bytes = 256 << 10},
                                   SessionBegin{});
      ASSERT_TRUE(writer);
      for (int i = 0; i < 200000; ++i) {
        (*writer)->call(0, std::vector<uint8_t>(8, 1));
        (*writer)->result({});
      }
      EXPECT_FALSE((*writer)->recording());
      const auto closed = (*writer)->close(End{});
      ASSERT_FALSE(closed);
      EXPECT_NE(closed.error().message.find("No space left"), std::string::npos);
      EXPECT_NE((*writer)->status().stopped.find("No space left"), std::string::npos);
      const ReadBack all = read_all(memory->take());
      EXPECT_EQ(all.error, "");
      EXPECT_EQ(all.summary.loss_count + all.summary.torn_bytes, 0u);
      EXPECT_FALSE(all.summary.ended);
      EXPECT_EQ(::access(ring.c_str(), F_OK), 0) << "the ring is kept for recovery";
      ::unlink(ring.c_str());
    }
  }
}

TEST(Writer, AFullDeviceIsAnError) {
  auto sink = FileSink::create("/dev/full");
  if (!sink) GTEST_SKIP() << "no /dev/full here";
  auto writer = Writer::create(std::move(*sink), {}, SessionBegin{});
  ASSERT_TRUE(writer);
  const auto closed = (*writer)->close(End{});
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("No space left"), std::string::npos)
      << closed.error().message;
}

TEST(Writer, StopEndsTheRecordingWhenTheRingIsFull) {
  std::atomic<bool> blocked{true};
  auto memory = std::make_shared<MemorySink>();
  auto sink =
      std::make_unique<CallbackSink>([&, memory](Bytes header, Bytes payload) -> Result<void> {
        while (blocked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        REPRISE_TRY(memory->append(header, payload));
        return ok();
      });
  auto writer = Writer::create(
      std::move(sink), {.pressure = Pressure::stop, .chunk_bytes = 8192, .ring_bytes = 256 << 10},
      SessionBegin{});
  ASSERT_TRUE(writer);
  uint64_t calls = 0;
  for (; (*writer)->recording() && calls < 1000000; ++calls) {
    (*writer)->call(0, {});
    (*writer)->result({});
  }
  EXPECT_FALSE((*writer)->recording());
  blocked = false;
  EXPECT_FALSE((*writer)->close(End{}));
  const ReadBack all = read_all(memory->take());
  EXPECT_TRUE(all.summary.intact());
  EXPECT_TRUE(all.summary.ended);
  EXPECT_GE(all.events.size(), 2 * calls - 1);
  EXPECT_EQ(decode<End>(all.events.back().payload)->outcome,
            static_cast<uint8_t>(Outcome::stopped));
}

uint64_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  status >> size >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// A stream far longer than the ring, against a sink that is slower than the guest: memory stays
// what the ring and one chunk take (docs/recording.md has the figure), and nothing is lost.
TEST(Writer, ASlowSinkBoundsTheGuestNotTheMemory) {
  uint64_t stored = 0;
  uint64_t most = 0;
  auto sink = std::make_unique<CallbackSink>([&](Bytes header, Bytes payload) -> Result<void> {
    EXPECT_LE(payload.size(), 128u << 10);
    stored += header.size() + payload.size();
    most = std::max(most, resident_bytes());
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    return ok();
  });
  const std::vector<uint8_t> values(16 << 10, 5);
  const uint64_t before = resident_bytes();
  auto writer = Writer::create(std::move(sink), {}, SessionBegin{});
  ASSERT_TRUE(writer);
  const uint64_t kTotal =
      std::getenv("REPRISE_LONG") != nullptr ? uint64_t{10} << 30 : uint64_t{512} << 20;
  for (uint64_t sent = 0; sent < kTotal; sent += values.size()) {
    (*writer)->call(0, {});
    (*writer)->result(values);
  }
  ASSERT_TRUE((*writer)->close(End{}));
  EXPECT_GE(stored, kTotal);
  EXPECT_LE(stored, kTotal + kTotal / 50);
#if __has_feature(address_sanitizer)
  constexpr uint64_t kKeptByTheSanitizer = 256 << 20;  // what was freed
#else
  constexpr uint64_t kKeptByTheSanitizer = 0;
#endif
  EXPECT_LE(most, before + kKeptByTheSanitizer + (64 << 20));
}

// ---- The ring's storage ----

void absorb(int, siginfo_t* info, void*) {
  if (!absorb_ring_fault(info->si_addr)) ::_exit(99);
}

TEST(Writer, ATruncatedRingEndsTheRecordingNotTheRun) {
  const std::string path = temporary("truncated.ring");
  auto memory = std::make_shared<MemorySink>();
  auto writer = Writer::create(
      std::make_unique<KeptSink>(memory),
      {.draining = Draining::inline_, .ring_paths = {path}, .ring_bytes = 1 << 20}, SessionBegin{});
  ASSERT_TRUE(writer);
  struct sigaction action = {}, before = {};
  action.sa_sigaction = absorb;
  action.sa_flags = SA_SIGINFO;
  ASSERT_EQ(::sigaction(SIGBUS, &action, &before), 0);
  (*writer)->append(Note{"before", ""});
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  for (int i = 0; i < 200000; ++i) (*writer)->append(Note{"after", "the ring has gone"});
  ::sigaction(SIGBUS, &before, nullptr);
  EXPECT_FALSE((*writer)->recording());
  const auto closed = (*writer)->close(End{});
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("truncated"), std::string::npos) << closed.error().message;
  // Nothing of what became of the ring is in the trace.
  const auto bytes = memory->bytes();
  auto reader = Reader::open(std::make_unique<MemorySource>(Bytes(bytes)));
  ASSERT_TRUE(reader);
  while (true) {
    const auto record = (*reader)->next();
    ASSERT_TRUE(record);
    if (!*record) break;
    EXPECT_NE(record->value().kind, Kind::note);
  }
  EXPECT_TRUE((*reader)->summary().intact());
  ::unlink(path.c_str());
}

TEST(Ring, IsMadeWhereThereIsRoom) {
  const std::vector<std::string> paths = {"/no/such/directory/ring", temporary("second.ring")};
  auto ring = Ring::create_at_first(paths, {});
  ASSERT_TRUE(ring) << ring.error().to_string();
  EXPECT_EQ((*ring)->path(), paths[1]);
  // One that is in use says that its trace is: no other place is looked for.
  const std::vector<std::string> taken = {paths[1], temporary("third.ring")};
  EXPECT_FALSE(Ring::create_at_first(taken, {}));
  EXPECT_NE(::access(taken[1].c_str(), F_OK), 0);
  (*ring)->unlink();
}

TEST(Ring, ADeadOneElsewhereGoes) {
  const std::vector<std::string> paths = {temporary("first.ring"), temporary("second.ring")};
  ASSERT_TRUE(Ring::create({.path = paths[1]}));  // and its process died
  auto ring = Ring::create_at_first(paths, {});
  ASSERT_TRUE(ring);
  EXPECT_EQ((*ring)->path(), paths[0]);
  EXPECT_NE(::access(paths[1].c_str(), F_OK), 0);
  (*ring)->unlink();
}

TEST(Ring, TwoRecordingsCannotShareOneAndADeadOneIsReplaced) {
  const std::string path = temporary("shared.ring");
  auto first = Ring::create({.path = path});
  ASSERT_TRUE(first);
  EXPECT_FALSE(Ring::create({.path = path}));
  first->reset();  // its process died, as far as the file can tell
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
  auto second = Ring::create({.path = path});
  EXPECT_TRUE(second);
  (*second)->unlink();
}

// ---- Files ----

TEST(FileSink, IsTheOwnersAlone) {
  const std::string path = temporary("private.trace");
  ::umask(0);
  {
    auto old = FileSink::create(path);
    ASSERT_TRUE(old);
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  }
  auto sink = FileSink::create(path);
  ASSERT_TRUE(sink);
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ::umask(022);
  ::unlink(path.c_str());
}

TEST(FileSink, LeavesATraceAloneThatIsBeingWritten) {
  const std::string path = temporary("written.trace");
  auto first = FileSink::create(path);
  ASSERT_TRUE(first);
  const auto second = FileSink::create(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::usage);
  EXPECT_NE(second.error().message.find("another recording"), std::string::npos);
  const std::vector<uint8_t> bytes(100, 7);
  ASSERT_TRUE((*first)->append(bytes, bytes));
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 200);
  first->reset();
  EXPECT_TRUE(FileSink::create(path)) << "nobody writes it any more";
  ::unlink(path.c_str());
}

TEST(FileSink, CutsAHalfWrittenChunkOff) {
  const std::string path = temporary("limited.trace");
  // A file size limit makes the second write a short one and then an error.
  struct sigaction ignore = {}, before = {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGXFSZ, &ignore, &before);
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto sink = FileSink::create(path);
    const std::vector<uint8_t> half(300, 1);
    const bool fine = sink && (*sink)->append(half, half) && !(*sink)->append(half, half);
    ::_exit(fine ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::sigaction(SIGXFSZ, &before, nullptr);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 600);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace reprise::trace
