// What is behind the Debugger: the run at hand, and how to get it elsewhere.

#pragma once

#include <atomic>
#include <memory>

#include "debug/debugger.hpp"
#include "debug/event_log.hpp"
#include "debug/inspector.hpp"
#include "debug/modules.hpp"
#include "debug/places.hpp"
#include "debug/run.hpp"

namespace reprise::debug {

class Debugger::Core {
 public:
  static Result<std::unique_ptr<Core>> open(DebuggerOptions options);

  Run& run() { return *run_; }
  Inspector inspector() { return {*run_, modules_}; }
  const ModuleSet& modules() const { return modules_; }
  const EventLog& log() const { return log_; }
  Places& places() { return places_; }

  Result<Time> end();
  bool at_end() const { return run_->is_over(); }
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
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }

 private:
  Core(DebuggerOptions options, embed::ReplaySource source, ModuleSet modules);
  Result<void> restart();
  /// Settles why the run is where it is, and remembers it.
  Result<Stop> stopped(Stop::Reason reason);
  /// The last moment before `event` at which the run can be stopped.
  Result<Stop> before_event(uint64_t event);

  DebuggerOptions options_;
  embed::ReplaySource source_;
  ModuleSet modules_;
  EventLog log_;
  Places places_;
  std::unique_ptr<Run> run_;
  Stop stop_;
  std::optional<Time> end_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace reprise::debug
