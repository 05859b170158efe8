// The wait door with a Scheduler behind it: an atomic wait parks until it is notified or its time
// is over, whichever comes first.

#pragma once

#include <map>
#include <memory>

#include "reprise/host.hpp"
#include "reprise/scheduler.hpp"
#include "runtime/wait.hpp"

namespace reprise::embed {

/// Resumes a coroutine from a scheduler's queue, unless it was taken back before.
class Turn {
 public:
  void take(Scheduler& scheduler, std::coroutine_handle<> waiter);
  void take_back() { waiter_.reset(); }

 private:
  /// What the queue has is a weak reference to it.
  std::shared_ptr<std::coroutine_handle<>> waiter_;
};

class SchedulerDoor final : public runtime::WaitDoor {
 public:
  SchedulerDoor(std::shared_ptr<Scheduler> scheduler, HostContext& context);
  ~SchedulerDoor() override;

  Answer wait(const runtime::AtomicWait& wait, runtime::Asker asker) override;
  bool is_waiting(runtime::Asker asker) const override { return waiting_.contains(asker); }
  uint32_t notify(runtime::MemoryId memory, uint64_t address, uint32_t count) override;
  void forget(runtime::Asker asker) override;

 private:
  class Waiting;

  std::shared_ptr<Scheduler> scheduler_;
  HostContext& context_;
  runtime::WaitQueue queue_;
  std::map<runtime::Asker, std::unique_ptr<Waiting>> waiting_;
};

}  // namespace reprise::embed
