// The recorder: what the doors say while a run is recorded. It turns calls, results and endings
// into trace records; what values are, and when a door is passed, is the doors' business.
//
// A host call goes through in two halves. enter() is committed before the host runs, so that a
// trace never lacks a call whose effect the world has seen; result() is committed before the guest
// sees the answer. Calls that finish in another order than they began (several suspended at once)
// are named by their number, the others need no name.
//
//   const uint32_t now = recorder.define(Direction::imported, "wasi:clocks/monotonic-clock", "now",
//   t); const uint64_t call = recorder.enter(now, arguments); recorder.result(call, values);
//
// Nothing here fails: when the recording has ended early (a full disk), the run goes on and
// status() says why. Thread rules: those of the store it records.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"
#include "replay/omission.hpp"
#include "reprise/limiter.hpp"
#include "reprise/trap.hpp"
#include "runtime/wait.hpp"
#include "trace/writer.hpp"
#include "wit/type.hpp"

namespace reprise::replay {

/// How behaviour of this engine that a guest can see is numbered; a replay imitates the number that
/// its trace names. Raised when such behaviour changes.
inline constexpr uint32_t kSemantics = 1;

/// Arguments longer than this are recorded as their digest under Arguments::short_values.
inline constexpr size_t kShortArguments = 256;

enum class Arguments : uint8_t {
  values,        // every argument in full
  digests,       // every argument list as length and digest
  short_values,  // in full up to kShortArguments bytes, else as digest
};

struct RecorderOptions {
  Arguments arguments = Arguments::short_values;
  /// What is left out.
  Omissions omit;
  /// The limits in force, by name.
  std::vector<std::pair<std::string, uint64_t>> limits;
  trace::WriterOptions writer;
};

trace::Growable growable(ResourceRequest::What what);

/// Where a guest stands that yields, as a replay can find it: what all guests of the store together
/// have burnt or ticked by then.
struct YieldPlace {
  trace::Growable measure{};  // yield_at_fuel or yield_at_tick
  uint64_t at = 0;
};

class Recorder {
 public:
  static Result<std::unique_ptr<Recorder>> create(std::unique_ptr<trace::Sink> sink,
                                                  const RecorderOptions& options);

  // ---- Definitions ----

  /// A program of which something is recorded. `bytes` must stay readable until the recording is
  /// closed; `keep_alive` sees to that. Gives its number.
  uint32_t component(trace::BinaryForm form, trace::Storage storage, std::string_view name,
                     std::string_view location, std::shared_ptr<const void> keep_alive,
                     Bytes bytes);
  /// Says of which program an instance is, before it is first called.
  void instance(uint32_t instance, uint32_t component, std::string_view name);
  /// Names a function; later records refer to it by the number this gives, the same one for the
  /// same name and type. A replay looks functions up before the first call, so what may be called
  /// is best named before it.
  uint32_t define(trace::Direction direction, std::string_view interface, std::string_view name,
                  const wit::FuncType& type);

  // ---- Calls to the host ----

  /// The entry half. Gives the call's number.
  uint64_t enter(uint32_t function, Bytes arguments) {
    const uint64_t call = arguments.size() < plain_below_ ? writer_->call(function, arguments)
                                                          : enter_slowly(function, arguments);
    open_calls_.push_back(call);
    return call;
  }
  void result(uint64_t call, Bytes values) {
    if (is_watchful_ || open_calls_.empty() || open_calls_.back() != call) [[unlikely]]
      return result_slowly(call, values);
    open_calls_.pop_back();
    writer_->result(values);
  }
  /// The host ended the call with a trap; an exit is a trap of kind exit.
  void result_trap(uint64_t call, const Trap& trap);
  void cancelled(uint64_t call, std::string_view reason);

  // ---- Calls into the guest ----

  uint64_t guest_call(uint32_t function, uint32_t instance, Bytes arguments);
  void guest_return(uint64_t call, Bytes values);
  void guest_trap(uint64_t call, const Trap& trap);
  /// The host could not make the call, or not to its end: no stack was left, a limit was reached.
  /// Errors are the host's and no trap of the guest's; to a replay it is a call that was cancelled.
  void guest_given_up(uint64_t call, const Error& error);

  // ---- What else enters the store ----

