// Work: what is behind an Operation. A state machine on the heap, not a coroutine: step() goes on
// until it is over or something has to be waited for, and only then a coroutine is made, which
// waits and steps again.
//
// Work has a Suspend of its own, with the arena for all frames of the host's coroutines that it
// comes to start. Suspends are used again by later work of the store.
//
// Work that is made on another thread than the store's touches nothing of the store, and fails.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embed/program.hpp"
#include "reprise/call_hook.hpp"
#include "reprise/operation.hpp"
#include "runtime/activation.hpp"

namespace reprise::detail {

class StoreState;
class InstanceState;

class StoreWork : public Work {
 public:
  explicit StoreWork(StoreState& store);
  /// Derived classes end() in their destructors.
  ~StoreWork() override;
  StoreWork(const StoreWork&) = delete;
  StoreWork& operator=(const StoreWork&) = delete;

  Result<void> may_run() const override;
  void be_synchronous() override { is_synchronous_ = true; }
  bool start() final;
  bool done() const final { return done_; }
  void when_done(std::coroutine_handle<> waiter) final { rest_.when_done(waiter); }
  std::optional<SuspensionPoint> waits_at() const final;
  std::optional<Failure> take_failure() final { return std::exchange(failure_, std::nullopt); }

  /// The store goes: undoes what is in flight. Nothing of the store is touched afterwards.
  void abandon();

  const FrameArena::Counts& frames() const { return suspend_->frames().counts(); }

 protected:
  /// Goes on. False: it waits for pending().
  virtual bool step() = 0;
  virtual Pending* pending() const = 0;
  /// Undoes what is in flight: the work was started, and is not done.
  virtual void cancel() noexcept = 0;
  virtual SuspensionPoint point(SuspensionPoint inner) const { return inner; }
  /// Told around each wait.
  virtual void begin_waiting() {}
  virtual void end_waiting() {}
  /// Goes on although pending() is not done.
  void resume() { std::exchange(waiter_, {}).resume(); }

  /// In destructors of derived classes, while cancel() is still theirs.
  void end() noexcept;
  /// `step() { return fail_with(…); }`
  bool fail_with(Failure failure) {
    failure_ = std::move(failure);
    return true;
  }
  StoreState& store() const { return *store_; }
  Suspend& suspend() { return *suspend_; }
  bool is_synchronous() const { return is_synchronous_; }

 private:
  struct Wait;
  /// Why there is none.
  Error no_store() const;
  static Task<void> wait_and_step(Suspend& suspend, StoreWork* work);
  bool step_as_task();
  void give_up();
  /// step(), which must not be the end of this.
  bool guarded_step();
  /// Ends the program where this may not be destroyed: on another thread, and inside of step().
  void expect_droppable() const;

  StoreState* store_ = nullptr;  // null: it is gone, or was never ours
  bool is_foreign_ = false;      // made on another thread
  std::unique_ptr<Suspend> suspend_;
  Task<void> rest_;
  std::coroutine_handle<> waiter_;
  bool is_synchronous_ = false;
  bool started_ = false;
  bool is_stepping_ = false;
  bool done_ = false;
  std::optional<Failure> failure_;
};

/// While it is there, host functions are lent this Suspend.
class LendSuspend {
 public:
  /// `patience` as in HostContext.
  LendSuspend(HostContext& context, Suspend& suspend, Scheduler* patience = nullptr)
      : context_(context),
        outer_(std::exchange(context.task, &suspend)),
        outer_patience_(std::exchange(context.patience, patience)) {}
  ~LendSuspend() {
    context_.task = outer_;
    context_.patience = outer_patience_;
  }
  LendSuspend(const LendSuspend&) = delete;
  LendSuspend& operator=(const LendSuspend&) = delete;

 private:
  HostContext& context_;
  Suspend* outer_;
  Scheduler* outer_patience_;
};

/// One crossing that the store's hook is told of, and perhaps waits for.
class HookCall {
 public:
  /// True when the hook has answered; false when pending() is to be waited for.
  bool begin(StoreState& store, Suspend& suspend, Crossing crossing, const std::string& function);
  Pending* pending() const { return waiting_.get(); }
  /// The answer, once there is one.
  TrapOr<void> take();
  /// Does not wait any more.
  void drop() { waiting_.reset(); }

 private:
  class Waiting final : public Pending {
   public:
    Waiting(Task<TrapOr<void>> task, SuspensionPoint point)
        : task_(std::move(task)), point_(point) {}
    bool done() const override { return task_.done(); }
    void on_done(std::coroutine_handle<> waiter) override { task_.when_done(waiter); }
    SuspensionPoint point() const override { return point_; }
    Task<TrapOr<void>>& task() { return task_; }

   private:
    Task<TrapOr<void>> task_;
    SuspensionPoint point_;
  };

  std::unique_ptr<Waiting> waiting_;
  TrapOr<void> answer_;
};

/// An entry into an instance: hook, record, run guests, record, hook.
class EntryWork : public StoreWork, private embed::Session::Waiter {
 public:
  explicit EntryWork(StoreState& store) : StoreWork(store) {}

 protected:
  /// For the hook.
  virtual std::string name() const = 0;
  /// Checked when it starts, and again after a hook had to be waited for.
  virtual Result<void> check() = 0;
  /// The instance that is entered, once check() has passed.
  virtual InstanceState& instance() = 0;
  /// Says to the recording that a guest is called. Gives the call's number.
  virtual uint64_t record_entry(replay::Recorder& recorder) = 0;
  /// The next thing to run.
  virtual Outcome<embed::Program::Next> advance() = 0;
  /// What `advance` wanted called has returned these.
  virtual void returned(std::span<const runtime::Slot> slots) = 0;
  /// Slots for the call that advance() has asked for.
  virtual std::span<const runtime::Slot> arguments() { return {}; }
  /// The values for the recording.
  virtual Bytes results() { return {}; }
  /// It has ended without a result.
  virtual void failed() {}

  bool step() override;
  Pending* pending() const override;
  void begin_waiting() override;
  void end_waiting() override;
  void cancel() noexcept override;

 private:
  /// The guest's slice is over: the store's scheduler says when it is its turn again.
  class Yield final : public Pending {
   public:
    explicit Yield(EntryWork& work) : work_(work) {}
    bool done() const override { return false; }
    void on_done(std::coroutine_handle<> waiter) override;
    SuspensionPoint point() const override;

    /// Before and after. If others of the store do anything in between, the recording has it.
    void begin();
    void end();
    /// It does not go on.
    void cancel();

   private:
    EntryWork& work_;
    embed::Turn turn_;
    std::optional<uint64_t> recorded_;  // by its number in the recording
  };

  enum class Stage : uint8_t { begin, hook_in, running, hook_out };

  bool enter();
  bool run();
  /// False: the activation is parked. True: it is over, see failure.
  bool run_activation(std::optional<Failure>& failure);
  bool finish(std::optional<Failure> failure);
  bool interrupt(uint32_t reason) override;
  /// Ends the wait for what the guest, or the instantiation, has parked for.
  Failure stop_waiting(uint32_t reason);

  Stage stage_ = Stage::begin;
  HookCall hook_;
  std::unique_ptr<runtime::Activation> activation_;
  Yield yield_{*this};
  Pending* parked_ = nullptr;
  uint32_t interrupted_ = 0;  // by Interrupter::Reason
  std::optional<uint64_t> recorded_;
  std::optional<Failure> ended_with_;
};

}  // namespace reprise::detail
