// A recording in progress of a run that can be held, as its doors share it.
//
// A replay knows the number of the event that comes next, because it has the trace. A live run can
// only count what it has recorded; and it counts by reading its own trace, so that both mean the
// same by a number. That is done where the recording has grown since one last asked, so a guest
// that only computes pays one comparison.

#pragma once

#include <memory>
#include <string>

#include "replay/hold.hpp"
#include "replay/recorder.hpp"
#include "trace/reader.hpp"

namespace reprise::replay {

class LiveRecording {
 public:
  /// Of what `recorder` writes to the file `trace`, by way of the ring at `ring`. The recorder must
  /// outlive this.
  static Result<std::unique_ptr<LiveRecording>> follow(Recorder& recorder, const std::string& trace,
                                                       const std::string& ring);

  /// The number that the next event will have.
  uint64_t event();
  /// The run is to be held before the next event.
  bool is_due() { return event() >= hold.event; }

  Recorder& recorder;
  Hold hold;
  /// Where the run is held before an event: that event, as a listing of the trace will show it.
  std::string coming;

 private:
  LiveRecording(Recorder& recorder, std::unique_ptr<trace::Reader> reader)
      : recorder(recorder), reader_(std::move(reader)) {}

  std::unique_ptr<trace::Reader> reader_;
  uint64_t seen_ = 0;  // bytes of the recording, when it was last looked at
  uint64_t events_ = 0;
};

/// Holds a live run where it is due, before an event that is told by `coming`: `co_await
/// HeldBefore(live, "→ run()");`. Null: a run that cannot be held.
class HeldBefore {
 public:
  HeldBefore(LiveRecording* live, std::string coming) : live_(live), coming_(std::move(coming)) {}
  bool await_ready() const { return live_ == nullptr || !live_->is_due(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    live_->coming = std::move(coming_);
    live_->hold.on_done(waiter);
  }
  void await_resume() const {}

 private:
  LiveRecording* live_;
  std::string coming_;
};

}  // namespace reprise::replay