  void growth_failed(trace::Growable what, uint32_t instance, uint32_t index, uint64_t old_size,
                     uint64_t delta);
  /// A request that is not answered at once. Gives its number.
  uint64_t asked(const ResourceRequest& request);
  /// A guest's atomic wait that is not over at once: a request, too.
  uint64_t waits(const runtime::AtomicWait& wait);
  void answered(uint64_t request, trace::Verdict verdict);
  /// A guest yields in the call of this number: a request only if anything else is recorded before
  /// it goes on; then the trace says where it stood. Without a place it poisons the recording.
  /// Gives a number for end_yield().
  uint64_t begin_yield(const std::optional<YieldPlace>& place, uint64_t call);
  void end_yield(uint64_t yield);
  /// The call was cancelled there.
  void cancel_yield(uint64_t yield);
  void refused(const ResourceRequest& request);
  // What the embedder does; memories, tables and globals by their numbers in the store.
  void memory_write(uint32_t memory, uint64_t offset, Bytes bytes);
  void table_write(uint32_t table, uint64_t offset, uint64_t reference);
  void global_write(uint32_t global, Bytes value);
  void grown(const ResourceRequest& request, uint64_t reference);
  void notified(uint32_t memory, uint64_t address, uint32_t count);
  void interrupted(std::string_view reason, std::string_view where, uint64_t ticks);
  /// A guest that waited was: the event says where.
  void interrupted_waiting(std::string_view reason);
  void state_digest(std::string_view scope, uint64_t digest);
  /// From now on `digest` of the state is recorded before the host call that comes next after each
  /// `events` events.
  void digest_every(uint64_t events, std::function<uint64_t()> digest);
  void note(std::string_view topic, std::string_view text);
  /// The host wrote this to a standard stream without the guest.
  void output(Stream stream, Bytes bytes);
  void poison(std::string_view reason) { writer_->poison(reason); }

  // ---- The end ----

  Result<void> close_clean() { return close({}); }
  Result<void> close_exit(int32_t code);
  Result<void> close_trap(const Trap& trap);

  bool is_short_of_space() { return writer_->is_short(); }
  /// Grows with each event.
  uint64_t position() const { return writer_->position(); }

  trace::WriterStatus status() const { return writer_->status(); }
  trace::Writer& writer() { return *writer_; }
  /// For encoding arguments and results; one user at a time.
  ByteWriter& scratch() {
    scratch_.clear();
    return scratch_;
  }

 private:
  explicit Recorder(const RecorderOptions& options);
  Result<void> close(const trace::End& end) { return writing().close(end); }
  /// For what is an event: it comes behind a yield that it makes one.
  trace::Writer& writing() {
    if (yielding_) [[unlikely]]
      record_yield();
    return *writer_;
  }
  void record_yield();
  /// What is to be done at each call has changed.
  void note_duties();
  uint64_t enter_slowly(uint32_t function, Bytes arguments);
  uint64_t enter_digest(uint32_t function, Bytes arguments);
  void digest_if_due();
  uint64_t enter_omitting(uint32_t function, Bytes arguments);
  void result_slowly(uint64_t call, Bytes values);
  std::string shown(std::string_view text) const {
    return omitter_ ? omitter_->told(text) : std::string(text);
  }
  /// 0 when `call` is the innermost open one, else its number plus one; it is open no more.
  static uint64_t settle(std::vector<uint64_t>& open, uint64_t call);

  /// Arguments shorter than this are recorded in full, longer ones as their digest.
  size_t full_below_;
  /// The same, but 0 while something else is to be done at each call.
  size_t plain_below_;
  /// Something else is to be done at each result.
  bool is_watchful_ = false;
  std::unique_ptr<trace::Writer> writer_;
  /// By direction, interface, name, and the types of parameters and result.
  std::map<std::tuple<trace::Direction, std::string, std::string, std::vector<std::string>>,
           uint32_t>
      functions_;
  uint32_t components_ = 0;
  uint64_t digest_every_ = 0;  // calls; 0: never
  uint64_t since_digest_ = 0;
  std::function<uint64_t()> digest_;
  std::optional<Omitter> omitter_;
  /// By function, when something is left out.
  std::deque<Source> sources_;
  std::map<uint64_t, const Source*> guest_calls_;
  std::vector<uint64_t> open_calls_;
  std::vector<uint64_t> open_guest_calls_;
  uint64_t requests_ = 0;
  struct Yielding {
    uint64_t number;
    std::optional<YieldPlace> place;
    uint64_t call;
  };
  /// The guest that yielded last, if nothing was recorded since.
  std::optional<Yielding> yielding_;
  /// The requests of yields that are recorded.
  std::map<uint64_t, uint64_t> recorded_yields_;
  uint64_t yields_ = 0;
  ByteWriter scratch_;
};

}  // namespace reprise::replay
