// The player: the recording's side of a replay. It walks the trace's events and answers the doors
// of a run that is being made again; whatever the run does otherwise than recorded becomes a
// Divergence.
//
// Events are consumed in order, each by exactly one of two: what enters the guest (calls of
// exports, results that arrive late) is taken by the one loop that drives a replay, with
// next_entry(); what the guest does (calls of imports, failed growth, returning) is taken by the
// doors, while the guest runs.
//
//   auto player = Player::open(std::move(reader), {});
//   for (;;) {
//     Entry entry = player->next_entry();      // call an export, resume a call, or the end
//     ...run the guest; its doors ask player->call(function, arguments)...
//   }
//
// When a door finds that the runs differ, or that the trace ends, it gets an Answer of that kind
// and must unwind the guest with a trap; the first divergence is kept and is what the replay
// reports.
//
// Views in an Answer or Entry live until the player is asked again.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/divergence.hpp"
#include "replay/omission.hpp"
#include "runtime/wait.hpp"
#include "trace/calls.hpp"
#include "trace/reader.hpp"
#include "wit/type.hpp"

namespace reprise::replay {

struct RecordedFunction {
  trace::Direction direction{};
  std::string interface;
  std::string name;
  std::string signature;
  wit::FuncType type;

  /// "wasi:io/streams@0.2.12#[method]input-stream.read"
  std::string full_name() const;
};

/// What the trace says of the session before its first event.
struct SessionInfo {
  std::string engine;
  uint32_t semantics = 0;
  bool replayable = true;
  std::vector<std::string> omitted;
  std::map<std::string, uint64_t> limits;
};

struct Answer {
  enum class Kind : uint8_t {
    values,      // the call returns these
    trap,        // the host trapped or exited
    later,       // the result comes later: suspend, and wait to be resumed
    ended,       // the trace holds no more: unwind
    unanswered,  // the trace ends with this call, before its result: unwind
    divergence,  // unwind
  };
  Kind kind = Kind::divergence;
  Bytes values;
  Trap trap;
  uint64_t call = 0;  // the recorded call's number
};

/// What the driving loop does next.
struct Entry {
  enum class Kind : uint8_t {
    guest_call,  // call export `function` with `values`
    resume,      // the call numbered `call` has its result now: `answer`
    answered,    // the request numbered `call` is answered: `verdict`
    changed,     // the embedder wrote to a memory, table or global, grew one, or notified: `record`
    interrupted,  // whoever waits for a result was interrupted
    end,          // the recording ends here: outcome in `end`
    cut,          // the trace stops without an end
    divergence,   // an event that belongs to no entry: see divergence()
  };
  Kind kind = Kind::cut;
  const RecordedFunction* function = nullptr;
  uint32_t instance = 0;
  uint64_t call = 0;
  Bytes values;
  Answer answer;
  trace::Verdict verdict{};
  std::optional<trace::Record> record{};
  trace::Outcome outcome{};
  uint32_t code = 0;
  std::string message;
};

class Player {
 public:
  /// Reads the definitions that stand before the first event.
  static Result<std::unique_ptr<Player>> open(std::unique_ptr<trace::Reader> reader);

  const SessionInfo& session() const { return session_; }
  /// Of which program an instance is, by the numbers that the recording gives both.
  uint32_t program_of(uint32_t instance) const {
    const auto found = programs_.find(instance);
    return found == programs_.end() ? 0 : found->second;
  }

  /// Gives the replay what the recording left out. Before the first call; fails with `usage` for
  /// what it did not leave out.
  Result<void> supply(Supplied supplied);
  /// Told of what the host wrote to a standard stream without the guest.
  void on_output(std::function<void(Stream, Bytes)> told) { on_output_ = std::move(told); }

  /// The recorded function that an import of this name is, whatever version of its interface within
  /// the same compatibility track it asks for; null when the recording never defined one.
  const RecordedFunction* find(trace::Direction direction, std::string_view interface,
                               std::string_view name);

  /// Calls `visit` with every function that was defined before the first event.
  template <class Visit>
  void each_function(Visit visit) {
    peek();
    for (const auto& f : functions_)
      if (f) visit(*f);
  }

  // ---- The doors ----

