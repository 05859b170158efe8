// A session: one store, and which doors stand in it. Whether a run is plain, recorded or replayed
// is decided here, once, before anything is linked; nothing else in the library asks again.
//
// A session also drives activations: invoke() is the one coroutine that runs guest code, parks when
// a host call suspends, and goes on when that is done.

#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "embed/limiter_door.hpp"
#include "embed/wait_door.hpp"
#include "replay/doors.hpp"
#include "replay/interruptions.hpp"
#include "replay/wait_doors.hpp"
#include "reprise/outcome.hpp"
#include "reprise/task.hpp"
#include "runtime/activation.hpp"
#include "runtime/door.hpp"
#include "runtime/store.hpp"

namespace reprise::embed {

class Session {
 public:
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const runtime::Engine> engine,
                                                 const runtime::StoreLimits& limits, void* data);
  ~Session();

  /// Before anything is linked: every door from now on records. Fails with `usage` otherwise.
  Result<void> record(std::unique_ptr<replay::Recorder> recorder);
  /// After record(), before anything is linked: the run can be held at every door from now on, and
  /// where its activation stops. `live` must outlive the session.
  void hold_at_doors(replay::LiveRecording& live);
  /// Before anything is linked: every door from now on answers from the trace. `playback` must
  /// outlive the session.
  Result<void> replay(replay::Playback& playback);

  /// Counts ticks, so that interruptions can be recorded with their places. Before anything runs.
  void count_ticks();
  /// Interrupts this replay where the recorded run was, and yields where that did. If ticks are
  /// among it, after count_ticks(); if the store has another observer by then, that one is told.
  void expect_interruptions(std::vector<replay::Interruption> interruptions);
  /// The replay was put back, and its ticks and fuel with it.
  void rewind_interruptions();
  /// Traps the call that waits, if one does: the one that began to last.
  void interrupt_parked(runtime::Interrupter::Reason reason);

