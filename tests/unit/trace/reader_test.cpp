// The reader: a prefix of a trace gives a prefix of its records, damage is stepped over and
// counted, and a trace that grows is followed.

#include "trace/reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/crc32c.hpp"
#include "trace/recover.hpp"
#include "trace/rewrite.hpp"
#include "trace/ring_view.hpp"
#include "trace/verify.hpp"
#include "trace_support.hpp"

namespace reprise::trace {
namespace {

struct ChunkAt {
  size_t offset;
  ChunkHeader header;
};

std::vector<ChunkAt> chunks_of(const std::vector<uint8_t>& trace) {
  std::vector<ChunkAt> chunks;
  size_t at = 0;
  while (at < trace.size()) {
    const auto header = decode_header(Bytes(trace).subspan(at));
    if (!header || !*header) break;
    chunks.push_back({at, **header});
    at += (*header)->header_length + (*header)->stored_length;
  }
  return chunks;
}

// Makes the checksums of a chunk true again after its bytes were changed.
void repair(std::vector<uint8_t>& trace, const ChunkAt& chunk) {
  const size_t payload = chunk.offset + kChunkHeaderSize;
  const uint32_t payload_crc = crc32c(Bytes(trace).subspan(payload, chunk.header.stored_length));
  std::memcpy(&trace[chunk.offset + kChunkHeaderSize - 8], &payload_crc, 4);
  const uint32_t header_crc = crc32c(Bytes(trace).subspan(chunk.offset, kChunkHeaderSize - 4));
  std::memcpy(&trace[chunk.offset + kChunkHeaderSize - 4], &header_crc, 4);
}

bool is_prefix(const std::vector<OwnedRecord>& part, const std::vector<OwnedRecord>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

TEST(Reader, NumbersCallsAndTheirAnswers) {
  const ReadBack all = read_all(build(small_session(), {}));
  EXPECT_EQ(all.error, "");
  EXPECT_TRUE(all.summary.intact());
  EXPECT_TRUE(all.summary.ended);
  ASSERT_EQ(all.events.size(), small_session().size());
  const std::vector<uint64_t> calls = {kNoCall, kNoCall, kNoCall, 0, 0, 0, 1, 1,
                                       2,       2,       3,       4, 3, 4, 0, kNoCall};
  EXPECT_EQ(all.calls, calls);
}

TEST(Reader, CutAnywhereGivesAPrefixAndSaysSo) {
  std::mt19937_64 random(5);
  auto events = random_events(random, 60);
  events.push_back({Kind::end, encode(End{})});
  for (const Codec codec : {Codec::none, Codec::zstd}) {
    const auto trace = build(events, {.codec = codec, .chunk_bytes = 4096, .segment_bytes = 8192});
    const auto chunks = chunks_of(trace);
    for (size_t n = 0; n < trace.size(); ++n) {
      const ReadBack all = read_all({trace.begin(), trace.begin() + static_cast<ptrdiff_t>(n)});
      ASSERT_EQ(all.error, "") << n;
      ASSERT_TRUE(is_prefix(all.events, events)) << n;
      EXPECT_EQ(all.summary.loss_count, 0u) << n;
      bool between = n == 0;
      for (const ChunkAt& chunk : chunks) between = between || chunk.offset == n;
      EXPECT_EQ(all.summary.torn_bytes == 0, between) << n;
    }
  }
}

TEST(Reader, EachByteMayBeWrong) {
  std::mt19937_64 random(6);
  const auto events = random_events(random, 40);
  const auto trace = build(events, {.chunk_bytes = 4096, .segment_bytes = 8192});
  for (size_t i = 0; i < trace.size(); ++i) {
    auto damaged = trace;
    damaged[i] ^= static_cast<uint8_t>(1 + random() % 255);
    const ReadBack all = read_all(damaged);
    if (!all.error.empty()) continue;
    EXPECT_FALSE(all.summary.intact()) << i;
    // What is delivered is as it was, under its own number.
    for (size_t k = 0; k < all.events.size(); ++k) {
      ASSERT_LT(all.numbers[k], events.size());
      EXPECT_TRUE(all.events[k] == events[all.numbers[k]]) << i;
    }
  }
}

// With checksums that hold, nothing can be promised about the content, but everything about
// manners.
TEST(Reader, EachByteMayLie) {
  std::mt19937_64 random(7);
  const auto trace = build(small_session(), {.chunk_bytes = 4096});
  const auto chunks = chunks_of(trace);
  for (const ChunkAt& chunk : chunks) {
    const size_t end = chunk.offset + kChunkHeaderSize + chunk.header.stored_length;
    for (size_t i = chunk.offset; i < end; ++i) {
      for (const uint8_t with : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        auto damaged = trace;
        damaged[i] = with;
        repair(damaged, chunk);
        const ReadBack all = read_all(damaged);
        EXPECT_LE(all.events.size(), 100u);
        MemorySource source{Bytes(damaged)};
        (void)verify(source);
        MemorySink sink;
        (void)recover(source, nullptr, sink);
      }
    }
  }
}

TEST(Reader, CountsTheEventsOfALostChunk) {
  std::mt19937_64 random(8);
  const auto events = random_events(random, 500);
  const auto trace = build(events, {.chunk_bytes = 4096, .segment_bytes = 0});
  const auto chunks = chunks_of(trace);
  ASSERT_GT(chunks.size(), 6u);
  for (const size_t lost : {size_t{2}, size_t{4}}) {
    auto damaged = trace;
    damaged[chunks[lost].offset + kChunkHeaderSize + 5] ^= 1;
    const ReadBack all = read_all(damaged);
    ASSERT_EQ(all.error, "");
    ASSERT_EQ(all.summary.loss_count, 2u);  // the chunk in the file, the bytes in the stream
    EXPECT_EQ(all.summary.losses[0].offset, chunks[lost].offset);
    EXPECT_EQ(all.summary.losses[0].bytes, chunks[lost + 1].offset - chunks[lost].offset);
    ASSERT_TRUE(all.summary.losses[1].events.has_value());
    EXPECT_EQ(all.events.size() + *all.summary.losses[1].events, events.size());
    const ReadBack stopped = read_all(damaged, {.stop_at_damage = true});
    EXPECT_TRUE(is_prefix(stopped.events, events));
    EXPECT_LT(stopped.events.size(), all.events.size());
  }
}

TEST(Reader, LimitsHold) {
  const std::vector<OwnedRecord> long_note = {{Kind::call, std::vector<uint8_t>(300000, 0)}};
  const auto trace = build(long_note, {});
  EXPECT_EQ(read_all(trace).events.size(), 1u);
  EXPECT_NE(read_all(trace, {.max_record_bytes = 200000}).error.find("limit"), std::string::npos);
  const auto session = build(small_session(), {});
  const auto error = [&](ReadOptions options) { return read_all(session, options).error; };
  EXPECT_NE(error({.max_definitions = 1}).find("more than 1 definitions"), std::string::npos);
  EXPECT_NE(error({.max_open_calls = 1}).find("more than 1 calls"), std::string::npos);
}

TEST(Reader, RefusesWhatItDoesNotKnow) {
  const auto needs =
      build({{Kind::session_begin, encode(SessionBegin{.required_features = 1ull << 40})}}, {});
  EXPECT_NE(read_all(needs).error.find("features"), std::string::npos);
  auto version = build(small_session(), {});
  version[10] = 2;
  repair(version, chunks_of(version).empty() ? ChunkAt{0, ChunkHeader{}} : ChunkAt{0, {}});
  EXPECT_NE(read_all(version).error, "");
  EXPECT_NE(read_all(std::vector<uint8_t>(100, 'x')).error, "");
  EXPECT_EQ(read_all({}).error, "");
  EXPECT_FALSE(Reader::open("/no/such/trace"));
}

TEST(Reader, StepsOverUnknownKindsButNumbersThem) {
  std::vector<OwnedRecord> events = small_session();
  events.insert(events.begin() + 4, {static_cast<Kind>(61), {1, 2, 3}});
  events.insert(events.begin() + 5, {static_cast<Kind>(1000), std::vector<uint8_t>(70000, 1)});
  const ReadBack all = read_all(build(events, {}));
  EXPECT_EQ(all.error, "");
  EXPECT_TRUE(all.events == events);
  EXPECT_TRUE(all.summary.intact());
}

// A source that grows between reads.
struct GrowingSource : Source {
  Result<size_t> read(uint64_t offset, std::span<uint8_t> out) override {
    return MemorySource(Bytes(*bytes)).read(offset, out);
  }
  Result<uint64_t> size() override { return bytes->size(); }
  std::shared_ptr<std::vector<uint8_t>> bytes = std::make_shared<std::vector<uint8_t>>();
};

TEST(Reader, FollowsATraceThatGrows) {
  std::mt19937_64 random(9);
  const auto events = random_events(random, 300);
  const auto trace = build(events, {.chunk_bytes = 4096});
  auto source = std::make_unique<GrowingSource>();
  const auto bytes = source->bytes;
  auto reader = Reader::open(std::move(source));
  ASSERT_TRUE(reader);
  ReadBack all;
  for (size_t at = 0; at < trace.size(); at += 777) {
    bytes->insert(bytes->end(), trace.begin() + static_cast<ptrdiff_t>(at),
                  trace.begin() + static_cast<ptrdiff_t>(std::min(at + 777, trace.size())));
    read_more(**reader, all);
    ASSERT_EQ(all.error, "");
  }
  EXPECT_TRUE(all.events == events);
  EXPECT_TRUE(all.summary.intact());
}

TEST(Reader, FollowsTheRingBeforeTheFileHasIt) {
  const std::string base = testing::TempDir() + "reprise_follow_" + std::to_string(::getpid());
  auto sink = FileSink::create(base);
  ASSERT_TRUE(sink);
  // Inline, and a chunk that is never full: nothing but the ring has the events until the flush.
  auto writer = Writer::create(std::move(*sink),
                               {.draining = Draining::inline_, .ring_paths = {base + ".ring"}},
                               SessionBegin{});
  ASSERT_TRUE(writer);
  auto reader = Reader::open(base);
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->attach_ring(base + ".ring"));
  ReadBack all;
  uint64_t appended = 1;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 50; ++i, ++appended)
      (*writer)->append(Note{"round", std::to_string(round)});
    if (round % 3 == 2) ASSERT_TRUE((*writer)->flush());
    read_more(**reader, all);
    ASSERT_EQ(all.error, "");
    EXPECT_EQ(all.events.size(), appended);
  }
  ASSERT_TRUE((*writer)->close(End{}));
  read_more(**reader, all);
  EXPECT_EQ(all.events.size(), appended + 1);
  EXPECT_TRUE(all.summary.ended);
  EXPECT_TRUE(all.summary.intact());
  for (size_t i = 0; i < all.numbers.size(); ++i) EXPECT_EQ(all.numbers[i], i);
  EXPECT_NE(::access((base + ".ring").c_str(), F_OK), 0) << "a closed recording leaves no ring";
  ::unlink(base.c_str());
}

