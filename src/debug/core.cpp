#include "debug/core.hpp"

#include <algorithm>

#include "wasi/library.hpp"

namespace reprise::debug {

Result<std::unique_ptr<Debugger::Core>> Debugger::Core::open(DebuggerOptions options) {
  embed::ReplaySource source{
      .trace = options.trace, .program = {}, .core_imports = wasi::core_imports_for_replay};
  REPRISE_ASSIGN(source.program, embed::find_recorded_program(options.trace, options.component));
  REPRISE_ASSIGN(ModuleSet modules, ModuleSet::open(*source.program, options.symbol_directories));
  std::unique_ptr<Core> core(new Core(std::move(options), std::move(source), std::move(modules)));
  REPRISE_TRY(core->restart());
  REPRISE_TRY(core->stopped(Stop::Reason::start));
  return core;
}

Debugger::Core::Core(DebuggerOptions options, embed::ReplaySource source, ModuleSet modules)
    : options_(std::move(options)),
      source_(std::move(source)),
      modules_(std::move(modules)),
      log_(options_.trace),
      places_(modules_, log_) {}

Result<void> Debugger::Core::restart() {
  run_.reset();
  REPRISE_ASSIGN(run_, Run::start(source_, [this](replay::Stream stream, Bytes bytes) {
                   if (options_.output) options_.output(stream, bytes);
                 }));
  return ok();
}

Result<Stop> Debugger::Core::stopped(Stop::Reason reason) {
  stop_ = {};
  stop_.reason = reason;
  stop_.time = run_->now();
  if (!run_->is_over()) return stop_;
  const embed::ReplayOutcome outcome = run_->outcome();
  if (outcome.kind == embed::ReplayOutcome::Kind::failed) return fail(Error(*outcome.error));
  stop_.reason = Stop::Reason::end;
  if (outcome.kind == embed::ReplayOutcome::Kind::divergence) {
    stop_.reason = Stop::Reason::divergence;
    stop_.text = outcome.divergence->to_string();
  } else if (outcome.cut) {
    stop_.text = "the trace ends here: its recording was cut short";
  } else if (outcome.trap && outcome.trap->kind == TrapKind::exit) {
    stop_.reason = Stop::Reason::exit;
    stop_.exit_code = outcome.trap->exit_code;
  } else if (outcome.trap) {
    stop_.reason = Stop::Reason::trap;
    stop_.trap = outcome.trap;
    stop_.text = outcome.trap->message;
  }
  return stop_;
}

Result<Time> Debugger::Core::end() {
  if (end_) return *end_;
  REPRISE_ASSIGN(auto whole, Run::start(source_, [](replay::Stream, Bytes) {}));
  whole->to_event(UINT64_MAX);
  end_ = whole->now();
  return *end_;
}

Result<Stop> Debugger::Core::seek(const Time& time) {
  return seek_event(time.event);
}

Result<Stop> Debugger::Core::seek_event(uint64_t event) {
  if (event < run_->now().event || run_->is_over()) REPRISE_TRY(restart());
  run_->to_event(event);
  return stopped(event == 0 ? Stop::Reason::start : Stop::Reason::step);
}

Result<Stop> Debugger::Core::seek_fraction(double fraction) {
  REPRISE_ASSIGN(const Time last, end());
  fraction = std::clamp(fraction, 0.0, 1.0);
  return seek_event(static_cast<uint64_t>(static_cast<double>(last.event) * fraction));
}

Result<Stop> Debugger::Core::seek_end() {
  run_->to_event(UINT64_MAX);
  return stopped(Stop::Reason::end);
}

Result<Stop> Debugger::Core::go(Direction direction) {
  const uint64_t here = run_->now().event;
  const auto event =
      direction == Direction::forward ? places_.next_event(here + 1) : places_.previous_event(here);
  if (!event) return direction == Direction::forward ? seek_end() : seek_event(0);
  REPRISE_TRY(seek_event(*event));
  REPRISE_TRY(stopped(Stop::Reason::breakpoint));
  stop_.breakpoints = places_.at_event(*event);
  for (uint32_t id : stop_.breakpoints) ++places_.find(id)->hits;
  return stop_;
}

Result<Stop> Debugger::Core::before_event(uint64_t event) {
  for (uint64_t back = 1; back <= event; ++back) {
    REPRISE_TRY(seek_event(event - back));
    if (run_->now().event < event) return stop_;
  }
  return seek_event(0);
}

Result<Stop> Debugger::Core::step_instruction(Direction direction) {
  const uint64_t here = run_->now().event;
  if (direction == Direction::backward) return before_event(here);
  return seek_event(here + 1);
}

Result<Stop> Debugger::Core::step_line(Direction direction) {
  return step_instruction(direction);
}
Result<Stop> Debugger::Core::next_line(Direction direction) {
  return step_instruction(direction);
}
Result<Stop> Debugger::Core::step_out(Direction direction) {
  return step_instruction(direction);
}

}  // namespace reprise::debug
