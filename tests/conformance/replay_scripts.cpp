// replay_scripts ROOT SUITE: every script of a folder, recorded and replayed. The recording holds
// what entered the script's stores (calls of exports, start functions, instantiations) and what the
// host was called for; the replay runs the script again, takes every call and every answer of the
// host from the trace, and must end each call in the same way, with the same results, and, wherever
// the recording digested memories, globals and tables, in the same state.
//
// What a command expects is no matter here: those that fail must fail again. Without the folder the
// suite is skipped (exit 77), and says so.

#include "code/interpreter.hpp"
#include "embed/program.hpp"
#include "replay/doors.hpp"
#include "scripts.hpp"
#include "text/script.hpp"

namespace {

namespace fs = std::filesystem;
using reprise::Bytes;
using reprise::Error;
using reprise::ErrorKind;
using reprise::fail;
using reprise::Result;
using reprise::Trap;
using reprise::TrapKind;
using reprise::conformance::describe;
using reprise::conformance::kCallsPerDigest;
using reprise::wast::EncodedResults;
using reprise::wast::Entry;
using reprise::wast::MakeCall;
namespace replay = reprise::replay;
namespace trace = reprise::trace;

class RecordingGate final : public reprise::wast::Gate {
 public:
  explicit RecordingGate(replay::Recorder& recorder) : recorder_(recorder) {}

  EncodedResults enter(const Entry& entry, Bytes arguments, const MakeCall& make) override {
    const uint32_t function =
        recorder_.define(trace::Direction::exported, entry.name, entry.name, entry.type);
    const uint64_t call = recorder_.guest_call(function, 0, arguments);
    EncodedResults results = make(arguments);
    if (results) {
      recorder_.guest_return(call, *results);
    } else {
      recorder_.guest_trap(call, results.error());
    }
    if (++calls % kCallsPerDigest == 1)
      recorder_.state_digest("store", reprise::embed::digest_state(entry.store));
    return results;
  }
  reprise::runtime::NativeStepFunction open_door(reprise::runtime::HostImport& import) override {
    return replay::open_recording_door(import, recorder_);
  }

  uint32_t calls = 0;

 private:
  replay::Recorder& recorder_;
};

class ReplayingGate final : public reprise::wast::Gate {
 public:
  explicit ReplayingGate(replay::Playback& playback)
      : playback_(playback), player_(playback.player) {}

  EncodedResults enter(const Entry& entry, Bytes arguments, const MakeCall& make) override {
    calls++;
    const replay::Entry recorded = player_.next_entry();
    if (recorded.kind != replay::Entry::Kind::guest_call) return stop("no call is recorded here");
    if (recorded.function->name != entry.name)
      return stop("recorded is a call of " + recorded.function->name + ", not of " + entry.name);
    if (!std::ranges::equal(recorded.values, arguments)) return stop("other arguments");
    const std::vector<uint8_t> taken(recorded.values.begin(), recorded.values.end());
    EncodedResults results = make(taken);
    const auto same =
        results ? player_.returned(entry.type, *results) : player_.trapped(results.error());
    if (!same) return stop(same.error().to_string());
    const auto compared = player_.check_state(
        [&](std::string_view) { return reprise::embed::digest_state(entry.store); });
    if (!compared) return stop(compared.error().to_string());
    digests += *compared;
    return results;
  }
  reprise::runtime::NativeStepFunction open_door(reprise::runtime::HostImport& import) override {
    return replay::open_replaying_door(import, playback_);
  }

  uint32_t calls = 0;
  uint32_t digests = 0;
  std::string difference;

 private:
  EncodedResults stop(std::string what) {
    if (difference.empty()) difference = fmt::format("call {}: {}", calls, what);
    return std::unexpected(Trap::host("the replay differs: " + what));
  }

  replay::Playback& playback_;
  replay::Player& player_;
};

struct Totals {
  uint64_t calls = 0, digests = 0, bytes = 0;
};

Result<void> check_script(const reprise::text::Script& script, Totals& totals) {
  auto sink = std::make_unique<trace::MemorySink>();
  trace::MemorySink& recording = *sink;
  REPRISE_ASSIGN(const auto recorder, replay::Recorder::create(std::move(sink), {}));
  RecordingGate recording_gate(*recorder);
  REPRISE_ASSIGN(const auto recorded,
                 reprise::wast::run_script(script, reprise::code::make_engine(), recording_gate));
  REPRISE_TRY(recorder->close_clean());
  const std::vector<uint8_t> bytes = recording.take();

  REPRISE_ASSIGN(auto reader,
                 trace::Reader::open(std::make_unique<trace::MemorySource>(Bytes(bytes))));
  REPRISE_ASSIGN(const auto player, replay::Player::open(std::move(reader)));
  replay::Mirror mirror([](replay::Stream, Bytes) {});
  replay::Playback playback(*player, mirror);
  ReplayingGate replaying_gate(playback);
  REPRISE_ASSIGN(const auto replayed,
                 reprise::wast::run_script(script, reprise::code::make_engine(), replaying_gate));

  totals.calls += replaying_gate.calls;
  totals.digests += replaying_gate.digests;
  totals.bytes += bytes.size();
  if (player->divergence()) return fail(ErrorKind::usage, player->divergence()->to_string());
  if (!replaying_gate.difference.empty()) return fail(ErrorKind::usage, replaying_gate.difference);
  if (player->next_entry().kind != replay::Entry::Kind::end)
    return fail(ErrorKind::usage, "the recording holds more than the replay made");
  if (describe(recorded) != describe(replayed)) {
    return fail(ErrorKind::usage,
                fmt::format("recorded: {}\nreplayed: {}", describe(recorded), describe(replayed)));
  }
  return reprise::ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: replay_scripts ROOT SUITE\n");
    return 2;
  }
  Totals totals;
  return reprise::conformance::check_each(
      argv[1], argv[2], [&](const auto& script) { return check_script(script, totals); },
      [&] {
        return fmt::format("{} calls and {} states replayed from {} bytes", totals.calls,
                           totals.digests, totals.bytes);
      });
}