TEST(Reader, ManySessionsShareAFile) {
  auto memory = std::make_shared<MemorySink>();
  auto target = std::make_shared<SharedSink::Target>(std::make_unique<KeptSink>(memory));
  std::vector<std::unique_ptr<Writer>> writers;
  for (uint32_t stream = 0; stream < 3; ++stream) {
    auto writer = Writer::create(std::make_unique<SharedSink>(target),
                                 {.stream = stream, .chunk_bytes = 4096, .ring_bytes = 256 << 10},
                                 SessionBegin{});
    ASSERT_TRUE(writer);
    writers.push_back(std::move(*writer));
  }
  for (int i = 0; i < 1000; ++i) {
    for (auto& writer : writers) {
      writer->call(0, std::vector<uint8_t>(20, 1));
      writer->result({});
    }
  }
  for (auto& writer : writers) ASSERT_TRUE(writer->close(End{}));
  auto reader = Reader::open(std::make_unique<MemorySource>(memory->take()));
  ASSERT_TRUE(reader);
  std::vector<uint64_t> next(3);
  while (true) {
    auto record = (*reader)->next();
    ASSERT_TRUE(record);
    if (!*record) break;
    if ((*record)->event != kNoEvent) EXPECT_EQ((*record)->event, next.at((*record)->stream)++);
  }
  EXPECT_EQ(next, std::vector<uint64_t>(3, 2002));
  EXPECT_TRUE((*reader)->summary().ended);
  EXPECT_TRUE((*reader)->summary().intact());
}

