// Searching time for what breakpoints and watchpoints mean, and for where steps lead.
//
// A search goes through a stretch twice. First in the search gear (run.hpp), where only the
// functions that matter are looked at, and writes are told: it finds the tick. Then, from that
// tick, instruction by instruction: it finds the moment. Backwards, stretches grow until one holds
// a hit; within a stretch the last hit counts, so a search never needs more than the tick of it.

#include <algorithm>

#include "debug/core.hpp"

namespace reprise::debug {

namespace {

/// The first stretch of time that is searched backwards, and how much longer each next one is.
constexpr uint64_t kFirstStretch = 64;
constexpr uint64_t kStretchGrowth = 8;

}  // namespace

FindChange Debugger::Core::finder(const Sought& sought) {
  FindChange search(sought.watches ? sought.watches() : std::vector<FindChange::Watched>(), code_,
                    sought.accepts);
  if (sought.watches && run_->knows_step()) search.begin_at(run_->now(), innermost_code());
  return search;
}

/// The instruction that comes next, or that the host's call is in.
std::optional<CodeLocation> Debugger::Core::innermost_code() {
  for (const auto& frame : inspector().frames())
    if (frame.code) return frame.code;
  return std::nullopt;
}

Scan Debugger::Core::scanner(const Sought& sought, bool stops) {
  return {sought.watches ? sought.watches() : std::vector<FindChange::Watched>(), sought.accepts,
          *sought.functions, stops};
}

bool Debugger::Core::scan(Scan& scan, uint64_t tick, uint64_t event) {
  while (run_->now().ticks < tick && !scan.is_done() && !interrupted_) {
    const uint64_t target = next_stop(tick);
    run_->search(scan, target, event);
    if (run_->is_over() || !run_->is_at_tick() || run_->now().ticks < target) return false;
    take_snapshot(tick);
  }
  return !scan.is_done() && !interrupted_;
}

Result<Debugger::Core::Found> Debugger::Core::find_first(const Sought& sought, uint64_t event) {
  const Time start = run_->now();
  FindChange near = finder(sought);
  near.stop_behind(start);
  observe(near, sought.functions ? start.ticks + 1 : UINT64_MAX, event);
  if (!run_->is_over() && run_->is_at_tick()) near.look_at_end(run_->now());
  if (found(near) || run_->is_over() || !run_->is_at_tick() || interrupted_) return found(near);

  const uint64_t last = in_past() ? frontier().ticks : UINT64_MAX;
  Scan far = scanner(sought, true);
  const bool is_there = scan(far, last, event);
  if (interrupted_) return Found();
  if (!far.tick() && !in_past()) return Found();
  if (!far.tick() && !is_there && run_->now().ticks < last) return Found();  // at the event
  REPRISE_TRY(approach(far.tick().value_or(last), UINT64_MAX));
  FindChange exact = finder(sought);
  exact.stop_behind(start);
  observe(exact, event);
  return found(exact);
}

Result<Debugger::Core::Found> Debugger::Core::find_last(const Time& end, const Sought& sought,
                                                        uint64_t event) {
  Time to = end;
  for (uint64_t stretch = kFirstStretch; !interrupted_; stretch *= kStretchGrowth) {
    const uint64_t from = to.ticks - std::min(stretch, to.ticks);
    REPRISE_TRY(approach(from, to.event));
    if (run_->now().event < event) {
      // The stretch begins where the search ends.
      REPRISE_TRY(go_to_event(event));
      if (run_->now() >= to) return Found();
      REPRISE_ASSIGN(Found found, find_last_in(to, sought));
      return found;
    }
    const Time begin = run_->now();
    REPRISE_ASSIGN(Found found, find_last_in(to, sought));
    if (found || from == 0) return found;
    to = begin;
  }
  return Found();
}

/// From where the run stands to `end`.
Result<Debugger::Core::Found> Debugger::Core::find_last_in(const Time& end, const Sought& sought) {
  const uint64_t begin = run_->now().ticks;
  std::optional<uint64_t> tick;
  if (sought.functions && begin < end.ticks) {
    Scan far = scanner(sought, false);
    const bool is_there = scan(far, end.ticks, end.event);
    if (interrupted_) return Found();
    if (is_there && run_->now().ticks == end.ticks) {
      tick = far.tick();
    } else {
      // The tick lies in a leaf call, where nobody stops.
      REPRISE_TRY(approach(begin, end.event));
    }
  }
  FindChange near = finder(sought);
  near.stop_before(end);
  observe(near, end.event);
  if (run_->now() >= end) near.look_at_end(run_->now());
  if (found(near) || !tick || interrupted_) return found(near);

  REPRISE_TRY(approach(*tick, end.event));
  FindChange exact = finder(sought);
  exact.stop_before(end);
  observe(exact, *tick + 1, end.event);
  exact.look_at_end(run_->now());
  return found(exact);
}

Result<std::optional<Change>> Debugger::Core::find_last_change(const Time& end,
                                                               const Watches& watches) {
  REPRISE_ASSIGN(Found found, find_last(end, {watches, {}, runtime::FunctionSet()}));
  return std::move(found.change);
}

std::vector<FindChange::Watched> Debugger::Core::watched() {
  std::vector<FindChange::Watched> all;
  for (const Watchpoint& w : places_.watchpoints())
    if (w.enabled) all.push_back({w.id, PlaceWatch(run_->store(), w.place)});
  return all;
}

Debugger::Core::Sought Debugger::Core::sought_by_places() {
  runtime::FunctionSet functions;
  for (const Breakpoint& breakpoint : places_.breakpoints()) {
    if (!breakpoint.enabled) continue;
    for (const CodeLocation& location : breakpoint.code)
      if (const auto function = modules_.function_at(location)) {
        functions.add(*modules_[location.module].module, *function);
        functions.narrow_to(static_cast<uint32_t>(location.offset));
      }
  }
  return {[this] { return watched(); }, [this](const Moment& m) { return is_hit(m); },
          std::move(functions)};
}

// ---- Breakpoints and watchpoints ----

bool Debugger::Core::condition_holds(const Breakpoint& breakpoint) {
  if (breakpoint.condition.empty()) return true;
  const auto value = inspector().evaluate_number(0, breakpoint.condition);
  return !value || *value != 0;  // one that cannot be evaluated stops, and hit_code() says why
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
  if (interrupted_ && run_->now() != time) return stopped(Stop::Reason::interrupted);
  REPRISE_TRY(arrived(Stop::Reason::breakpoint));
  const auto frames = inspector().frames();
  if (frames.empty() || !frames[0].code) return stop_;
  for (uint32_t id : places_.at_code(*frames[0].code)) {
    Breakpoint& breakpoint = *places_.find(id);
    if (!condition_holds(breakpoint)) continue;
    ++breakpoint.hits;
    stop_.breakpoints.push_back(id);
    if (breakpoint.condition.empty()) continue;
    if (const auto value = inspector().evaluate_number(0, breakpoint.condition); !value)
      stop_.text = "its condition cannot be evaluated: " + value.error().message;
  }
  return stop_;
}

Result<Stop> Debugger::Core::hit_change(const Change& change, Direction direction) {
  const Time& time = direction == Direction::forward ? change.behind : change.writer;
  REPRISE_TRY(go_to(time));
  if (interrupted_ && run_->now() != time) return stopped(Stop::Reason::interrupted);
  REPRISE_TRY(arrived(Stop::Reason::watchpoint));
  stop_.watch = WatchHit{change.id, change.before, change.after};
  if (change.code) stop_.text = modules_.describe(*change.code);
  if (Watchpoint* watchpoint = places_.find_watchpoint(change.id)) ++watchpoint->hits;
  return stop_;
}

Result<Stop> Debugger::Core::hit_event(uint64_t event) {
  REPRISE_TRY(go_to_event(event));
  if (interrupted_ && run_->now().event != event) return stopped(Stop::Reason::interrupted);
  REPRISE_TRY(arrived(Stop::Reason::breakpoint));
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
  while (true) {
    REPRISE_TRY(direction == Direction::forward ? go_forward() : go_backward());
    if (stop_.reason != Stop::Reason::breakpoint) return stop_;
    // Backwards, every hit counts.
    const bool passes = direction == Direction::forward && !stop_.breakpoints.empty() &&
                        std::ranges::all_of(stop_.breakpoints, [&](uint32_t id) {
                          Breakpoint& breakpoint = *places_.find(id);
                          return breakpoint.ignore > 0 && breakpoint.ignore-- > 0;
                        });
    if (passes) continue;
    Stop stop = stop_;
    forget_once();
    return stop;
  }
}

Result<Stop> Debugger::Core::go_forward() {
  if (target_ && !in_past()) return go_forward_live();
  if (target_) REPRISE_TRY(places_.refresh());
  REPRISE_TRY(look_for_growth());
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
  REPRISE_ASSIGN(const Found found, find_first(sought_by_places(), event.value_or(UINT64_MAX)));
  if (interrupted_) return stopped(Stop::Reason::interrupted);
  if (found.change) return hit_change(*found.change, Direction::forward);
  if (found.accepted) return hit_code(*found.accepted);
  if (in_past() && !event) return go_forward_live();
  if (run_->is_over() || !event) return stopped_at_end();
  return hit_event(*event);
}

Result<Stop> Debugger::Core::go_backward() {
  if (target_) REPRISE_TRY(places_.refresh());
  const Time here = run_->now();
  const auto event = places_.previous_event(here.event);
  if (places_.needs_observing()) {
    REPRISE_ASSIGN(const Found found, find_last(here, sought_by_places()));
    if (interrupted_) return stopped(Stop::Reason::interrupted);
    // The later one of the three.
    const uint64_t seen = event ? *event + 1 : 0;
    if (found.change && found.change->writer.event >= seen &&
        (!found.accepted || found.change->writer >= *found.accepted))
      return hit_change(*found.change, Direction::backward);
    if (found.accepted && found.accepted->event >= seen) return hit_code(*found.accepted);
  }
  if (event) return hit_event(*event);
  REPRISE_TRY(go_to(beginning_));
  return stopped(Stop::Reason::start);
}

}  // namespace reprise::debug
