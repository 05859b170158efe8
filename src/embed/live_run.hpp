// A live run that a debugger watches: it is recorded as it goes, and held before events and where
// its activation stops. Between two calls of run_to() nothing of it moves, however long that is;
// what the host does for it meanwhile (a file that becomes readable) waits in the loop.

#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/os/loop.hpp"
#include "embed/held_run.hpp"
#include "replay/live_recording.hpp"

namespace reprise::embed {

class LiveRun final : public HeldRun {
 public:
  /// `main` makes the calls into the program and closes the recording; it is started here, and held
  /// before the first event. The program's session must be one that is held at its doors.
  /// `poller` is what the loop sleeps in.
  LiveRun(Program& program, os::Loop& loop, os::Poller& poller, Task<int> main);

  void run_to(uint64_t event) override;
  bool is_over() const override { return main_.done() || stuck_; }
  uint64_t event() override { return live_.event(); }
  Session& session() override { return program_.session(); }
  Program& program() override { return program_; }

  /// From now on run_to() returns soon after the flag is set and wake() called.
  void interrupted_by(const std::atomic<bool>* flag) { interrupted_ = flag; }
  /// From any thread, and from a signal handler.
  void wake() { poller_.wake(); }

  /// Before an event: what comes, as a listing shows it.
  const std::string& coming() const { return live_.coming; }
  /// Sees to it that the trace's file has everything that was recorded.
  Result<void> flush() { return live_.recorder.writer().flush(); }

 private:
  Program& program_;
  replay::LiveRecording& live_;
  os::Loop& loop_;
  os::Poller& poller_;
  Task<int> main_;
  const std::atomic<bool>* interrupted_ = nullptr;
  bool stuck_ = false;  // it waits for what can never happen
};

}  // namespace reprise::embed