// ---- Verify, rewrite, index ----

TEST(Verify, FindsWhatDoesNotFitTogether) {
  const auto problems = [](const std::vector<OwnedRecord>& events) {
    const auto trace = build(events, {});
    MemorySource source{Bytes(trace)};
    const auto report = verify(source);
    EXPECT_TRUE(report);
    return report ? report->problem_count : 999;
  };
  auto events = small_session();
  EXPECT_EQ(problems(events), 0u);
  auto changed = events;
  changed.push_back({Kind::note, encode(Note{"after", "the end"})});
  EXPECT_EQ(problems(changed), 1u);
  changed = events;
  changed[4].payload = encode(Call{9, {}});  // not defined
  EXPECT_EQ(problems(changed), 1u);
  changed[4].payload = encode(Call{1, {}});  // an export
  EXPECT_EQ(problems(changed), 1u);
  changed = events;
  changed.insert(changed.begin() + 3, {Kind::result, {}});  // answers nothing
  EXPECT_EQ(problems(changed), 1u);
  changed = events;
  changed[3].payload = {0x80};  // does not decode
  EXPECT_GE(problems(changed), 1u);
  changed = events;
  changed.insert(changed.begin() + 3, {Kind::function, encode(Function{.id = 0, .name = "other"})});
  EXPECT_EQ(problems(changed), 1u);
}

