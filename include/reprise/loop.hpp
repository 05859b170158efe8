// EventLoop: what drives suspended work, for a program that has no loop of its own.
//
//   auto loop = EventLoop::create();
//   auto pause = [&](Call<App> call, uint32_t ms) -> Task<void> {
//     co_await loop->sleep(call.suspend(), std::chrono::milliseconds(ms));
//   };
//   Result<void> added = linker.func("example:app/host@1.0.0", "pause", pause);
//   Outcome<uint32_t> n = loop->run(f.call(store, 1));
//
// A coroutine waits for another thread with until_woken(); wake() is called there:
//
//   auto ask = [&](Call<App> call) -> Task<uint32_t> {
//     auto answer = std::make_shared<uint32_t>();
//     co_await loop->until_woken(call.suspend(), [answer](Waker waker) {
//       std::thread([answer, waker = std::move(waker)]() mutable {
//         *answer = 42;
//         waker.wake();
//       }).detach();
//     });
//     co_return *answer;
//   };
//
// One loop drives any number of stores on its thread: start() what is to go on at the same time,
// keep it, and turn() until it is done(); or await it all from one Task.
//
// Nothing in a store needs this loop. Whoever has another one (a server's, libuv's) writes
// awaitables that put a coroutine handle where that loop finds it, and resume it from there on the
// store's thread; examples/embed/foreign_loop.cpp does that with epoll. WASI's hosts wait on an
// EventLoop: give it to WasiOptions, and drive it from the other loop with poll() and timeout().
//
// Thread rules: everything on the thread that runs it, except post() and Wakers.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "reprise/operation.hpp"
#include "reprise/scheduler.hpp"
#include "reprise/task.hpp"

namespace reprise {

namespace os {
class Loop;
}

/// Ends one until_woken(), from any thread: when wake() is called, or when the Waker is destroyed.
/// It may outlive who waits, and the EventLoop.
class Waker {
 public:
  explicit Waker(std::move_only_function<void()> wake) : wake_(std::move(wake)) {}
  Waker(Waker&& other) noexcept : wake_(std::exchange(other.wake_, nullptr)) {}
  Waker& operator=(Waker&& other) noexcept {
    wake();
    wake_ = std::exchange(other.wake_, nullptr);
    return *this;
  }
  ~Waker() { wake(); }

  void wake() {
    if (auto wake = std::exchange(wake_, nullptr)) wake();
  }

 private:
  std::move_only_function<void()> wake_;
};

class EventLoop {
 public:
  static Result<EventLoop> create();

  /// For coroutines that belong to no store.
  Suspend& suspend() { return *suspend_; }

  /// Turns until the Operation or Task is done. If it waits for something that this loop will never
  /// hear of, it is cancelled, and that is the error. (A post() to come from another thread is such
  /// a thing; until_woken() is not.)
  template <class Work>
  typename Work::value_type run(Work work) {
    if (!work.start() && !turn_until_done(work)) {
      work.reset();
      return std::unexpected(typename Work::value_type::error_type(never_resumed()));
    }
    return work.take();
  }

  Task<void> sleep(Suspend& suspend, std::chrono::nanoseconds duration);
  /// Until reading or writing would not block.
  Task<void> readable(Suspend& suspend, int descriptor);
  Task<void> writable(Suspend& suspend, int descriptor);

  /// Until the Waker that `start` is given has ended it: how a coroutine waits for another thread.
  /// If the coroutine is destroyed before, the thread is not told: what it writes to must live on.
  Task<void> until_woken(Suspend& suspend, std::move_only_function<void(Waker)> start);

  /// Runs `callback` in the next turn. From any thread.
  void post(std::move_only_function<void()> callback);

  /// Sleeps until something is ready, and runs that. False, at once, when nothing is waited for.
  bool turn();
  /// Runs what is ready, without sleeping. False if nothing was.
  bool poll();
  /// How long turn() would sleep at most; none: until a descriptor is ready, or for ever.
  std::optional<std::chrono::nanoseconds> timeout();

  /// For Store::set_scheduler. It may outlive this EventLoop, but nothing turns it then.
  std::shared_ptr<Scheduler> scheduler() const;

  /// For WasiSeams::loop.
  const std::shared_ptr<os::Loop>& shared() const { return loop_; }

 private:
  explicit EventLoop(std::shared_ptr<os::Loop> loop)
      : loop_(std::move(loop)), suspend_(std::make_unique<Suspend>()) {}
  template <class Work>
  bool turn_until_done(Work& work) {
    while (!work.done())
      if (!turn()) return false;
    return true;
  }
  static Error never_resumed();

  std::shared_ptr<os::Loop> loop_;
  std::unique_ptr<Suspend> suspend_;
};

}  // namespace reprise
