// Scheduler: what resumes the work of a store where nothing of the embedder's would.
//
// Most of what a store waits for is the embedder's: a host function's Task, a limiter's, a hook's.
// Who made it resumes it. Some waits are for nobody: a guest whose slice of fuel or epochs is over
// waits for its turn, one in `memory.atomic.wait` for a notification or for time to pass, a host
// call of a recorded store for space in the trace. And a deadline ends on another thread, while the
// guest that it is to stop may be waiting for the host.
//
//   auto loop = EventLoop::create();
//   Result<void> set = store->set_scheduler(loop->scheduler());
//   store->metering().set_timeout(std::chrono::milliseconds(250));  // guests that wait, too
//   auto outcome = loop->run(f.call(*store, 1));
//
// A store without one never waits for any of these: guests go on at once after a yield, an atomic
// wait answers "timed out" (or traps, if it has no timeout), a full trace blocks the thread, and
// what is to stop a guest that waits stops it when it goes on.
//
// Another loop than EventLoop has two functions to write (examples/embed/foreign_loop.cpp).
//
// Thread rules: post() is called on any thread, sleep() on the store's. What they resume, they
// resume on the store's.

#pragma once

#include <chrono>
#include <functional>

#include "reprise/task.hpp"

namespace reprise {

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Runs `callback` once, on the store's thread, later: not inside of this call.
  virtual void post(std::move_only_function<void()> callback) = 0;
  /// Ends when so much time has passed. Dropping the Task takes the wait back.
  virtual Task<void> sleep(Suspend& suspend, std::chrono::nanoseconds duration) = 0;
};

}  // namespace reprise
