// A live run: where it takes over from its recording, and what it does beyond.

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

Debugger::Core::~Core() {
  if (waker_) waker_->interrupted_by(nullptr);
}

void Debugger::Core::join_live() {
  run_ = std::move(aside_);
}

/// Another run, of the recording, is taken to the same event and tick. If the live run waits inside
/// of a host call, that one ends there for want of an answer: the call is the last instruction.
Result<void> Debugger::Core::find_live_step() {
  if (run_->is_over() || run_->knows_step()) return ok();
  const Time here = run_->now();
  const bool was_interrupted = interrupted_.exchange(false);
  const auto look = [&]() -> Result<uint64_t> {
    REPRISE_TRY(restart());
    REPRISE_TRY(approach(here.ticks, here.event));
    constexpr Time kNever{UINT64_MAX, UINT64_MAX, UINT64_MAX};
    FindLast last(kNever, [](const Moment&) { return true; });
    run_->observe(last, UINT64_MAX, here.event);
    return run_->is_over() && last.found() ? last.found()->step : run_->now().step;
  };
  Result<uint64_t> step = look();
  join_live();
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

/// Nobody knows the events to come: where one of them may be meant, the run is held before each.
Result<Stop> Debugger::Core::go_forward_live() {
  if (in_past()) join_live();
  while (true) {
    const Time here = run_->now();
    const uint64_t next = here.event + (run_->is_held_at_event() ? 1 : 0);
    const uint64_t event = places_.watches_events() ? next : UINT64_MAX;
    if (places_.needs_observing()) {
      const Sought sought = sought_by_places();
      FindChange search = finder(sought);
      search.stop_behind(here);
      observe(search, event);
      if (search.change()) return hit_change(*search.change(), Direction::forward);
      if (search.accepted()) return hit_code(*search.accepted());
    } else {
      count(UINT64_MAX, event);
    }
    if (interrupted_) return stopped(Stop::Reason::interrupted);
    if (run_->is_over()) return stopped_at_end();
    const std::vector<uint32_t> ids = places_.at_coming(target_->coming());
    if (ids.empty()) continue;
    REPRISE_TRY(stopped(Stop::Reason::breakpoint));
    stop_.breakpoints = ids;
    for (uint32_t id : ids) ++places_.find(id)->hits;
    return stop_;
  }
}

}  // namespace reprise::debug
