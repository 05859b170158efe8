// Damaged traces: whatever is cut off a trace or changed in it, a replay and a listing of it end,
// and end with an outcome that can be reported. A small WASI 0.1 guest is recorded once by the
// command; its trace is then damaged in memory, again and again: its bytes, which checksums guard,
// and its records before they are put into chunks, which gets damage past the checksums.
//
// REPRISE_EVERY_CUT=1 in the environment tries every length instead of some.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "code/interpreter.hpp"
#include "embed/module_program.hpp"
#include "embed/replay_run.hpp"
#include "replay/listing.hpp"
#include "text/wat.hpp"
#include "trace/builder.hpp"
#include "trace/source.hpp"
#include "trace/verify.hpp"
#include "wasi/p1/imports.hpp"
#include "wasm/reader.hpp"

namespace reprise {
namespace {

constexpr uint64_t kSeed = 20'260'731;
constexpr size_t kCuts = 150;
constexpr size_t kCorruptions = 150;

std::vector<uint8_t> read_whole(const std::string& path) {
  auto source = trace::FileSource::open(path);
  if (!source) return {};
  std::vector<uint8_t> bytes((*source)->size().value_or(0));
  if (!(*source)->read(0, bytes)) return {};
  return bytes;
}

class DamagedTrace : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = testing::TempDir() + "damaged-trace-" + std::to_string(getpid());
    const std::string guest = REPRISE_PROGRAMS "/recorded.wat";
    const std::string command = REPRISE_TOOL " run --args full --check state --record '" + path +
                                "' '" + guest + "' > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    trace_ = read_whole(path);
    std::remove(path.c_str());
    ASSERT_GT(trace_.size(), 1000u);
    const std::vector<uint8_t> text = read_whole(guest);
    auto binary = text::encode(as_text(text), guest);
    ASSERT_TRUE(binary) << binary.error().to_string();
    binary_ = std::make_shared<const std::vector<uint8_t>>(std::move(*binary));
  }

  /// As the command does it, but with the program given: most damage would else be found early.
  std::string replay(Bytes bytes) {
    printed_.clear();
    auto reader = trace::Reader::open(std::make_unique<trace::MemorySource>(bytes));
    if (!reader) return "error";
    auto player = replay::Player::open(std::move(*reader));
    if (!player) return "error";
    replay::Mirror mirror([this](replay::Stream, Bytes text) { printed_ += as_text(text); });
    replay::Playback playback(**player, mirror);
    auto engine = code::make_engine({});
    auto module =
        wasm::read_module({.bytes = *binary_, .owner = binary_, .base = 0}, engine->types());
    auto session = embed::Session::create(engine, {}, nullptr);
    auto imports = wasi::p1::Imports::create_for_replay();
    if (!module || !session || !imports || !(*session)->replay(playback)) return "broken test";
    auto program = embed::ModuleProgram::link(
        **session, engine->load(std::move(*module)),
        [&](std::string_view from, std::string_view name, const wasm::FuncType& type) {
          return (*imports)->find(from, name, type);
        });
    if (!program) return "error";
    const auto outcome = embed::run_replay(playback, **program, {.state = true});
    switch (outcome.kind) {
      case embed::ReplayOutcome::Kind::failed:
        EXPECT_TRUE(outcome.error && !outcome.error->message.empty());
        return "error";
      case embed::ReplayOutcome::Kind::divergence:
        EXPECT_TRUE(outcome.divergence && !outcome.divergence->to_string().empty());
        return "divergence";
      case embed::ReplayOutcome::Kind::finished:
        break;
    }
    return outcome.cut ? "cut" : "whole";
  }

  /// Gives the number of lines; they are bounded by the trace's size.
  size_t list(Bytes bytes, replay::ListingFormat format) {
    auto reader = trace::Reader::open(std::make_unique<trace::MemorySource>(bytes));
    if (!reader) return 0;
    replay::Listing listing(**reader, format);
    size_t lines = 0;
    for (auto line = listing.next(); line && *line; line = listing.next()) ++lines;
    return lines;
  }

  void look_at(Bytes bytes) {
    EXPECT_LE(list(bytes, replay::ListingFormat::wave), bytes.size());
    EXPECT_LE(list(bytes, replay::ListingFormat::json), bytes.size());
    trace::MemorySource source(bytes);
    if (auto verified = trace::verify(source)) {
      EXPECT_LE(verified->events, bytes.size());
    }
  }

  struct Stored {
    trace::Kind kind;
    bool event;
    std::vector<uint8_t> payload;
  };

