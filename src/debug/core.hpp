// What is behind the Debugger: the run at hand, and how to get it elsewhere.
//
// A run goes forward only. To be at an earlier moment is to begin anew and go less far; to search
// backwards is to search forward through a stretch of time that ends now, keep the last hit, and if
// there is none take a longer stretch that ends where this one began.
//
// A live run is one more Run, which cannot begin anew. While the present is in its past, it is put
// aside where it stands, at the frontier, and the present is in a run of what was recorded so far.
// Going forward, that one stops at the frontier at the latest, and the live run takes its place:
// the two are in the same state there.

#pragma once

#include <atomic>
#include <memory>

#include "debug/debugger.hpp"
#include "debug/event_log.hpp"
#include "debug/inspector.hpp"
#include "debug/modules.hpp"
#include "debug/places.hpp"
#include "debug/run.hpp"
#include "debug/snapshots.hpp"
#include "debug/trace_index.hpp"
#include "debug/watchers.hpp"

namespace reprise::debug {

class Debugger::Core {
 public:
  static Result<std::unique_ptr<Core>> open(DebuggerOptions options);
  static Result<std::unique_ptr<Core>> attach(DebuggerOptions options, const LiveTarget& target);
  ~Core();

  Run& run() { return *run_; }
  Inspector inspector() { return {*run_, modules_}; }
  const ModuleSet& modules() const { return modules_; }
  const EventLog& log() const { return log_; }
  Places& places() { return places_; }
  const SnapshotStore& snapshots() const { return snapshots_; }
  /// Why the index beside the trace is not used; empty if it is, or if there is none.
  const std::string& index_note() const { return index_note_; }
  /// Runs to the end, if that has not been done, and writes what was learnt.
  Result<IndexReport> write_index(const std::string& path);

  Result<Time> end();
  bool at_end() const;
  bool is_live() const { return target_ != nullptr; }
  const Stop& last_stop() const { return stop_; }

  Result<Stop> seek(const Time& time);
  Result<Stop> seek_event(uint64_t event);
  Result<Stop> seek_fraction(double fraction);
  Result<Stop> seek_end();
  Result<Stop> go(Direction direction);
  Result<Stop> step_instruction(Direction direction);
  Result<Stop> step_line(Direction direction);
  Result<Stop> next_line(Direction direction);
  Result<Stop> step_out(Direction direction);
  void interrupt();
  void forget_interrupt();

  Result<Origin> last_write(const WatchPlace& place);
  Result<std::vector<OriginStep>> origin(const OriginPlace& place);

 private:
  class Tracer;  // origin_trace.cpp

  Core(DebuggerOptions options, embed::ReplaySource source, ModuleSet modules);
  void use_index();
  void print(replay::Stream stream, Bytes bytes);
  /// What the index knows was printed up to there, as far as nobody has seen it.
  void print_known(uint64_t until);
  Result<void> restart();
  /// A trace that has no end may still be written: what was known of its end is forgotten when it
  /// has grown since one last looked.
  Result<void> look_for_growth();

  // A live run (core_live.cpp).
  /// The present is in what was recorded of a live run.
  bool in_past() const { return aside_ != nullptr; }
  /// Where the live run stands. Only in_past().
  Time frontier() const { return aside_->now(); }
  /// The live run takes the place of that of its past.
  void join_live();
  /// Finds out how many instructions ago the tick was, where the live run has not counted them.
  Result<void> find_live_step();
  /// The live run is over, its recording closed: what follows is about that.
  Result<void> leave_live();
  /// The event that comes next, other than one that the run is held before.
  uint64_t next_live_event() const;
  Result<Stop> go_forward_live();

  /// To the latest known moment at or before the tick; at it, no instruction has been looked at.
  Result<void> rewind(uint64_t tick);
  Result<void> rewind_before_event(uint64_t event);
  Result<void> go_back_to(const Snapshot* snapshot);
  /// On the way to that tick.
  void take_snapshot(uint64_t tick);
  uint64_t next_stop(uint64_t tick) const;