ReadBack rewritten(const std::vector<uint8_t>& trace, const Transform& transform) {
  auto reader = Reader::open(std::make_unique<MemorySource>(Bytes(trace)));
  EXPECT_TRUE(reader);
  MemorySink sink;
  const auto report = rewrite(**reader, sink, {.codec = Codec::zstd}, transform);
  EXPECT_TRUE(report) << report.error().to_string();
  auto bytes = sink.take();
  MemorySource source{Bytes(bytes)};
  const auto verified = verify(source);
  EXPECT_TRUE(verified && verified->sound()) << (verified ? verified->problems[0].what : "");
  return read_all(std::move(bytes));
}

TEST(Rewrite, KeepingAllChangesNothing) {
  std::mt19937_64 random(10);
  const auto events = small_session();
  const auto trace = build(events, {.codec = Codec::lz4, .chunk_bytes = 4096});
  const ReadBack all = rewritten(trace, [](const Record&, Emitter& to) { return to.keep(); });
  EXPECT_TRUE(all.events == events);
}

TEST(Rewrite, LeavingACallOutLeavesItsResultOutAndRenumbers) {
  const auto trace = build(small_session(), {});
  const ReadBack all = rewritten(trace, [](const Record& record, Emitter& to) -> Result<void> {
    const bool first_calls = record.kind == Kind::call && record.call < 2;
    return first_calls ? ok() : to.keep();
  });
  ASSERT_EQ(all.events.size(), small_session().size() - 4);
  bool answered = false;
  for (size_t i = 0; i < all.events.size(); ++i) {
    if (all.events[i].kind != Kind::result_of) continue;
    answered = true;
    EXPECT_EQ(all.calls[i], 1u);  // it was call 3
  }
  EXPECT_TRUE(answered);
}

TEST(Rewrite, ReplacesRecords) {
  const auto trace = build(small_session(), {});
  const uint8_t zero[4] = {};
  const ReadBack all = rewritten(trace, [&](const Record& record, Emitter& to) -> Result<void> {
    return record.kind == Kind::result ? to.emit(CallResult{zero}) : to.keep();
  });
  for (const OwnedRecord& event : all.events) {
    if (event.kind == Kind::result) EXPECT_EQ(event.payload, std::vector<uint8_t>(4, 0));
  }
}

TEST(Index, SurvivesItsEncodingAndItsLimit) {
  Index index;
  ChunkHeader header;
  for (uint64_t i = 0; i < 3 * kMaxIndexEntries; ++i) {
    header.first_event = i * 10;
    header.time.monotonic_ns = i % 7 == 0 ? i - i / 2 : i;
    index.add(header, i * 1000);
  }
  EXPECT_LE(index.entries().size(), kMaxIndexEntries);
  EXPECT_LE(index.encode().size(), kMaxChunkBytes);
  const auto decoded = Index::decode(index.encode(), 0);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->entries(), index.entries());
  const auto found = index.find(100000);
  ASSERT_TRUE(found);
  EXPECT_LE(found->first_event, 100000u);
  EXPECT_GT(found->first_event, 100000u - 100);
  auto bytes = index.encode();
  for (size_t n = 0; n < bytes.size(); n += 97)
    EXPECT_FALSE(Index::decode(Bytes(bytes).first(n), 0));
}

}  // namespace
}  // namespace reprise::trace
