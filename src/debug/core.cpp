#include "debug/core.hpp"

#include <algorithm>

#include "wasi/library.hpp"

namespace reprise::debug {

namespace {

/// Ticks between two looks at whether somebody wants the command to stop.
constexpr uint64_t kTicksAtATime = 20'000'000;
/// The first stretch of time that is searched backwards, and how much longer each next one is.
constexpr uint64_t kFirstStretch = 64;
constexpr uint64_t kStretchGrowth = 8;

/// Stops a watcher when somebody interrupts.
class Interruptible final : public Watcher {
 public:
  Interruptible(Watcher& inner, const std::atomic<bool>& flag) : inner_(inner), flag_(flag) {}
  bool stops_at(const Moment& m) override {
    return inner_.stops_at(m) || flag_.load(std::memory_order_relaxed);
  }

 private:
  Watcher& inner_;
  const std::atomic<bool>& flag_;
};

/// Stops a watcher at a time.
class NotBehind final : public Watcher {
 public:
  NotBehind(Watcher& inner, const Time& end) : inner_(inner), end_(end) {}
  bool stops_at(const Moment& m) override { return inner_.stops_at(m) || m.time >= end_; }

 private:
  Watcher& inner_;
  Time end_;
};

}  // namespace

Result<std::unique_ptr<Debugger::Core>> Debugger::Core::open(DebuggerOptions options) {
  embed::ReplaySource source{
      .trace = options.trace, .program = {}, .core_imports = wasi::core_imports_for_replay};
  REPRISE_ASSIGN(source.program, embed::find_recorded_program(options.trace, options.component));
  REPRISE_ASSIGN(ModuleSet modules, ModuleSet::open(*source.program, options.symbol_directories));
  std::unique_ptr<Core> core(new Core(std::move(options), std::move(source), std::move(modules)));
  REPRISE_TRY(core->restart());
  core->beginning_ = core->run_->now();
  REPRISE_TRY(core->stopped(Stop::Reason::start));
  return core;
}

Debugger::Core::Core(DebuggerOptions options, embed::ReplaySource source, ModuleSet modules)
    : options_(std::move(options)),
      source_(std::move(source)),
      modules_(std::move(modules)),
      code_(modules_),
      log_(options_.trace, [this] { return target_ ? target_->flush() : ok(); }),
      places_(modules_, log_),
      snapshots_(options_.snapshot_bytes, options_.snapshot_ticks) {}

Result<void> Debugger::Core::restart() {
  if (target_ && !in_past()) aside_ = std::move(run_);
  if (target_) REPRISE_TRY(target_->flush());
  run_.reset();
  printed_ = 0;
  REPRISE_ASSIGN(run_, Run::start(source_, [this](replay::Stream stream, Bytes bytes) {
                   // What was printed once is not printed again.
                   const uint64_t known = most_printed_ - std::min(most_printed_, printed_);
                   printed_ += bytes.size();
                   most_printed_ = std::max(most_printed_, printed_);
                   if (known >= bytes.size() || !options_.output) return;
                   options_.output(stream, bytes.subspan(known));
                 }));
  return ok();
}

// ---- Snapshots ----

void Debugger::Core::take_snapshot() {
  const uint64_t ticks = run_->now().ticks;
  if (!run_->is_at_tick() || !snapshots_.is_due(ticks)) return;
  auto taken = run_->freeze(snapshots_.pool(), snapshots_.latest_at_tick(ticks));
  if (!taken) return;  // a later moment will do
  taken->printed = printed_;
  snapshots_.add(std::move(*taken));
}

Result<void> Debugger::Core::go_back_to(const Snapshot* snapshot) {
  if (snapshot == nullptr) return restart();
  if (!run_ || (target_ && !in_past())) REPRISE_TRY(restart());
  if (run_->thaw(*snapshot)) {
    printed_ = snapshot->printed;
    return ok();
  }
  // Snapshots only save time.
  snapshots_.clear();
  return restart();
}

Result<void> Debugger::Core::rewind(uint64_t tick) {
  if (in_past() && aside_->knows_step() && frontier().ticks < tick) join_live();
  const Snapshot* snapshot = snapshots_.latest_at_tick(tick);
  const bool can_go_on =
      run_ && !run_->is_over() && run_->knows_step() &&
      (run_->now().ticks < tick || (run_->now().ticks == tick && run_->is_at_tick()));
  if (can_go_on && (snapshot == nullptr || snapshot->time.ticks <= run_->now().ticks)) return ok();
  return go_back_to(snapshot);
}

Result<void> Debugger::Core::rewind_before_event(uint64_t event) {
  const Snapshot* snapshot = snapshots_.latest_before_event(event);
  const bool can_go_on = !run_->is_over() && run_->now().event <= event;
  if (can_go_on && (snapshot == nullptr || snapshot->time.ticks <= run_->now().ticks)) return ok();
  return go_back_to(snapshot);
}

// ---- Moving ----

void Debugger::Core::count(uint64_t tick, uint64_t event) {
  if (in_past() && tick > frontier().ticks && event >= frontier().event) {
    join_live();
    if (run_->is_held_at_event() && run_->now().event >= event) return;
  }
  while (!run_->is_over() && run_->now().ticks < tick && !interrupted_) {
    const uint64_t next =
        run_->now().ticks + std::min<uint64_t>(kTicksAtATime, snapshots_.interval());
    const uint64_t target = next < tick ? next : tick;
    run_->count_to_tick(target, event);
    if (run_->now().ticks < target || !run_->knows_step()) return;  // at the event
    take_snapshot();
  }
}

void Debugger::Core::observe(Watcher& watcher, uint64_t event) {
  Interruptible interruptible(watcher, interrupted_);
  if (!in_past()) return run_->observe(interruptible, event);
  NotBehind bounded(interruptible, frontier());
  run_->observe(bounded, event);
}

Result<void> Debugger::Core::approach(uint64_t tick, uint64_t event) {
  for (uint64_t back = 0; !interrupted_; back = std::max<uint64_t>(1, 2 * back)) {
    const uint64_t target = tick - std::min(back, tick);
    REPRISE_TRY(rewind(target));
    count(target, event);
    const bool is_there = !run_->is_over() && run_->knows_step() && run_->now().ticks <= tick;
    if (is_there || target == 0) return ok();
  }
  return ok();
}

Result<void> Debugger::Core::go_to(const Time& time) {
  if (in_past() && time >= frontier()) join_live();
  const bool can_go_on = !run_->is_over() && run_->knows_step() && run_->now() <= time;
  if (!can_go_on || run_->now().ticks < time.ticks) REPRISE_TRY(approach(time.ticks, time.event));
  if (interrupted_ || run_->now() >= time) return ok();
  ReachTime watcher(time);
  observe(watcher, time.event);
  return ok();
}

Result<void> Debugger::Core::go_to_event(uint64_t event) {
  if (!run_->is_over() && run_->now().event == event && run_->knows_step()) return ok();
  REPRISE_TRY(rewind_before_event(event));
  count(UINT64_MAX, event);
  if (target_ && !in_past()) return find_live_step();
  if (interrupted_ || run_->knows_step() || run_->is_over()) return ok();
  // The tick is known now; another run finds the step.
  const uint64_t tick = run_->now().ticks;
  REPRISE_TRY(approach(tick, event));
  ReachTime never({UINT64_MAX, UINT64_MAX, UINT64_MAX});
  observe(never, event);
  return ok();
}

Result<std::optional<Time>> Debugger::Core::find_last(const Time& end, const Accepts& accepts) {
  Time to = end;
  for (uint64_t stretch = kFirstStretch; !interrupted_; stretch *= kStretchGrowth) {
    const uint64_t from = to.ticks - std::min(stretch, to.ticks);
    REPRISE_TRY(approach(from, to.event));
    const Time begin = run_->now();
    FindLast search(to, accepts);
    observe(search, to.event);
    if (search.found() || from == 0) return search.found();
    to = begin;
  }
  return std::nullopt;
}

std::vector<FindChange::Watched> Debugger::Core::watched() {
  std::vector<FindChange::Watched> all;
  for (const Watchpoint& w : places_.watchpoints())
    if (w.enabled) all.push_back({w.id, PlaceWatch(run_->store(), w.place)});
  return all;
}

Result<std::optional<Change>> Debugger::Core::find_last_change(const Time& end,
                                                               const Watches& watches,
                                                               const Accepts& accepts,
                                                               std::optional<Time>* accepted) {
  Time to = end;
  for (uint64_t stretch = kFirstStretch; !interrupted_; stretch *= kStretchGrowth) {
    const uint64_t from = to.ticks - std::min(stretch, to.ticks);
    REPRISE_TRY(approach(from, to.event));
    const Time begin = run_->now();
    FindChange search(watches(), code_, accepts);
    search.stop_before(to);
    observe(search, to.event);
    if (run_->now() >= to) search.look_at_end(run_->now());
    if (search.change() || search.accepted() || from == 0) {
      *accepted = search.accepted();
      return search.change();
    }
    to = begin;
  }
  return std::nullopt;
}

// ---- Saying where one is ----

Stop Debugger::Core::stop_of_end() const {
  Stop stop;
  stop.reason = Stop::Reason::end;
  if (!outcome_) return stop;
  if (outcome_->kind == embed::ReplayOutcome::Kind::divergence) {
    stop.reason = Stop::Reason::divergence;
    stop.text = outcome_->divergence->to_string();
  } else if (outcome_->kind == embed::ReplayOutcome::Kind::failed) {
    stop.text = outcome_->error->to_string();
  } else if (outcome_->cut) {
    stop.text = "the trace ends here: its recording was cut short";
  } else if (outcome_->trap && outcome_->trap->kind == TrapKind::exit) {
    stop.reason = Stop::Reason::exit;
    stop.exit_code = outcome_->trap->exit_code;
  } else if (outcome_->trap) {
    stop.reason = Stop::Reason::trap;
    stop.trap = outcome_->trap;
    stop.text = outcome_->trap->message;
  }
  return stop;
}

Result<Stop> Debugger::Core::stopped(Stop::Reason reason) {
  if (in_past() && (run_->is_over() || run_->now() >= frontier())) join_live();
  if (target_ && !in_past()) REPRISE_TRY(find_live_step());
  if (run_->is_over()) return stopped_at_end();
  stop_ = {};
  stop_.reason = interrupted_.exchange(false) ? Stop::Reason::interrupted : reason;
  stop_.time = run_->now();
  if (end_ && stop_.time == *end_ && stop_.reason == Stop::Reason::step) {
    stop_ = stop_of_end();
    stop_.time = *end_;
  }
  return stop_;
}

/// The moment before a trap or an exit, where there is something to see.
Result<Stop> Debugger::Core::stopped_at_end() {
  if (in_past()) join_live();
  if (target_ && run_->is_over()) REPRISE_TRY(leave_live());
  if (target_) return stopped(Stop::Reason::step);
  REPRISE_ASSIGN(const Time last, end());
  REPRISE_TRY(go_to(last));
  stop_ = stop_of_end();
  stop_.time = run_->now();
  return stop_;
}

Result<Time> Debugger::Core::end() {
  if (target_) return in_past() ? frontier() : run_->now();
  if (end_) return *end_;
  std::unique_ptr<Run> present = std::move(run_);
  const uint64_t printed = printed_;
  const auto look = [&]() -> Result<void> {
    REPRISE_TRY(restart());
    count(UINT64_MAX, UINT64_MAX);
    if (!run_->is_over()) return ok();
    outcome_ = run_->outcome();
    REPRISE_TRY(approach(run_->now().ticks, UINT64_MAX));
    constexpr Time kNever{UINT64_MAX, UINT64_MAX, UINT64_MAX};
    FindLast last(kNever, [](const Moment&) { return true; });
    observe(last, UINT64_MAX);
    end_ = run_->now();
    const bool unwound =
        outcome_->trap || outcome_->cut || outcome_->kind != embed::ReplayOutcome::Kind::finished;
    if (unwound && last.found()) end_ = last.found();
    return ok();
  };
  auto looked = look();
  if (present) {
    run_ = std::move(present);
    printed_ = printed;
  }
  if (!looked) return fail(std::move(looked.error()));
  if (!end_) return fail(ErrorKind::usage, "interrupted");
  return *end_;
}

bool Debugger::Core::at_end() const {
  return run_->is_over() || (end_ && run_->knows_step() && run_->now() == *end_);
}

// ---- Commands ----

Result<Stop> Debugger::Core::seek(const Time& time) {
  interrupted_ = false;
  REPRISE_TRY(go_to(time));
  return stopped(at_beginning() ? Stop::Reason::start : Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_event(uint64_t event) {
  interrupted_ = false;
  REPRISE_TRY(go_to_event(event));
  return stopped(at_beginning() ? Stop::Reason::start : Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_fraction(double fraction) {
  interrupted_ = false;
  REPRISE_ASSIGN(const Time last, end());
  fraction = std::clamp(fraction, 0.0, 1.0);
  const auto tick = static_cast<uint64_t>(static_cast<double>(last.ticks) * fraction);
  REPRISE_TRY(approach(tick, UINT64_MAX));
  return stopped(Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_end() {
  interrupted_ = false;
  return stopped_at_end();
}

Result<Stop> Debugger::Core::forward_to(const Accepts& accepts) {
  FindFirst search(run_->now(), accepts);
  observe(search, UINT64_MAX);
  if (in_past() && !search.found() && !interrupted_) {
    join_live();
    observe(search, UINT64_MAX);
  }
  return stopped(Stop::Reason::step);
}

Result<Stop> Debugger::Core::backward_to(const Accepts& accepts) {
  REPRISE_ASSIGN(const std::optional<Time> found, find_last(run_->now(), accepts));
  REPRISE_TRY(go_to(found.value_or(beginning_)));
  return stopped(found ? Stop::Reason::step : Stop::Reason::start);
}

Result<Stop> Debugger::Core::step_instruction(Direction direction) {
  interrupted_ = false;
  const auto any = [](const Moment&) { return true; };
  return direction == Direction::forward ? forward_to(any) : backward_to(any);
}

Result<Stop> Debugger::Core::step_line(Direction direction) {
  interrupted_ = false;
  const auto begins = [this](const Moment& m) {
    const auto location = code_.location(m);
    return location && code_.begins_line(*location);
  };
  return direction == Direction::forward ? forward_to(begins) : backward_to(begins);
}

Result<Stop> Debugger::Core::next_line(Direction direction) {
  interrupted_ = false;
  const runtime::Slot* const frame = guest_frame();
  if (frame == nullptr) return step_line(direction);
  const ptrdiff_t depth = frame - run_->bottom();
  const auto begins = [this, depth](const Moment& m) {
    if (m.frame() - run_->bottom() > depth) return false;
    const auto location = code_.location(m);
    return location && code_.begins_line(*location);
  };
  return direction == Direction::forward ? forward_to(begins) : backward_to(begins);
}

Result<Stop> Debugger::Core::step_out(Direction direction) {
  interrupted_ = false;
  const runtime::Slot* const frame = guest_frame();
  if (frame == nullptr) return step_instruction(direction);
  const ptrdiff_t depth = frame - run_->bottom();
  const auto outside = [this, depth](const Moment& m) {
    return m.frame() - run_->bottom() < depth;
  };
  return direction == Direction::forward ? forward_to(outside) : backward_to(outside);
}

const runtime::Slot* Debugger::Core::guest_frame() const {
  const runtime::Activation* activation = run_->activation();
  const runtime::Slot* frame = nullptr;
  if (activation == nullptr || activation->is_idle()) return frame;
  activation->walk([&](const runtime::Activation::FrameView& view) {
    if (view.code->native == nullptr) frame = view.fp;
    return frame == nullptr;
  });
  return frame;
}

// ---- Breakpoints and watchpoints ----

bool Debugger::Core::condition_holds(const Breakpoint& breakpoint) {
  if (breakpoint.condition.empty()) return true;
  const auto value = inspector().evaluate_number(0, breakpoint.condition);
  return !value || *value != 0;  // one that cannot be evaluated stops, to be noticed
}

bool Debugger::Core::is_hit(const Moment& moment) {
  const auto location = code_.location(moment);
  if (!location) return false;
  for (uint32_t id : places_.at_code(*location))
    if (condition_holds(*places_.find(id))) return true;
  return false;
}

Result<Stop> Debugger::Core::hit_code(const Time& time) {
  REPRISE_TRY(go_to(time));
  REPRISE_TRY(stopped(Stop::Reason::breakpoint));
  stop_.reason = Stop::Reason::breakpoint;
  const auto frames = inspector().frames();
  if (frames.empty() || !frames[0].code) return stop_;
  for (uint32_t id : places_.at_code(*frames[0].code)) {
    Breakpoint& breakpoint = *places_.find(id);
    if (!condition_holds(breakpoint)) continue;
    ++breakpoint.hits;
    stop_.breakpoints.push_back(id);
  }
  return stop_;
}

Result<Stop> Debugger::Core::hit_change(const Change& change, Direction direction) {
  REPRISE_TRY(go_to(direction == Direction::forward ? change.behind : change.writer));
  REPRISE_TRY(stopped(Stop::Reason::watchpoint));
  stop_.reason = Stop::Reason::watchpoint;
  stop_.watch = WatchHit{change.id, change.before, change.after};
  if (change.code) stop_.text = modules_.describe(*change.code);
  if (Watchpoint* watchpoint = places_.find_watchpoint(change.id)) ++watchpoint->hits;
  return stop_;
}

Result<Stop> Debugger::Core::hit_event(uint64_t event) {
  REPRISE_TRY(go_to_event(event));
  REPRISE_TRY(stopped(Stop::Reason::breakpoint));
  stop_.breakpoints = places_.at_event(event);
  for (uint32_t id : stop_.breakpoints) ++places_.find(id)->hits;
  return stop_;
}

/// A breakpoint that stops once is gone, and one that is to be passed is passed.
void Debugger::Core::forget_once() {
  for (uint32_t id : stop_.breakpoints)
    if (const Breakpoint* breakpoint = places_.find(id); breakpoint && breakpoint->once)
      (void)places_.remove(id);
}

Result<Stop> Debugger::Core::go(Direction direction) {
  interrupted_ = false;
  while (true) {
    REPRISE_TRY(direction == Direction::forward ? go_forward() : go_backward());
    if (stop_.reason != Stop::Reason::breakpoint) return stop_;
    const bool passes =
        !stop_.breakpoints.empty() && std::ranges::all_of(stop_.breakpoints, [&](uint32_t id) {
          Breakpoint& breakpoint = *places_.find(id);
          return breakpoint.ignore > 0 && breakpoint.ignore-- > 0;
        });
    if (passes) continue;
    const Stop stop = stop_;
    forget_once();
    return stop;
  }
}

Result<Stop> Debugger::Core::go_forward() {
  if (target_ && !in_past()) return go_forward_live();
  if (target_) REPRISE_TRY(places_.refresh());
  const Time here = run_->now();
  // One that is held before an event has been told of it.
  const auto event = places_.next_event(here.event + (run_->is_held_at_event() ? 1 : 0));
  if (!places_.needs_observing()) {
    if (event) return hit_event(*event);
    if (in_past()) return go_forward_live();
    count(UINT64_MAX, UINT64_MAX);
    if (run_->is_over()) return stopped_at_end();
    return stopped(Stop::Reason::interrupted);
  }
  FindChange search(watched(), code_, [this](const Moment& m) { return is_hit(m); });
  search.stop_behind(here);
  observe(search, event.value_or(UINT64_MAX));
  if (interrupted_) return stopped(Stop::Reason::interrupted);
  if (search.change()) return hit_change(*search.change(), Direction::forward);
  if (search.accepted()) return hit_code(*search.accepted());
  if (in_past() && !event) return go_forward_live();
  if (run_->is_over() || !event) return stopped_at_end();
  return hit_event(*event);
}

Result<Stop> Debugger::Core::go_backward() {
  if (target_) REPRISE_TRY(places_.refresh());
  const Time here = run_->now();
  const auto event = places_.previous_event(here.event);
  if (places_.needs_observing()) {
    std::optional<Time> accepted;
    REPRISE_ASSIGN(const std::optional<Change> change,
                   find_last_change(
                       here, [this] { return watched(); },
                       [this](const Moment& m) { return is_hit(m); }, &accepted));
    if (interrupted_) return stopped(Stop::Reason::interrupted);
    // The later one of the three.
    const uint64_t seen = event ? *event + 1 : 0;
    if (change && change->writer.event >= seen && (!accepted || change->writer >= *accepted))
      return hit_change(*change, Direction::backward);
    if (accepted && accepted->event >= seen) return hit_code(*accepted);
  }
  if (event) return hit_event(*event);
  REPRISE_TRY(go_to(beginning_));
  return stopped(Stop::Reason::start);
}

}  // namespace reprise::debug
