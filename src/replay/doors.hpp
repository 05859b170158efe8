// The doors of runs that are recorded and of runs that are replayed. Like direct_door
// (runtime/door.hpp) they are native steps; which one stands behind an import is decided when the
// import is linked.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replay/hold.hpp"
#include "replay/live_recording.hpp"
#include "replay/mirror.hpp"
#include "replay/player.hpp"
#include "replay/recorder.hpp"
#include "runtime/door.hpp"

namespace reprise::replay {

/// Puts the recording door behind an import: gives the step, and sets `import.door`.
runtime::NativeStepFunction open_recording_door(runtime::HostImport& import, Recorder& recorder);

/// The same, and the run can be held there.
runtime::NativeStepFunction open_live_door(runtime::HostImport& import, LiveRecording& live);

/// The recording's next event is that a call into the guest was cancelled. Which one is the loop's
/// to say, so whoever would run on waits here until it has; or is dropped.
class Pause final : public Pending {
 public:
  Pause(std::vector<Pause*>& all, uint64_t round) : all_(all), round_(round) {
    all_.push_back(this);
  }
  ~Pause() override { std::erase(all_, this); }
  uint64_t round() const { return round_; }
  void end() {
    is_over_ = true;
    if (waiter_) std::exchange(waiter_, {}).resume();
  }

  bool done() const override { return is_over_; }
  void on_done(std::coroutine_handle<> waiter) override { waiter_ = waiter; }
  SuspensionPoint point() const override { return SuspensionPoint::host_function; }

 private:
  std::vector<Pause*>& all_;
  uint64_t round_;
  bool is_over_ = false;
  std::coroutine_handle<> waiter_;
};

/// A replay in progress, as its doors share it.
struct Playback {
  Player& player;
  Mirror& mirror;
  /// What calls that have no result yet wait for, by the recorded call's number.
  struct Waiting {
    HostContext* context;
    std::coroutine_handle<> waiter;
    Answer answer;
    std::vector<uint8_t> values;
    bool arrived = false;
  };
  std::map<uint64_t, Waiting> waiting;
  Hold hold;
  /// Traps the call that waits: set by the session that replays.
  std::function<void()> interrupt_parked;
  /// What requests that have no answer yet wait for, by the recorded request's number.
  struct Request {
    std::coroutine_handle<> waiter;
    std::optional<trace::Verdict> verdict;
  };
  std::map<uint64_t, Request> requests;
  /// Those of them that are yields, by who yields.
  std::map<const runtime::Activation*, uint64_t> turns;
  std::vector<Pause*> pauses;
  uint64_t round = 0;
  /// Whoever waited so far goes on; who pauses again waits for the next time.
  void end_pauses();
  /// Set when the trace ended before the run did.
  bool ended = false;
  /// Gives the digest of the run's state, when states are to be compared.
  std::function<uint64_t()> state;
  bool state_compared = false;

  Playback(Player& p, Mirror& m) : player(p), mirror(m) {}
  /// Compares the state where the recording has a digest of it, or passes over the digest if that
  /// is not asked for. False: it differs.
  bool settle_state();
  /// The result of a call that had to wait is there: resumes whoever waits.
  bool arrive(uint64_t call, const Answer& answer);
  /// The same for a request.
  bool decide(uint64_t request, trace::Verdict verdict);
};

/// Puts the replaying door behind an import. The import's function may lack `start`: it is never
/// called.
runtime::NativeStepFunction open_replaying_door(runtime::HostImport& import, Playback& playback);

}  // namespace reprise::replay