  std::vector<Stored> records() {
    std::vector<Stored> all;
    auto reader = trace::Reader::open(std::make_unique<trace::MemorySource>(Bytes(trace_)));
    if (!reader) return all;
    for (auto next = (*reader)->next(); next && *next; next = (*reader)->next()) {
      const trace::Record& record = **next;
      all.push_back({record.kind,
                     record.event != trace::kNoEvent,
                     {record.payload.begin(), record.payload.end()}});
    }
    return all;
  }

  /// A trace of these records whose checksums hold; one chunk for each.
  static std::vector<uint8_t> build(const std::vector<Stored>& records) {
    trace::MemorySink sink;
    trace::TraceBuilder builder(sink, {});
    for (const Stored& record : records) {
      const bool done = record.event ? builder.append(record.kind, record.payload).has_value()
                                     : builder.side(record.kind, record.payload).has_value();
      if (!done || !builder.flush()) break;
    }
    return sink.take();
  }

  std::vector<uint8_t> trace_;
  std::shared_ptr<const std::vector<uint8_t>> binary_;
  std::string printed_;
};

TEST_F(DamagedTrace, WholeOneReplays) {
  EXPECT_EQ(replay(trace_), "whole");
  EXPECT_EQ(printed_, "first line\nother line\n");
  EXPECT_GT(list(trace_, replay::ListingFormat::wave), 5u);
}

TEST_F(DamagedTrace, CutAnywhereEnds) {
  const bool every = std::getenv("REPRISE_EVERY_CUT") != nullptr;
  const size_t step = every ? 1 : trace_.size() / kCuts + 1;
  for (size_t length = 0; length < trace_.size(); length += step) {
    SCOPED_TRACE(length);
    const Bytes bytes = Bytes(trace_).first(length);
    const std::string outcome = replay(bytes);
    // A cut takes events away but changes none: nothing can differ from what is left.
    EXPECT_TRUE(outcome == "cut" || outcome == "error" || outcome == "whole") << outcome;
    EXPECT_TRUE(std::string_view("first line\nother line\n").starts_with(printed_)) << printed_;
    look_at(bytes);
  }
}

TEST_F(DamagedTrace, CutAfterAnyRecordReplaysWhatIsLeft) {
  trace_ = build(records());
  ASSERT_EQ(replay(trace_), "whole");
  const bool every = std::getenv("REPRISE_EVERY_CUT") != nullptr;
  const size_t step = every ? 1 : trace_.size() / kCuts + 1;
  size_t cut = 0;
  size_t printed = 0;
  for (size_t length = 0; length < trace_.size(); length += step) {
    SCOPED_TRACE(length);
    const Bytes bytes = Bytes(trace_).first(length);
    const std::string outcome = replay(bytes);
    EXPECT_TRUE(outcome == "cut" || outcome == "error" || outcome == "whole") << outcome;
    cut += outcome == "cut";
    EXPECT_GE(printed_.size(), printed) << "a longer trace replays to less";
    printed = printed_.size();
    look_at(bytes);
  }
  EXPECT_GT(cut, kCuts / 4);
  EXPECT_GT(printed, 0u);
}

TEST_F(DamagedTrace, RecordsChangedBehindChecksumsEnd) {
  const std::vector<Stored> sound = records();
  ASSERT_GT(sound.size(), 20u);
  std::mt19937_64 random(kSeed);
  size_t noticed = 0;
  for (size_t i = 0; i < kCorruptions; ++i) {
    SCOPED_TRACE(i);
    std::vector<Stored> records = sound;
    Stored& record = records[random() % records.size()];
    switch (random() % 4) {
      case 0:
        records.erase(records.begin() + static_cast<ptrdiff_t>(random() % records.size()));
        break;
      case 1:
        std::swap(record, records[random() % records.size()]);
        break;
      case 2:
        record.payload.resize(random() % (record.payload.size() + 8));
        break;
      default:
        if (!record.payload.empty())
          record.payload[random() % record.payload.size()] = static_cast<uint8_t>(random());
        break;
    }
    const std::vector<uint8_t> bytes = build(records);
    const std::string outcome = replay(bytes);
    EXPECT_NE(outcome, "broken test");
    noticed += outcome != "whole";
    look_at(bytes);
  }
  EXPECT_GT(noticed, kCorruptions / 4);
}

TEST_F(DamagedTrace, ChangedAnywhereEnds) {
  std::mt19937_64 random(kSeed);
  for (size_t i = 0; i < kCorruptions; ++i) {
    SCOPED_TRACE(i);
    std::vector<uint8_t> bytes = trace_;
    for (size_t n = 1 + random() % 4; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    EXPECT_NE(replay(bytes), "broken test");
    look_at(bytes);
  }
}

}  // namespace
}  // namespace reprise