  /// The guest calls the import that is called `name` here and has type `type`.
  Answer call(const RecordedFunction* function, std::string_view name, const wit::FuncType& type,
              Bytes arguments);
  /// True when the recording says that this growth failed; consumes that event.
  bool growth_fails(trace::Growable what, uint32_t instance, uint32_t index, uint64_t old_size,
                    uint64_t delta);
  /// The number of the recorded request, when the recording says that this one was not answered at
  /// once; consumes that event.
  std::optional<uint64_t> asks(trace::Growable what, uint32_t index, uint64_t old_size,
                               uint64_t delta);
  /// The same for a guest's atomic wait.
  std::optional<uint64_t> waits(const runtime::AtomicWait& wait);
  /// The same for a guest that yields, after all have burnt or ticked so much.
  std::optional<uint64_t> yields(trace::Growable measure, uint64_t at);
  /// Passes over the note that the request was cancelled, if that comes next.
  void skip_cancelled(uint64_t request);
  /// When what comes next is that a call into the guest was cancelled: its `call` field.
  std::optional<uint64_t> cancels_next();

  // ---- The loop ----

  Entry next_entry();
  /// The guest call that is innermost returned.
  Result<void> returned(const wit::FuncType& type, Bytes values);
  /// It trapped or exited.
  Result<void> trapped(const Trap& trap);
  /// A digest of the run's state, when the recording holds one here. True if there was one to
  /// compare.
  Result<bool> check_state(const std::function<uint64_t(std::string_view scope)>& digest);

  /// Where it stands, as bytes, and back: forward or to before, and a divergence is forgotten. What
  /// the host wrote in between without the guest is not told.
  void freeze(ByteWriter& out);
  Result<void> thaw(ByteReader& in);
  /// What it has read so far of the trace's definitions, and where its chunks are: with it, another
  /// player of the same trace goes to an event without reading what comes before.
  std::vector<uint8_t> knowledge() const;
  Result<void> learn(Bytes knowledge);

  /// Passes over state digests without comparing them.
  void skip_state();

  /// The first way in which the runs were found to differ.
  const std::optional<Divergence>& divergence() const { return divergence_; }
  std::optional<Divergence>& divergence() { return divergence_; }
  /// An error of the trace itself, if reading it failed.
  const std::optional<Error>& error() const { return error_; }
  /// The number of the event that comes next.
  uint64_t event();
  uint64_t events_consumed() const { return consumed_; }
  trace::ReadSummary summary() const { return reader_->summary(); }

 private:
  explicit Player(std::unique_ptr<trace::Reader> reader) : reader_(std::move(reader)) {}

  /// The next event, after taking in definitions and marks; null at the end of what there is.
  const trace::Record* peek();
  void consume();
  void name_call();
  Result<void> define(const trace::Record& record);
  Result<void> define(const trace::Function& definition);
  Answer diverge(DivergenceKind kind, std::string what, std::string recorded, std::string actual);
  Answer answer_from(const trace::Record& record, uint64_t call);
  /// Puts back what was left out, in an answer and in what was passed to an output.
  void restore(Answer& answer);
  void pass(const trace::Record& record);
  const Source& source_of(const RecordedFunction& f);
  Result<void> seek(uint64_t event);
  /// One line for the event at hand, for reports.
  std::string describe(const trace::Record& record) const;
  std::string describe_call(const trace::Record& record) const;
  Result<void> ending_differs(std::string_view verb, std::string actual);
  const RecordedFunction* function(uint32_t id) const;

  std::unique_ptr<trace::Reader> reader_;
  SessionInfo session_;
  wit::TypeTable types_;
  std::vector<std::unique_ptr<RecordedFunction>> functions_;
  std::map<uint32_t, uint32_t> programs_;  // by instance
  std::optional<trace::Record> current_;
  std::function<void(Stream, Bytes)> on_output_;
  std::unique_ptr<Restorer> restorer_;
  std::map<const RecordedFunction*, Source> sources_;
  std::vector<uint8_t> restored_;  // the values of the last answer or entry
  uint64_t last_event_ = 0;
  /// Chunks of the trace that were met, and an event from which on each can be read.
  struct Chunk {
    uint64_t event;
    uint64_t offset;
    uint64_t requests;  // before that event
  };
  std::vector<Chunk> chunks_;
  uint64_t consumed_ = 0;
  uint64_t requests_ = 0;  // before the event that comes next
  /// Calls to the host that have no result yet, as far as events were consumed.
  trace::OpenCalls open_calls_;
  std::optional<Divergence> divergence_;
  std::string poisoned_;  // the recording's reason, if it has said so by now
  std::optional<Error> error_;
};

}  // namespace reprise::replay
