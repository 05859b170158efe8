// A live run: where it takes over from its recording, and what it does beyond.

#include <algorithm>

#include "debug/core.hpp"
#include "wasi/library.hpp"

namespace reprise::debug {

Result<std::unique_ptr<Debugger::Core>> Debugger::Core::attach(DebuggerOptions options,
                                                               const LiveTarget& target) {
  const embed::ReplaySource source{.trace = options.trace,
                                   .program = target.program,
                                   .core_imports = wasi::core_imports_for_replay};
  REPRISE_ASSIGN(ModuleSet modules, ModuleSet::open(*source.program, options.symbol_directories));
  options.output = {};  // the host prints, and only once
  std::unique_ptr<Core> core(new Core(std::move(options), source, std::move(modules)));
  core->target_ = target.run;
  core->waker_ = target.run;
  core->waker_->interrupted_by(&core->interrupted_);
  core->run_ = Run::attach(*target.run);
  core->beginning_ = core->run_->now();
  REPRISE_TRY(core->stopped(Stop::Reason::start));
  return core;
}

void Debugger::Core::interrupt() {
  interrupted_.store(true, std::memory_order_relaxed);
  if (waker_) waker_->wake();
}

void Debugger::Core::forget_interrupt() {
  interrupted_.store(false, std::memory_order_relaxed);
}

Debugger::Core::~Core() {
  if (waker_) waker_->interrupted_by(nullptr);
}

void Debugger::Core::join_live() {
  run_ = std::move(aside_);
}

/// Another run, of the recording, is taken to the same event and tick, and to the same instruction:
/// within a tick it comes once. If the live run waits inside of a host call, that one ends there
/// for want of an answer: the call is the last instruction.
Result<void> Debugger::Core::find_live_step() {
  if (run_->is_over() || run_->knows_step()) return ok();
  const Time here = run_->now();
  std::optional<CodeLocation> code;
  ptrdiff_t depth = 0;
  if (!run_->is_held_at_event()) {
    code = innermost_code();
    depth = guest_frame()->fp - run_->bottom();
  }
  const auto look = [&]() -> Result<uint64_t> {
    REPRISE_TRY(restart());
    REPRISE_TRY(approach(here.ticks, here.event));
    if (code) {
      FindFirst same({}, [&](const Moment& m) {
        return m.time.ticks == here.ticks && m.frame() - run_->bottom() == depth &&
               code_.location(m) == code;
      });
      run_->observe(same, here.ticks + 1, UINT64_MAX);
      return run_->now().step;
    }
    constexpr Time kNever{UINT64_MAX, UINT64_MAX, UINT64_MAX};
    FindLast last(kNever, [](const Moment&) { return true; });
    run_->observe(last, UINT64_MAX, here.event);
    return run_->is_over() && last.found() ? last.found()->step : run_->now().step;
  };
  // It must be known, whoever interrupts.
  bool was_interrupted = false;
  Result<uint64_t> step = uint64_t{0};
  do {
    was_interrupted |= interrupted_.exchange(false);
    step = look();
    join_live();
  } while (step && interrupted_);
  if (was_interrupted) interrupted_ = true;
  if (!step) return fail(std::move(step.error()));
  run_->learn_step(*step);
  return ok();
}

Result<void> Debugger::Core::leave_live() {
  run_.reset();
  target_ = nullptr;
  REPRISE_TRY(restart());
  return places_.refresh();
}

/// Where code is looked at in the search gear, the run stops exactly where it is to, and has not
/// counted the steps. A write is told at the next tick or event only: what it was is then found in
/// the recording, and the run itself stays a little ahead.
Result<Debugger::Core::Found> Debugger::Core::find_first_live(const Sought& sought,
                                                              uint64_t event) {
  if (!sought.functions) {
    REPRISE_TRY(find_live_step());
    return find_first(sought, event);
  }
  Time start = run_->now();
  if (!run_->knows_step()) start.step = UINT64_MAX;  // before the event, all has been passed
  Scan search = scanner(sought, true);
  while (true) {
    const uint64_t until = search.wants_writes() ? std::min(event, next_live_event()) : event;
    scan(search, UINT64_MAX, until);
    if (search.wants_writes()) search.stops_after_write(run_->now().ticks);
    if (search.is_done()) break;
    if (run_->is_over() || interrupted_ || run_->now().event >= event) return Found();
  }
  if (search.wants_writes()) return find_first_behind(start, sought, *search.tick());
  REPRISE_TRY(find_live_step());
  return Found{.change = {}, .accepted = run_->now()};
}

/// In what was recorded up to here: at the tick, or behind it.
Result<Debugger::Core::Found> Debugger::Core::find_first_behind(const Time& start,
                                                                const Sought& sought,
                                                                uint64_t tick) {
  const bool was_interrupted = interrupted_.exchange(false);
  REPRISE_TRY(find_live_step());
  REPRISE_TRY(run_->is_over() ? leave_live() : restart());
  REPRISE_TRY(approach(tick, UINT64_MAX));
  FindChange exact = finder(sought);
  exact.stop_behind(start);
  observe(exact, UINT64_MAX);
  if (in_past() && !exact.change() && !exact.accepted()) join_live();
  if (was_interrupted) interrupted_ = true;
  return found(exact);
}

uint64_t Debugger::Core::next_live_event() const {
  return run_->now().event + (run_->is_held_at_event() ? 1 : 0);
}

/// The host may call into the guest again, where other functions matter: it is held before each
/// event to see whether that is one.
Result<Stop> Debugger::Core::forward_to_live(Sought sought) {
  if (in_past()) join_live();
  while (!run_->is_over() && !interrupted_) {
    const uint64_t event = sought.functions ? next_live_event() : UINT64_MAX;
    REPRISE_ASSIGN(const Found found, find_first_live(sought, event));
    if (found) break;
    if (run_->is_held_at_event() && target_->coming().starts_with("→")) sought.functions.reset();
  }
  return stopped(Stop::Reason::step);
}

/// Nobody knows the events to come: where one of them may be meant, the run is held before each.
Result<Stop> Debugger::Core::go_forward_live() {
  if (in_past()) join_live();
  while (true) {
    const uint64_t event = places_.watches_events() ? next_live_event() : UINT64_MAX;
    if (places_.needs_observing()) {
      REPRISE_ASSIGN(const Found found, find_first_live(sought_by_places(), event));
      if (found.change) return hit_change(*found.change, Direction::forward);
      if (found.accepted) return hit_code(*found.accepted);
    } else {
      count(UINT64_MAX, event);
    }
    if (interrupted_) return stopped(Stop::Reason::interrupted);
    if (!target_ || run_->is_over()) return stopped_at_end();
    if (!run_->is_held_at_event()) continue;
    const std::vector<uint32_t> ids = places_.at_coming(target_->coming());
    if (ids.empty()) continue;
    REPRISE_TRY(arrived(Stop::Reason::breakpoint));
    stop_.breakpoints = ids;
    for (uint32_t id : ids) ++places_.find(id)->hits;
    return stop_;
  }
}

}  // namespace reprise::debug
