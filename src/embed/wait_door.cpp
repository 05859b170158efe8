#include "embed/wait_door.hpp"

#include <optional>

namespace reprise::embed {

void Turn::take(Scheduler& scheduler, std::coroutine_handle<> waiter) {
  waiter_ = std::make_shared<std::coroutine_handle<>>(waiter);
  scheduler.post([waits = std::weak_ptr(waiter_)] {
    if (const auto still = waits.lock()) std::exchange(*still, std::noop_coroutine()).resume();
  });
}

class SchedulerDoor::Waiting final : public Pending {
 public:
  explicit Waiting(Scheduler& scheduler) : scheduler_(scheduler) {}

  /// True when the time is over at once.
  bool begin(Suspend& suspend, int64_t timeout) {
    if (timeout < 0) return false;
    timer_ = scheduler_.sleep(suspend, std::chrono::nanoseconds(timeout));
    return timer_.start();
  }
  bool is_woken() const { return is_woken_; }
  void wake() {
    is_woken_ = true;
    timer_.reset();
    // Not here: a guest is running, or the embedder is in the middle of something.
    turn_.take(scheduler_, waiter_);
  }

  bool done() const override { return is_woken_ || (timer_ && timer_.done()); }
  void on_done(std::coroutine_handle<> waiter) override {
    waiter_ = waiter;
    if (timer_) timer_.when_done(waiter);
  }
  SuspensionPoint point() const override { return SuspensionPoint::atomic_wait; }

 private:
  Scheduler& scheduler_;
  Task<void> timer_;
  Turn turn_;
  bool is_woken_ = false;
  std::coroutine_handle<> waiter_ = std::noop_coroutine();
};

SchedulerDoor::SchedulerDoor(std::shared_ptr<Scheduler> scheduler, HostContext& context)
    : scheduler_(std::move(scheduler)), context_(context) {}

SchedulerDoor::~SchedulerDoor() = default;

SchedulerDoor::Answer SchedulerDoor::wait(const runtime::AtomicWait& wait, runtime::Asker asker) {
  if (const auto found = waiting_.find(asker); found != waiting_.end()) {
    if (!found->second->done()) {
      context_.parked = found->second.get();
      return Answer::later;
    }
    const bool is_woken = found->second->is_woken();
    queue_.remove(asker);
    waiting_.erase(found);
    return is_woken ? Answer::woken : Answer::timed_out;
  }
  auto made = std::make_unique<Waiting>(*scheduler_);
  if (made->begin(*context_.task, wait.timeout)) return Answer::timed_out;
  context_.parked = made.get();
  waiting_.emplace(asker, std::move(made));
  queue_.add(wait, asker);
  return Answer::later;
}

uint32_t SchedulerDoor::notify(runtime::MemoryId memory, uint64_t address, uint32_t count) {
  const std::vector<runtime::Asker> woken = queue_.notify(memory, address, count);
  for (const runtime::Asker asker : woken) waiting_.at(asker)->wake();
  return static_cast<uint32_t>(woken.size());
}

void SchedulerDoor::forget(runtime::Asker asker) {
  queue_.remove(asker);
  waiting_.erase(asker);
}

}  // namespace reprise::embed
