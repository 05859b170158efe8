#include "debug/run.hpp"

#include "runtime/portable_heap.hpp"

namespace reprise::debug {

using runtime::Observer;
using runtime::ProbeAnswer;

Result<std::unique_ptr<Run>> Run::start(const embed::ReplaySource& source,
                                        replay::Mirror::Print print) {
  REPRISE_ASSIGN(auto replayer, embed::Replayer::open(source, std::move(print)));
  embed::Replayer& run = *replayer;
  return std::unique_ptr<Run>(new Run(std::move(replayer), run));
}

std::unique_ptr<Run> Run::attach(embed::LiveRun& live) {
  return std::unique_ptr<Run>(new Run(nullptr, live));
}

Run::Run(std::unique_ptr<embed::Replayer> replayer, embed::HeldRun& run)
    : replayer_(std::move(replayer)), run_(run) {
  observer_.probe = probe;
  observer_.wrote = wrote;
  observer_.data = this;
  store().set_observer(&observer_);
}

Run::~Run() {
  if (!replayer_) store().set_observer(nullptr);
}

/// The instruction at `step` is still to come when the activation stopped before it, or is held
/// inside of it; anywhere else the last one has run.
Time Run::now() const {
  const bool inside = next_step_ != 0 && is_between_instructions();
  return {.event = run_.event(), .ticks = observer_.ticks, .step = next_step_ - (inside ? 1 : 0)};
}

bool Run::is_between_instructions() const {
  const runtime::Activation* running = activation();
  return running != nullptr && !running->is_idle();
}

void Run::count_to_tick(uint64_t tick, uint64_t event) {
  if (observer_.ticks >= tick) return;
  const uint64_t before = observer_.ticks;
  observer_.mode = Observer::Mode::counting;
  const bool ran = activation() != nullptr;
  go(tick, event);
  if (stopped_at_tick()) {
    note_tick();
  } else if (ran || observer_.ticks != before) {
    knows_step_ = false;
  }
}

void Run::observe(Watcher& watcher, uint64_t tick, uint64_t event) {
  observer_.mode = Observer::Mode::observing;
  watcher_ = &watcher;
  go(tick, event);
  watcher_ = nullptr;
  if (stopped_at_tick()) note_tick();
}

void Run::search(Seeker& seeker, uint64_t tick, uint64_t event) {
  observer_.mode = seeker.wants_writes() ? Observer::Mode::watching : Observer::Mode::observing;
  observer_.probed = &seeker.functions();
  seeker_ = &seeker;
  go(tick, event);
  seeker_ = nullptr;
  observer_.probed = nullptr;
  if (stopped_at_tick()) {
    note_tick();
  } else {
    knows_step_ = false;
  }
}

void Run::go(uint64_t tick, uint64_t event) {
  observer_.stop_at_tick = tick;
  run_.run_to(event);
}

bool Run::stopped_at_tick() const {
  const runtime::Activation* running = activation();
  return running != nullptr && running->is_stopped() && !running->machine().is_probed;
}

void Run::note_tick() {
  seen_ticks_ = observer_.ticks;
  next_step_ = 0;
  knows_step_ = true;
}

ProbeAnswer Run::probe(void* data, runtime::Activation& activation,
                       const runtime::ProbeView& view) {
  Run& run = *static_cast<Run*>(data);
  if (run.seeker_ != nullptr) {
    const Time time{run.run_.event(), run.observer_.ticks, 0};
    return run.seeker_->stops_at({time, activation, view}) ? ProbeAnswer::stop : ProbeAnswer::go_on;
  }
  if (run.observer_.ticks != run.seen_ticks_) {
    run.seen_ticks_ = run.observer_.ticks;
    run.next_step_ = 0;
  }
  const Time time{run.run_.event(), run.seen_ticks_, run.next_step_++};
  return run.watcher_->stops_at({time, activation, view}) ? ProbeAnswer::stop : ProbeAnswer::go_on;
}

void Run::learn_step(uint64_t step) {
  seen_ticks_ = observer_.ticks;
  next_step_ = step + (is_between_instructions() ? 1 : 0);
  knows_step_ = true;
}

ProbeAnswer Run::wrote(void* data) {
  Run& run = *static_cast<Run*>(data);
  return run.seeker_->stops_after_write(run.observer_.ticks) ? ProbeAnswer::stop
                                                             : ProbeAnswer::go_on;
}

bool Run::is_held_at_event() const {
  const runtime::Activation* running = activation();
  return running == nullptr || !running->is_stopped();
}

bool Run::is_at_tick() const {
  const runtime::Activation* running = activation();
  return knows_step_ && next_step_ == 0 && running != nullptr && running->is_stopped();
}

Result<Snapshot> Run::freeze(PagePool& pool, const Snapshot* before) {
  if (!replayer_ || !is_at_tick())
    return fail(ErrorKind::unsupported, "the run is not a recorded one, stopped at a tick");
  Snapshot made;
  made.time = now();
  REPRISE_ASSIGN(made.run, replayer_->freeze());
  made.memories = freeze_memories(store(), pool, before);
  return made;
}

Result<void> Run::thaw(const Snapshot& snapshot) {
  // The instances must be there.
  if (!replayer_->loop().ready_event()) {
    REPRISE_ASSIGN(const uint64_t ready, embed::Replayer::ready_event(snapshot.run));
    count_to_event(ready);
  }
  if (snapshot.heap_state.empty()) {
    REPRISE_TRY(replayer_->thaw(snapshot.run));
  } else {
    embed::Replayer::Frozen run = snapshot.run;
    REPRISE_ASSIGN(run.heap, runtime::from_portable(store(), snapshot.heap_state,
                                                    thaw_bytes(snapshot.heap_objects)));
    REPRISE_TRY(replayer_->thaw(run));
    REPRISE_TRY(runtime::check_objects(store()));
  }
  REPRISE_TRY(thaw_memories(store(), snapshot.memories));
  observer_.ticks = snapshot.time.ticks;
  replayer_->session().rewind_interruptions();
  note_tick();
  return ok();
}

runtime::Activation* Run::activation() const {
  const auto all = store().activations();
  for (runtime::Activation* one : all)
    if (one->is_stopped()) return one;
  return all.empty() ? nullptr : all.back();
}

}  // namespace reprise::debug
