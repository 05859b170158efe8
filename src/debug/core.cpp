#include "debug/core.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "trace/ring_view.hpp"
#include "wasi/library.hpp"

namespace reprise::debug {

namespace {

/// Ticks between two looks at whether somebody wants the command to stop.
constexpr uint64_t kTicksAtATime = 20'000'000;

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
  REPRISE_TRY(core->look_for_growth());
  if (core->options_.use_index) core->use_index();
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
      snapshots_(options_.snapshot_bytes, options_.snapshot_ticks, options_.snapshot_rest) {}

Result<void> Debugger::Core::restart() {
  if (target_ && !in_past()) aside_ = std::move(run_);
  if (target_) REPRISE_TRY(target_->flush());
  run_.reset();
  printed_ = 0;
  REPRISE_ASSIGN(run_, Run::start(source_, [this](replay::Stream stream, Bytes bytes) {
                   print(stream, bytes);
                 }));
  return ok();
}

Result<void> Debugger::Core::look_for_growth() {
  if (target_) return ok();  // the run itself tells of it
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(options_.trace, error);
  if (error || std::exchange(trace_bytes_, bytes) == bytes) return ok();
  if (end_ && outcome_->cut) {
    end_.reset();
    outcome_.reset();
  }
  return places_.refresh();
}

// ---- What the guest prints ----

void Debugger::Core::print(replay::Stream stream, Bytes bytes) {
  // What was printed once is not printed again.
  const uint64_t known = most_printed_ - std::min(most_printed_, printed_);
  printed_ += bytes.size();
  most_printed_ = std::max(most_printed_, printed_);
  if (known >= bytes.size()) return;
  const Bytes fresh = bytes.subspan(known);
  if (keeps_output_) {
    if (known_output_.empty() || known_output_.back().stream != stream)
      known_output_.push_back({stream, {}});
    auto& last = known_output_.back().bytes;
    last.insert(last.end(), fresh.begin(), fresh.end());
  }
  if (options_.output) options_.output(stream, fresh);
}

void Debugger::Core::print_known(uint64_t until) {
  if (known_output_.empty()) return;
  uint64_t at = 0;
  for (const auto& [stream, bytes] : known_output_) {
    const uint64_t end = at + bytes.size();
    const uint64_t from = std::max(at, most_printed_);
    const uint64_t to = std::min(end, until);
    if (from < to && options_.output)
      options_.output(stream, Bytes(bytes).subspan(from - at, to - from));
    at = end;
  }
  most_printed_ = std::max(most_printed_, std::min(at, until));
}

// ---- Snapshots ----

/// Where to stop next on the way to a tick: where a snapshot may be taken, or somebody may want to
/// interrupt. The nearer the tick, the denser.
uint64_t Debugger::Core::next_stop(uint64_t tick) const {
  const uint64_t now = run_->now().ticks;
  const uint64_t stride = std::min(kTicksAtATime, snapshots_.interval());
  const uint64_t next = tick - now > stride ? now + stride : tick;
  return std::min(next, snapshots_.next_near(now, tick));
}

void Debugger::Core::take_snapshot(uint64_t tick) {
  const uint64_t ticks = run_->now().ticks;
  if (!run_->is_at_tick() || !snapshots_.is_due(ticks, tick)) return;
  const auto begin = std::chrono::steady_clock::now();
  auto taken = run_->freeze(snapshots_.pool(), snapshots_.latest_at_tick(ticks));
  if (!taken) return;  // a later moment will do
  taken->printed = printed_;
  snapshots_.add(std::move(*taken), std::chrono::steady_clock::now() - begin);
}

Result<void> Debugger::Core::go_back_to(const Snapshot* snapshot) {
  if (snapshot == nullptr) return restart();
  if (!run_ || (target_ && !in_past())) REPRISE_TRY(restart());
  if (run_->thaw(*snapshot)) {
    printed_ = snapshot->printed;
    print_known(printed_);
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
      run_ && !run_->is_over() &&
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
    const uint64_t target = next_stop(tick);
    run_->count_to_tick(target, event);
    if (run_->now().ticks < target || !run_->knows_step()) return;  // at the event
    take_snapshot(tick);
  }
}

void Debugger::Core::observe(Watcher& watcher, uint64_t tick, uint64_t event) {
  if (interrupted_) return;
  Interruptible interruptible(watcher, interrupted_);
  if (!in_past()) return run_->observe(interruptible, tick, event);
  NotBehind bounded(interruptible, frontier());
  run_->observe(bounded, tick, event);
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
  const bool is_there = !run_->is_over() && run_->now().event == event && run_->is_held_at_event();
  if (is_there && run_->knows_step()) return ok();
  if (!is_there) {
    REPRISE_TRY(rewind_before_event(event));
    count(UINT64_MAX, event);
    if (target_ && !in_past()) return find_live_step();
    if (interrupted_ || run_->knows_step() || run_->is_over()) return ok();
  }
  // The tick is known now; another run finds the step.
  const uint64_t tick = run_->now().ticks;
  REPRISE_TRY(approach(tick, event));
  ReachTime never({UINT64_MAX, UINT64_MAX, UINT64_MAX});
  observe(never, event);
  return ok();
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
    stop.text = trace::is_being_recorded(options_.trace)
                    ? "the recording has come to here, and goes on"
                    : "the trace ends here: its recording was cut short";
  } else if (outcome_->trap && outcome_->trap->kind == TrapKind::exit) {
    stop.reason = Stop::Reason::exit;
    stop.exit_code = outcome_->trap->exit_code;
  } else if (outcome_->trap) {
    stop.reason = Stop::Reason::trap;
    stop.trap = outcome_->trap;
    stop.text = outcome_->trap->message;
  } else if (outcome_->exit_code != 0) {
    stop.reason = Stop::Reason::exit;
    stop.exit_code = outcome_->exit_code;
  }
  return stop;
}

/// That somebody wanted to stop is told once, by whoever stops next.
Result<Stop> Debugger::Core::stopped(Stop::Reason reason) {
  return arrived(interrupted_.exchange(false) ? Stop::Reason::interrupted : reason);
}

Result<Stop> Debugger::Core::arrived(Stop::Reason reason) {
  if (in_past() && (run_->is_over() || run_->now() >= frontier())) join_live();
  if (target_ && !in_past()) REPRISE_TRY(find_live_step());
  if (run_->is_over()) return stopped_at_end();
  stop_ = {};
  stop_.reason = reason;
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
  const Result<std::optional<Time>> last = find_end();
  if (!last) return fail(Error(last.error()));
  if (!*last) {
    interrupted_ = false;
    stop_ = {};
    stop_.reason = Stop::Reason::interrupted;
    stop_.time = run_->now();
    return stop_;
  }
  REPRISE_TRY(go_to(**last));
  if (interrupted_ && run_->now() != **last) return stopped(Stop::Reason::interrupted);
  stop_ = stop_of_end();
  stop_.time = run_->now();
  return stop_;
}

/// However often somebody interrupts: a question leaves the present where it was.
Result<void> Debugger::Core::come_back(const Time& time) {
  bool was_interrupted = false;
  do {
    was_interrupted |= interrupted_.exchange(false);
    REPRISE_TRY(go_to(time));
  } while (interrupted_);
  if (was_interrupted) interrupted_ = true;
  return ok();
}

Result<Time> Debugger::Core::end() {
  REPRISE_ASSIGN(const std::optional<Time> last, find_end());
  if (last) return *last;
  interrupted_ = false;
  return fail(ErrorKind::usage, "interrupted");
}

Result<std::optional<Time>> Debugger::Core::find_end() {
  if (target_) return in_past() ? frontier() : run_->now();
  REPRISE_TRY(look_for_growth());
  if (end_) {
    print_known(UINT64_MAX);
    return *end_;
  }
  std::unique_ptr<Run> present = std::move(run_);
  const uint64_t printed = printed_;
  const auto look = [&]() -> Result<void> {
    REPRISE_TRY(go_back_to(snapshots_.latest_at_tick(UINT64_MAX)));
    count(UINT64_MAX, UINT64_MAX);
    if (!run_->is_over()) return ok();
    outcome_ = run_->outcome();
    if (keeps_output_) knowledge_ = run_->replayer().player().knowledge();
    REPRISE_TRY(approach(run_->now().ticks, UINT64_MAX));
    if (interrupted_) return ok();
    constexpr Time kNever{UINT64_MAX, UINT64_MAX, UINT64_MAX};
    FindLast last(kNever, [](const Moment&) { return true; });
    observe(last, UINT64_MAX);
    if (!run_->is_over()) return ok();
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
  return end_;
}

bool Debugger::Core::at_end() const {
  return run_->is_over() || (end_ && run_->knows_step() && run_->now() == *end_);
}

// ---- Commands ----

Result<Stop> Debugger::Core::seek(const Time& time) {
  REPRISE_TRY(go_to(time));
  return stopped(at_beginning() ? Stop::Reason::start : Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_event(uint64_t event) {
  REPRISE_TRY(go_to_event(event));
  return stopped(at_beginning() ? Stop::Reason::start : Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_fraction(double fraction) {
  REPRISE_ASSIGN(const std::optional<Time> last, find_end());
  if (!last) return stopped(Stop::Reason::interrupted);
  fraction = std::clamp(fraction, 0.0, 1.0);
  const auto tick = static_cast<uint64_t>(static_cast<double>(last->ticks) * fraction);
  REPRISE_TRY(approach(tick, UINT64_MAX));
  return stopped(Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_end() {
  return stopped_at_end();
}

}  // namespace reprise::debug
