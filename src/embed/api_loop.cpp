// EventLoop of the public API, over the loop of the operating system's seams.

#include <algorithm>

#include "base/os/loop.hpp"
#include "embed/loop_scheduler.hpp"
#include "reprise/loop.hpp"

namespace reprise {

namespace {

struct OwnedLoop {
  std::unique_ptr<os::MonotonicClock> clock = os::system_monotonic_clock();
  std::unique_ptr<os::Poller> poller = os::system_poller();
  os::Loop loop{*clock, *poller};
};

// A coroutine holds the loop itself: the EventLoop may be moved while it waits.
// outlives: set: of what it may point to, signals, it has none here: only a time or a descriptor
Task<void> wait_on(Suspend& suspend, std::shared_ptr<os::Loop> loop, os::WaitSet set) {
  co_await loop->wait(suspend, std::move(set));
}

Task<void> sleep_on(Suspend& suspend, const std::shared_ptr<os::Loop>& loop,
                    std::chrono::nanoseconds duration) {
  // Far enough away for ever, near enough not to overflow.
  constexpr uint64_t kLongest = uint64_t{1} << 62;
  const uint64_t length = duration.count() > 0 ? static_cast<uint64_t>(duration.count()) : 0;
  return wait_on(suspend, loop,
                 std::move(os::WaitSet{}.until(loop->clock().now() + std::min(length, kLongest))));
}

/// What a Waker and the coroutine share. Everything on the loop's thread.
struct Woken {
  bool is_woken = false;
  std::coroutine_handle<> waiter;
};

class UntilWoken {
 public:
  UntilWoken(os::Loop& loop, Suspend& suspend, Woken& woken)
      : loop_(loop), suspend_(suspend), woken_(woken) {}
  UntilWoken(const UntilWoken&) = delete;
  UntilWoken& operator=(const UntilWoken&) = delete;
  ~UntilWoken() {
    if (!is_waiting_) return;
    loop_.expect_no_post();
    woken_.waiter = {};
  }

  bool await_ready() const { return woken_.is_woken; }
  void await_suspend(std::coroutine_handle<> waiter) {
    suspend_.check();
    woken_.waiter = waiter;
    loop_.expect_post();
    is_waiting_ = true;
  }
  void await_resume() {}

 private:
  os::Loop& loop_;
  Suspend& suspend_;
  Woken& woken_;
  bool is_waiting_ = false;
};

Task<void> wait_to_be_woken(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                            std::move_only_function<void(Waker)> start) {
  const auto woken = std::make_shared<Woken>();
  start(Waker([loop, woken] {
    loop->post([woken] {
      woken->is_woken = true;
      if (const auto waiter = std::exchange(woken->waiter, {})) waiter.resume();
    });
  }));
  co_await UntilWoken(*loop, suspend, *woken);
}

}  // namespace

Result<EventLoop> EventLoop::create() {
  auto owned = std::make_shared<OwnedLoop>();
  return EventLoop(std::shared_ptr<os::Loop>(owned, &owned->loop));
}

Task<void> EventLoop::sleep(Suspend& suspend, std::chrono::nanoseconds duration) {
  return sleep_on(suspend, loop_, duration);
}

Task<void> EventLoop::readable(Suspend& suspend, int descriptor) {
  return wait_on(suspend, loop_, std::move(os::WaitSet{}.readable(descriptor)));
}

Task<void> EventLoop::writable(Suspend& suspend, int descriptor) {
  return wait_on(suspend, loop_, std::move(os::WaitSet{}.writable(descriptor)));
}

Task<void> EventLoop::until_woken(Suspend& suspend, std::move_only_function<void(Waker)> start) {
  return wait_to_be_woken(suspend, loop_, std::move(start));
}

void EventLoop::post(std::move_only_function<void()> callback) {
  loop_->post(std::move(callback));
}

bool EventLoop::turn() {
  return loop_->turn();
}

bool EventLoop::poll() {
  return loop_->poll();
}

std::optional<std::chrono::nanoseconds> EventLoop::timeout() {
  const std::optional<uint64_t> left = loop_->timeout();
  if (!left) return std::nullopt;
  return std::chrono::nanoseconds(*left);
}

namespace {

class LoopScheduler final : public Scheduler {
 public:
  explicit LoopScheduler(std::shared_ptr<os::Loop> loop) : loop_(std::move(loop)) {}
  void post(std::move_only_function<void()> callback) override { loop_->post(std::move(callback)); }
  Task<void> sleep(Suspend& suspend, std::chrono::nanoseconds duration) override {
    return sleep_on(suspend, loop_, duration);
  }

 private:
  std::shared_ptr<os::Loop> loop_;
};

}  // namespace

std::shared_ptr<Scheduler> embed::scheduler_of(std::shared_ptr<os::Loop> loop) {
  return std::make_shared<LoopScheduler>(std::move(loop));
}

std::shared_ptr<Scheduler> EventLoop::scheduler() const {
  return embed::scheduler_of(loop_);
}

Error EventLoop::never_resumed() {
  return {ErrorKind::usage,
          "what was run waits for something that this loop will never hear of, and was cancelled",
          {},
          {}};
}

}  // namespace reprise