  // Moving, without saying why one stopped.
  Result<void> go_to(const Time& time);
  Result<void> go_to_event(uint64_t event);
  Result<void> come_back(const Time& time);
  /// To the tick, or to an earlier one where that lies in a leaf call.
  Result<void> approach(uint64_t tick, uint64_t event);
  /// Counts on, until there, an event, the end, or an interruption.
  void count(uint64_t tick, uint64_t event);
  void observe(Watcher& watcher, uint64_t tick, uint64_t event);
  void observe(Watcher& watcher, uint64_t event) { observe(watcher, UINT64_MAX, event); }

  // Searching (core_search.cpp).
  /// Makes the watches anew, on the run at hand.
  using Watches = std::function<std::vector<FindChange::Watched>()>;
  struct Sought {
    Watches watches = {};
    Accepts accepts = {};
    /// Where moments that are accepted are; none: anywhere.
    std::optional<runtime::FunctionSet> functions = {};
  };
  struct Found {
    std::optional<Change> change;
    std::optional<Time> accepted;
    explicit operator bool() const { return change || accepted; }
  };
  FindChange finder(const Sought& sought);
  std::optional<CodeLocation> innermost_code();
  static Found found(const FindChange& search) { return {search.change(), search.accepted()}; }
  /// Runs on in the search gear; false when it did not get to the tick.
  bool scan(Scan& scan, uint64_t tick, uint64_t event);
  Scan scanner(const Sought& sought, bool stops);
  /// The first behind now; the run stands there, or before `event`, or is over.
  Result<Found> find_first(const Sought& sought, uint64_t event);
  /// The last before `end`, and not before `event`; the run stands somewhere.
  Result<Found> find_last(const Time& end, const Sought& sought, uint64_t event = 0);
  Result<Found> find_last_in(const Time& end, const Sought& sought);
  Result<std::optional<Change>> find_last_change(const Time& end, const Watches& watches);
  std::vector<FindChange::Watched> watched();
  Sought sought_by_places();
  runtime::FunctionSet functions_on_stack() const;
  bool begins_line(const Moment& moment);
  Result<void> need_lines() const;

  Result<Found> find_first_live(const Sought& sought, uint64_t event);
  Result<Found> find_first_behind(const Time& start, const Sought& sought, uint64_t tick);

  Result<Stop> forward_to(const Sought& sought);
  Result<Stop> forward_to_live(Sought sought);
  /// The last before now, in the present call from the host if it can be.
  Result<std::optional<Time>> find_before(const Sought& sought);
  Result<Stop> backward_to(const Sought& sought);
  Result<Stop> previous_line(const runtime::Activation::FrameView& frame);
  Result<Stop> go_forward();
  Result<Stop> go_backward();
  Result<Stop> hit_code(const Time& time);
  Result<Stop> hit_change(const Change& change, Direction direction);
  Result<Stop> hit_event(uint64_t event);
  bool is_hit(const Moment& moment);
  bool condition_holds(const Breakpoint& breakpoint);
  void forget_once();
  std::optional<runtime::Activation::FrameView> guest_frame() const;
  /// Settles why the run is where it is, and remembers it.
  Result<Stop> stopped(Stop::Reason reason);
  /// The same where the run came to what it was looking for, whoever interrupts.
  Result<Stop> arrived(Stop::Reason reason);
  Result<Stop> stopped_at_end();
  /// Nothing if it was interrupted.
  Result<std::optional<Time>> find_end();
  bool at_beginning() const { return run_->now() == beginning_; }
  Stop stop_of_end() const;

  DebuggerOptions options_;
  embed::ReplaySource source_;
  ModuleSet modules_;
  CodeMap code_;
  EventLog log_;
  Places places_;
  std::unique_ptr<Run> run_;
  embed::LiveRun* target_ = nullptr;  // null: the run is a recorded one
  embed::LiveRun* waker_ = nullptr;   // the same, even when that is over
  std::unique_ptr<Run> aside_;        // the live run, while the present is in its past
  Stop stop_;
  Time beginning_;
  std::optional<Time> end_;
  std::optional<embed::ReplayOutcome> outcome_;
  uint64_t trace_bytes_ = 0;
  uint64_t printed_ = 0;
  uint64_t most_printed_ = 0;
  /// All that the run prints: from an index, or for one that is being made.
  std::vector<TraceIndex::Printed> known_output_;
  /// One is being made; what a player has learnt by the end.
  bool keeps_output_ = false;
  std::vector<uint8_t> knowledge_;
  std::string index_note_;
  SnapshotStore snapshots_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace reprise::debug
