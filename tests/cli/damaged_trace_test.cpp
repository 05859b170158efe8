// Damaged traces: whatever is cut off a trace or changed in it, a replay, a listing and a check of
// it end, and end with an outcome that can be reported; and a replay that claims to be whole prints
// what was printed. A small WASI 0.1 guest and a small component are recorded once by the command;
// their traces are then damaged in memory, again and again: their bytes, which checksums guard;
// their bytes with the checksums put right; and their records before they are put into chunks.
//
// REPRISE_LONG=1 in the environment tries every length, and ten thousand changes of each kind.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "base/crc32c.hpp"
#include "code/interpreter.hpp"
#include "embed/component_program.hpp"
#include "embed/module_program.hpp"
#include "embed/replay_run.hpp"
#include "replay/listing.hpp"
#include "text/wat.hpp"
#include "trace/builder.hpp"
#include "trace/chunk.hpp"
#include "trace/source.hpp"
#include "trace/verify.hpp"
#include "wasi/p1/imports.hpp"
#include "wasm/reader.hpp"

namespace reprise {
namespace {

constexpr uint64_t kSeed = 20'260'731;
constexpr size_t kCuts = 150;
constexpr size_t kLargestTrace = 64 << 10;

bool is_long() {
  return std::getenv("REPRISE_LONG") != nullptr;
}

size_t corruptions() {
  return is_long() ? 10'000 : 150;
}

size_t cut_step(size_t size) {
  return is_long() ? 1 : size / kCuts + 1;
}

std::vector<uint8_t> read_whole(const std::string& path) {
  auto source = trace::FileSource::open(path);
  if (!source) return {};
  std::vector<uint8_t> bytes((*source)->size().value_or(0));
  if (!(*source)->read(0, bytes)) return {};
  return bytes;
}

struct Subject {
  const char* program;
  std::string_view printed;
};

class DamagedTrace : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    const std::string path = testing::TempDir() + "damaged-trace-" + std::to_string(getpid());
    const std::string guest = REPRISE_PROGRAMS + std::string("/") + GetParam().program;
    const std::string command = REPRISE_TOOL " run --args full --check state --record '" + path +
                                "' '" + guest + "' > /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    trace_ = read_whole(path);
    std::remove(path.c_str());
    ASSERT_GT(trace_.size(), 1000u);
    ASSERT_LE(trace_.size(), kLargestTrace);
    const std::vector<uint8_t> text = read_whole(guest);
    auto binary = text::encode(as_text(text), guest);
    ASSERT_TRUE(binary) << binary.error().to_string();
    binary_ = std::make_shared<const std::vector<uint8_t>>(std::move(*binary));
    load();
  }

  /// The program, once for all replays.
  void load() {
    const wasm::ModuleBytes source{.bytes = *binary_, .owner = binary_, .base = 0};
    if (component::binary_kind(*binary_) == component::BinaryKind::component) {
      auto component = component::read_component(source, engine_->types());
      ASSERT_TRUE(component) << component.error().to_string();
      component_ = std::make_shared<component::LoadedComponent>(*engine_, std::move(*component));
    } else {
      auto module = wasm::read_module(source, engine_->types());
      ASSERT_TRUE(module) << module.error().to_string();
      module_ = engine_->load(std::move(*module));
    }
  }

  Result<std::unique_ptr<embed::Program>> link(embed::Session& session, embed::HostLibrary& library,
                                               replay::Player& player) {
    if (component_) {
      REPRISE_TRY(library.add_recorded(component_->component(), player));
      return embed::ComponentProgram::link(session, component_, library);
    }
    return embed::ModuleProgram::link(
        session, module_,
        [&](std::string_view from, std::string_view name, const wasm::FuncType& type) {
          return (*imports_)->find(from, name, type);
        });
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
    embed::HostLibrary library;
    auto session = embed::Session::create(engine_, {}, nullptr);
    if (!session || !imports_ || !(*session)->replay(playback)) return "broken test";
    auto program = link(**session, library, **player);
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
    if (outcome.cut) return "cut";
    if (outcome.trap && (outcome.trap->kind != TrapKind::exit || outcome.trap->exit_code != 0))
      return "trap";
    return outcome.state_compared ? "whole" : "whole, state unknown";
  }

