// A run of a program that is debugged as it goes: recorded, and held where the debugger wants it to
// be.

#pragma once

#include "debug/debugger.hpp"
#include "embed/live_run.hpp"
#include "tool/program_run.hpp"

namespace reprise::tool {

/// What lies under the rest of a run, and is destroyed after it: a loop of its own, for a poller
/// that can be woken from outside, and the recording that the doors share.
struct DebuggedRunFoundation {
  std::unique_ptr<os::MonotonicClock> clock = os::system_monotonic_clock();
  std::unique_ptr<os::Poller> poller = os::system_poller();
  std::unique_ptr<replay::LiveRecording> recording;
};

class DebuggedRun final : private DebuggedRunFoundation, public ProgramRun {
 public:
  /// Records into a temporary file if the options name none. Fails with `usage` for options that do
  /// not go with a debugger.
  static Result<std::unique_ptr<DebuggedRun>> create(RunOptions options);
  ~DebuggedRun() override;

  /// Starts the program, once, and holds it before its first call. The debugger must go before this
  /// does.
  Result<std::unique_ptr<debug::Debugger>> open(debug::DebuggerOptions how);

 private:
  explicit DebuggedRun(RunOptions options) : ProgramRun(std::move(options)) {}
  Result<void> recorded() override;
  void report_trap(Trap&) override {}  // that is what the debugger shows

  bool is_temporary_ = false;  // the recording's file
  std::unique_ptr<embed::LiveRun> live_;
};

}  // namespace reprise::tool
