// The loop that drives a replay: one place, flat, so that it can stop anywhere. It takes what
// enters the guest from the trace, entry by entry, and runs the guest until it returns, traps, or
// waits for a result that the trace has later; or until it is held, for a debugger to look around.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "embed/program.hpp"
#include "replay/player.hpp"

namespace reprise::embed {

/// How a replay ended.
struct ReplayOutcome {
  enum class Kind : uint8_t {
    finished,    // at the recording's end, or at its last event if it was cut
    divergence,  // see `divergence`
    failed,      // see `error`: the trace cannot be read, or the program not linked
  };
  Kind kind = Kind::finished;
  /// The recorded run's own end, as reproduced: none means that it was clean, or is not known
  /// (cut).
  std::optional<Trap> trap;
  /// The command's exit code as recorded, when the run ended without a trap.
  int exit_code = 0;
  /// The trace stops without an end.
  bool cut = false;
  bool state_compared = false;
  uint64_t events = 0;
  std::optional<replay::Divergence> divergence;
  std::optional<Error> error;
};

struct ReplayChecks {
  bool state = false;
};

/// Links the program of an instance after the first, by its number in the recording.
using LinkAnother = std::function<Result<std::unique_ptr<Program>>(uint32_t instance)>;

/// Steps through a replay, and keeps where it is between steps.
class ReplayLoop {
 public:
  /// `program` is linked in a session that replays from `playback`.
  ReplayLoop(replay::Playback& playback, Program& program, const ReplayChecks& checks,
             LinkAnother another = {});
  ~ReplayLoop();

  /// Runs on: true when the replay is over, false when the run is held (replay/doors.hpp) and
  /// another call would go on from there.
  bool run();
  bool is_over() const { return over_; }
  /// How many calls into the guest are going on.
  size_t open_calls() const { return calls_.size(); }
  /// Once it is over.
  ReplayOutcome outcome();

  /// Of the events so far, one before which every instance was ready to be called; none if there is
  /// no such one.
  std::optional<uint64_t> ready_event() const { return ready_event_; }
  /// The first program and the others, in the order in which they were made.
  std::vector<Program*> programs();

  /// Which calls are going on, and their stacks. Fails with `unsupported` where one instantiates,
  /// or has ended.
  Result<void> freeze(ByteWriter& out) const;
  /// Gives up what is going on. The player may be moved then.
  void give_up();
  /// The calls go on, as they waited or were held. After give_up(), in `session`.
  Result<void> thaw(Session& session, ByteReader& in);

 private:
  /// A call into the guest that has not ended.
  struct OpenCall {
    uint64_t number;           // in the trace
    uint32_t instance;         // whose
    const Exported* function;  // null: instantiation
    std::vector<uint8_t> arguments;
    Task<EncodedOutcome> task;
  };
  bool is_held();
  void enter_next();
  void begin(const replay::Entry& entry);
  Program* instance(const replay::Entry& entry);
  Result<void> thaw_call(Session& session, ByteReader& in);
  bool drop_cancelled();
  bool settle_finished();
  void settle(OpenCall& call);
  void fail_with(std::string message);

  replay::Playback& playback_;
  replay::Player& player_;
  Program& program_;
  LinkAnother another_;
  /// Instances that the recording made after the first.
  std::vector<std::unique_ptr<Program>> others_;
  std::vector<OpenCall> calls_;
  uint64_t begun_ = 0;
  std::optional<uint64_t> ready_event_;
  ReplayOutcome outcome_;
  bool over_ = false;
};

/// Runs to the end.
ReplayOutcome run_replay(replay::Playback& playback, Program& program, const ReplayChecks& checks,
                         LinkAnother another = {});

}  // namespace reprise::embed
