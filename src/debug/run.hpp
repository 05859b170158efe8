// One run, of the recording made anew or live, that can be stopped between any two instructions.
//
// It goes forward in three gears. *Counting* runs the code that production runs, and stops at a
// tick or before an event. *Observing* looks before each instruction, about ten times slower, and
// knows the step, too. So a run gets near a moment in the first gear, and to it in the second.
// *Searching* is between the two: it looks before the instructions of a few functions, and where a
// watched place may have been written; everything else runs as if it were counted. It finds the
// tick of what is sought; the step is for an observing run to find.
//
// Where it cannot stop is inside of a leaf call (realloc, while a host's result is lowered): ticks
// there count, and a stop that falls there is made at the first moment behind it.

#pragma once

#include <functional>
#include <memory>

#include "debug/snapshots.hpp"
#include "debug/time.hpp"
#include "embed/live_run.hpp"
#include "embed/replayer.hpp"
#include "runtime/activation.hpp"
#include "runtime/observer.hpp"

namespace reprise::debug {

/// What is about to run, while observing.
struct Moment {
  Time time;
  runtime::Activation& activation;
  const runtime::ProbeView& view;

  /// Frames further in have larger ones.
  const runtime::Slot* frame() const { return activation.machine().fp; }
};

/// Asked before each instruction, those in leaf calls included. True: stop here.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual bool stops_at(const Moment& moment) = 0;
};

/// What a search looks for, and where.
class Seeker {
 public:
  virtual ~Seeker() = default;
  /// Those whose instructions are looked at.
  virtual const runtime::FunctionSet& functions() const = 0;
  /// Asked before each of these. The moment's step is not known. True: stop here.
  virtual bool stops_at(const Moment& moment) = 0;
  /// Whether writes are told, too.
  virtual bool wants_writes() const = 0;
  /// Something may have been written since the last tick. True: stop at the next one.
  virtual bool stops_after_write(uint64_t ticks) = 0;
};

class Run {
 public:
  /// Held before the first event.
  static Result<std::unique_ptr<Run>> start(const embed::ReplaySource& source,
                                            replay::Mirror::Print print);
  /// A live run, held before its first event, which outlives this.
  static std::unique_ptr<Run> attach(embed::LiveRun& live);
  ~Run();

  /// `step` is meaningless unless knows_step().
  Time now() const;
  /// False behind a stop at an event that was reached counting.
  bool knows_step() const { return knows_step_; }
  /// Another run stands at the same event and tick, and knows the step.
  void learn_step(uint64_t step);
  bool is_over() const { return run_.is_over(); }
  /// Of a recorded run, once it is over.
  embed::ReplayOutcome outcome() const { return replayer_->loop().outcome(); }

  /// Each of these also stops at the tick, before `event` or a later one, and when the run is over.
  void count_to_tick(uint64_t tick, uint64_t event);
  void count_to_event(uint64_t event) { count_to_tick(UINT64_MAX, event); }
  void observe(Watcher& watcher, uint64_t tick, uint64_t event);
  void search(Seeker& seeker, uint64_t tick, uint64_t event);

  /// Held before the next event, not before an instruction.
  bool is_held_at_event() const;
  /// Stopped at a tick, before the instruction behind it.
  bool is_at_tick() const;
  /// Fails with `unsupported` where no snapshot can be taken.
  Result<Snapshot> freeze(PagePool& pool, const Snapshot* before);
  /// To a moment that this run, or one like it, was at. After an error the run is lost.
  Result<void> thaw(const Snapshot& snapshot);

  runtime::StoreCore& store() const { return run_.session().core(); }
  embed::Program& program() const { return run_.program(); }
  std::vector<embed::Program*> programs() const { return run_.programs(); }
  /// Of a recorded run.
  embed::Replayer& replayer() const { return *replayer_; }
  /// The activation that is stopped, else the innermost; null where there is none.
  runtime::Activation* activation() const;
  /// Where its stack begins: frames are at the same distance from it in every run.
  const runtime::Slot* bottom() const { return activation()->bottom(); }

 private:
  Run(std::unique_ptr<embed::Replayer> replayer, embed::HeldRun& run);
  static runtime::ProbeAnswer probe(void* data, runtime::Activation& activation,
                                    const runtime::ProbeView& view);
  static runtime::ProbeAnswer wrote(void* data);
  void go(uint64_t tick, uint64_t event);
  /// It has stopped at a tick, not at a probe or before an event.
  bool stopped_at_tick() const;
  void note_tick();
  bool is_between_instructions() const;

  runtime::Observer observer_;
  std::unique_ptr<embed::Replayer> replayer_;  // null: the run is live
  embed::HeldRun& run_;
  Watcher* watcher_ = nullptr;
  Seeker* seeker_ = nullptr;
  /// Of the next instruction to be asked for, if no tick comes before.
  uint64_t next_step_ = 0;
  uint64_t seen_ticks_ = 0;
  bool knows_step_ = true;
};

}  // namespace reprise::debug
