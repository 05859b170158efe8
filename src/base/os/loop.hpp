// The event loop: what a suspended host call waits on.
//
// One thread runs it. It knows three things to wait for: an instant of its monotonic clock, a file
// descriptor, and a Signal that somebody sets. Callbacks run in a fixed order, so that what a loop
// does depends on nothing but its clock and its poller: posted ones first and in order, then timers
// by instant and then by age, then descriptors by age. Nothing runs inside the call that makes it
// ready; a callback always starts from turn(), with an empty stack beneath it.
//
// Coroutines wait with `co_await loop.wait(suspend, set)`: the set names any number of events, and
// the first ends the wait. Destroying the coroutine while it waits takes its waits back.
//
//   co_await loop.sleep_until(suspend, loop.clock().now() + 1'000'000);
//   co_await loop.wait(suspend, WaitSet{}.readable(fd).until(deadline));
//
// post() may be called from any thread; everything else only from the one that runs the loop.

#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/os/clock.hpp"
#include "base/os/poller.hpp"
#include "reprise/task.hpp"

namespace reprise::os {

class Loop;
class LoopWait;

/// What coroutines wait for when neither time nor a descriptor will tell: "this source has
/// changed". Destroying it notifies, too.
class Signal {
 public:
  Signal() = default;
  ~Signal() { notify(); }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Resumes everything that waits, from the next turn. What comes to wait later is not woken.
  void notify();

 private:
  friend class LoopWait;
  std::vector<LoopWait*> waiting_;
};

/// What to wait for: the first of these. An empty set is ready at once.
class WaitSet {
 public:
  WaitSet& readable(int fd) { return watch(fd, Interest::read); }
  WaitSet& writable(int fd) { return watch(fd, Interest::write); }
  WaitSet& watch(int fd, Interest interest) {
    watches_.push_back({fd, interest, false});
    return *this;
  }
  /// The earliest of several deadlines counts.
  WaitSet& until(uint64_t instant) {
    deadline_ = deadline_ ? std::min(*deadline_, instant) : instant;
    return *this;
  }
  WaitSet& signal(Signal& signal) {
    signals_.push_back(&signal);
    return *this;
  }
  /// Ready now, whatever else the set names.
  WaitSet& now() {
    immediate_ = true;
    return *this;
  }

 private:
  friend class LoopWait;
  std::vector<Watch> watches_;
  std::vector<Signal*> signals_;
  std::optional<uint64_t> deadline_;
  bool immediate_ = false;
};

class Loop {
 public:
  using Callback = std::move_only_function<void()>;
  /// Names a callback that waits; never used again.
  using WaitId = uint64_t;

  Loop(MonotonicClock& clock, Poller& poller) : clock_(clock), poller_(poller) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  MonotonicClock& clock() { return clock_; }

  /// Runs `callback` once, at the first turn at or after `instant`.
  WaitId at(uint64_t instant, Callback callback);
  /// Runs `callback` once, when the descriptor is ready.
  WaitId when_ready(int fd, Interest interest, Callback callback);
  /// Forgets a callback that has not run; anything else is ignored.
  void cancel(WaitId id);
  /// Runs `callback` at the next turn. From any thread.
  void post(Callback callback);

  /// A coroutine waits for another thread's post(), or no more: the loop is not idle meanwhile.
  void expect_post() { ++expected_posts_; }
  void expect_no_post() { --expected_posts_; }

  /// Whether an operation of that kind would not block, asked of the poller without sleeping.
  bool is_ready(int fd, Interest interest);

  /// True when no callback waits, and none is expected: a turn would sleep for ever.
  bool idle();
  /// How long turn() would sleep at most; none: until a descriptor is ready.
  std::optional<uint64_t> timeout();
  /// Sleeps until something is ready (not at all if something is) and runs what is. False, without
  /// sleeping, when idle.
  bool turn();
  /// Runs what is ready without sleeping. False if nothing was.
  bool poll();
  /// Turns until `done()`; false if the loop became idle before.
  template <class Done>
  bool run_until(Done done) {
    while (!done()) {
      if (!turn()) return false;
    }
    return true;
  }

  LoopWait wait(Suspend& suspend, WaitSet set);
  LoopWait sleep_until(Suspend& suspend, uint64_t instant);

  /// Starts `task` and turns until it is done. False if the loop became idle before: then nothing
  /// in it can ever resume the task.
  template <class R>
  bool run(Task<R>& task) {
    return task.start() || run_until([&] { return task.done(); });
  }

 private:
  struct FdWait {
    Watch watch;
    Callback callback;
  };

  bool run_posted();
  bool run_timers();
  bool run_watches(std::vector<Watch>& watches, const std::vector<WaitId>& ids);
  bool run(std::optional<uint64_t> timeout);

  MonotonicClock& clock_;
  Poller& poller_;
  WaitId next_id_ = 1;
  std::map<std::pair<uint64_t, WaitId>, Callback> timers_;
  std::map<WaitId, uint64_t> instants_;
  std::map<WaitId, FdWait> watches_;
  size_t expected_posts_ = 0;
  std::mutex mutex_;  // guards posted_, the one thing other threads touch
  std::vector<Callback> posted_;
};

/// The awaitable of Loop::wait. Lives in the waiting coroutine's frame, and undoes itself there.
class LoopWait {
 public:
  LoopWait(Loop& loop, Suspend& suspend, WaitSet set)
      : loop_(loop), suspend_(suspend), set_(std::move(set)) {}
  LoopWait(const LoopWait&) = delete;
  LoopWait& operator=(const LoopWait&) = delete;
  ~LoopWait() { disarm(); }

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter);
  void await_resume() {}

 private:
  friend class Signal;
  void notified(Signal& signal);
  void fire();
  void disarm();

  Loop& loop_;
  Suspend& suspend_;
  WaitSet set_;
  std::coroutine_handle<> waiter_;
  std::vector<Loop::WaitId> ids_;
};

}  // namespace reprise::os