  /// Someone who waits, and can be stopped.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    /// False: it waits for its turn only, and looks for itself when it goes on.
    virtual bool interrupt(uint32_t reason) = 0;
  };
  void begin_waiting(Waiter& waiter) { waits_.push_back({next_wait_++, &waiter}); }
  bool is_waiting() const { return !waits_.empty(); }
  void end_waiting(Waiter& waiter) {
    std::erase_if(waits_, [&](const Waiting& w) { return w.waiter == &waiter; });
  }

  /// Resumes what waits for nobody else (reprise/scheduler.hpp), and brings what other threads say
  /// to guests that wait. Without one, yields go on at once.
  void set_scheduler(std::shared_ptr<Scheduler> scheduler);
  Scheduler* scheduler() const { return scheduler_.get(); }

  /// Asked from now on whenever something grows or is created.
  template <class AnyLimiter>
  void set_limiter(std::shared_ptr<AnyLimiter> limiter) {
    limiter_.set(std::move(limiter));
    if (!core_->growth_door()) core_->set_growth_door(&limiter_);
  }

  /// Whatever stands in front of it.
  LimiterDoor& limiter() { return limiter_; }

  /// Every host function that is linked from now on is replaced by what `wrap` makes of it.
  void wrap_host_functions(
      std::function<runtime::HostFunction(const runtime::HostFunction&)> wrap) {
    wrap_ = std::move(wrap);
  }

  runtime::StoreCore& core() { return *core_; }
  HostContext& context() { return context_; }
  /// Null when the run is not recorded.
  replay::Recorder* recorder() { return recorder_.get(); }
  replay::Playback* playback() { return playback_; }
  /// Null unless the run is recorded and can be held.
  replay::LiveRecording* live() { return live_; }

  /// In a replay: the next call that is invoked goes on from a frozen stack (code/frozen_stack.hpp)
  /// instead of beginning: held there first, if it was stopped, else waiting as it did.
  /// `yield`: the request of the yield that it is in, if it is in one.
  void adopt(std::vector<uint8_t> frozen, std::optional<uint64_t> yield) {
    frozen_ = std::move(frozen);
    frozen_yield_ = yield;
  }

  /// Keeps a host function for as long as the session lives.
  const runtime::HostFunction& keep(runtime::HostFunction function);
  /// Puts this session's door behind an import and makes it callable. `call_slots`: see
  /// runtime::NativeFunction.
  Result<runtime::FuncId> open(std::unique_ptr<runtime::HostImport> import, wasm::TypeId type,
                               uint32_t call_slots = 0);
  /// The same without a store function: what the linking of a component asks for.
  runtime::NativeStepFunction open_door(runtime::HostImport& import);

  /// Calls a core function; suspends while the host makes it wait.
  Task<Outcome<std::vector<runtime::Slot>>> invoke(runtime::FuncId function,
                                                   std::vector<runtime::Slot> arguments);
  /// Runs a started activation to its end, likewise.
  Task<Outcome<std::vector<runtime::Slot>>> drive(std::unique_ptr<runtime::Activation> activation);
  /// A guest was interrupted: for the recording, or from it. For whoever drives an activation.
  void note_interruption(const Trap& trap);
  /// The same for one that waited. Before its trap.
  void note_interrupted_wait(uint32_t reason);
  /// Where a guest stands that yields now; none where nothing is measured.
  std::optional<replay::YieldPlace> yield_place() const;
  /// Tells the recording that the embedder notified.
  uint32_t notify(runtime::MemoryId memory, uint64_t address, uint32_t count);

  /// Waits for what has parked, or for an interruption: gives its reason, else 0.
  class Wait;

 private:
  class Yield;

  /// In a replay, an activation has parked where the recorded one yielded: waits until the trace
  /// says that it goes on. A failure: it does not.
  Task<Outcome<void>> yield_as_recorded(runtime::Activation* activation);
  void arm();
  void open_wait_door();
  void deliver_interruption();

  Session(const runtime::StoreLimits& limits, void* data)
      : context_{.suspend = {},
                 .resources = ResourceTable(limits.host_resources),
                 .data = data,
                 .parked = nullptr} {}

  HostContext context_;
  std::unique_ptr<replay::Recorder> recorder_;
  replay::Playback* playback_ = nullptr;
  replay::LiveRecording* live_ = nullptr;
  /// Where an activation that stops waits to go on; null: it just goes on.
  replay::Hold* hold_ = nullptr;
  LimiterDoor limiter_{context_};
  /// In front of the limiter, or in its place.
  std::unique_ptr<runtime::GrowthDoor> traced_growth_;
  std::function<runtime::HostFunction(const runtime::HostFunction&)> wrap_;
  bool linked_ = false;
  std::vector<uint8_t> frozen_;
  std::optional<uint64_t> frozen_yield_;
  runtime::Observer ticks_;
  std::vector<replay::Interruption> interruptions_;
  size_t next_interruption_ = 0;  // the first that is not armed yet
  struct Waiting {
    uint64_t number;
    Waiter* waiter;
  };
  std::vector<Waiting> waits_;  // in the order in which they began to
  uint64_t next_wait_ = 0;
  std::shared_ptr<Scheduler> scheduler_;
  std::unique_ptr<SchedulerDoor> scheduler_door_;
  /// In front of it, or in its place.
  std::unique_ptr<runtime::WaitDoor> traced_waits_;
  /// Callbacks that another thread has posted find the session through it, if it is still there.
  std::shared_ptr<Session*> self_ = std::make_shared<Session*>(this);
  std::vector<std::unique_ptr<runtime::HostFunction>> functions_;
  std::unique_ptr<runtime::StoreCore> core_;
};

class Session::Wait final : public Session::Waiter {
 public:
  explicit Wait(Session& session) : session_(session), parked_(session.context_) {}
  ~Wait() override { session_.end_waiting(*this); }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  bool await_ready() const { return parked_.await_ready(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    session_.begin_waiting(*this);
    parked_.await_suspend(waiter);
  }
  uint32_t await_resume() const { return reason_; }

  bool interrupt(uint32_t reason) override {
    session_.end_waiting(*this);
    reason_ = reason;
    waiter_.resume();
    return true;
  }

 private:
  Session& session_;
  runtime::Parked parked_;
  std::coroutine_handle<> waiter_;
  uint32_t reason_ = 0;
};

}  // namespace reprise::embed