  /// Replays, lists and verifies; gives the replay's outcome.
  std::string try_all(Bytes bytes) {
    std::string outcome = replay(bytes);
    EXPECT_NE(outcome, "broken test");
    if (outcome == "whole") {
      EXPECT_EQ(printed_, GetParam().printed);
    }
    look_at(bytes);
    return outcome;
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

  struct Place {
    size_t at;
    trace::ChunkHeader header;
  };

  /// Where the chunks of the sound trace stand.
  std::vector<Place> chunks() const {
    std::vector<Place> all;
    for (size_t at = 0; at < trace_.size();) {
      const auto header = trace::decode_header(Bytes(trace_).subspan(at));
      if (!header || !*header) break;
      all.push_back({at, **header});
      at += (*header)->header_length + (*header)->stored_length;
    }
    return all;
  }

  /// Makes the checksums of a changed chunk those of its bytes.
  static void repair(std::vector<uint8_t>& bytes, const Place& chunk) {
    uint8_t* const header = bytes.data() + chunk.at;
    const size_t length = chunk.header.header_length;
    const auto put = [&](size_t at, uint32_t crc) { std::memcpy(header + at, &crc, sizeof crc); };
    put(length - 8, crc32c({header + length, chunk.header.stored_length}));
    put(length - 4, crc32c({header, length - 4}));
  }

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

  const std::shared_ptr<const runtime::Engine> engine_ = code::make_engine({});
  const Result<std::unique_ptr<wasi::p1::Imports>> imports_ =
      wasi::p1::Imports::create_for_replay();
  std::shared_ptr<runtime::ModuleCode> module_;
  std::shared_ptr<const component::LoadedComponent> component_;
  std::vector<uint8_t> trace_;
  std::shared_ptr<const std::vector<uint8_t>> binary_;
  std::string printed_;
};

TEST_P(DamagedTrace, WholeOneReplays) {
  EXPECT_EQ(replay(trace_), "whole");
  EXPECT_EQ(printed_, GetParam().printed);
  EXPECT_GT(list(trace_, replay::ListingFormat::wave), 5u);
}

TEST_P(DamagedTrace, CutAnywhereEnds) {
  const size_t step = cut_step(trace_.size());
  for (size_t length = 0; length < trace_.size(); length += step) {
    SCOPED_TRACE(length);
    const Bytes bytes = Bytes(trace_).first(length);
    const std::string outcome = try_all(bytes);
    // A cut takes events away but changes none: nothing can differ from what is left.
    EXPECT_TRUE(outcome == "cut" || outcome == "error" || outcome == "whole") << outcome;
    EXPECT_TRUE(GetParam().printed.starts_with(printed_)) << printed_;
  }
}

TEST_P(DamagedTrace, CutAfterAnyRecordReplaysWhatIsLeft) {
  trace_ = build(records());
  ASSERT_EQ(replay(trace_), "whole");
  const size_t step = cut_step(trace_.size());
  size_t cut = 0;
  size_t printed = 0;
  for (size_t length = 0; length < trace_.size(); length += step) {
    SCOPED_TRACE(length);
    const Bytes bytes = Bytes(trace_).first(length);
    const std::string outcome = try_all(bytes);
    EXPECT_TRUE(outcome == "cut" || outcome == "error" || outcome == "whole") << outcome;
    cut += outcome == "cut";
    EXPECT_GE(printed_.size(), printed) << "a longer trace replays to less";
    printed = printed_.size();
  }
  EXPECT_GT(cut, kCuts / 4);
  EXPECT_GT(printed, 0u);
}

TEST_P(DamagedTrace, RecordsChangedBehindChecksumsEnd) {
  const std::vector<Stored> sound = records();
  ASSERT_GT(sound.size(), 20u);
  std::mt19937_64 random(kSeed);
  size_t noticed = 0;
  for (size_t i = 0; i < corruptions(); ++i) {
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
    noticed += try_all(bytes) != "whole";
  }
  EXPECT_GT(noticed, corruptions() / 4);
}

TEST_P(DamagedTrace, ChangedAnywhereEnds) {
  std::mt19937_64 random(kSeed);
  for (size_t i = 0; i < corruptions(); ++i) {
    SCOPED_TRACE(i);
    std::vector<uint8_t> bytes = trace_;
    for (size_t n = 1 + random() % 4; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    try_all(bytes);
  }
}

// In four of five chunks the payload, in one the header; up to four bytes, up to two chunks.
TEST_P(DamagedTrace, ChangedAnywhereAndChecksumsRepairedEnds) {
  const std::vector<Place> places = chunks();
  ASSERT_GT(places.size(), 2u);
  std::mt19937_64 random(kSeed);
  size_t noticed = 0;
  for (size_t i = 0; i < corruptions(); ++i) {
    SCOPED_TRACE(i);
    std::vector<uint8_t> bytes = trace_;
    for (size_t chunks = 1 + random() % 2; chunks > 0; --chunks) {
      const Place& chunk = places[random() % places.size()];
      const size_t header = chunk.header.header_length;
      const bool in_header = random() % 5 == 0 || chunk.header.stored_length == 0;
      // Not the magic and the header's length: behind those the checksum would be elsewhere.
      const size_t from = in_header ? 10 : header;
      const size_t size = in_header ? header - 8 - from : chunk.header.stored_length;
      for (size_t n = 1 + random() % 4; n > 0; --n)
        bytes[chunk.at + from + random() % size] = static_cast<uint8_t>(random());
      repair(bytes, chunk);
    }
    noticed += try_all(bytes) != "whole";
  }
  // Most of a small trace is the program, which is given here.
  EXPECT_GT(noticed, corruptions() / 8);
}

INSTANTIATE_TEST_SUITE_P(Of, DamagedTrace,
                         testing::Values(Subject{"recorded.wat", "first line\nother line\n"},
                                         Subject{"greet.wat", "hello from a component\n"}),
                         [](const auto& about) {
                           return std::string(about.index == 0 ? "module" : "component");
                         });

}  // namespace
}  // namespace reprise
