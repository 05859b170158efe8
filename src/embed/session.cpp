#include "embed/session.hpp"

#include <algorithm>

#include "replay/growth_doors.hpp"
#include "runtime/fault.hpp"
#include "runtime/freeze.hpp"

namespace reprise::embed {

using runtime::Activation;
using runtime::Exit;
using runtime::FuncId;
using runtime::HostImport;
using runtime::Slot;

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const runtime::Engine> engine,
                                                 const runtime::StoreLimits& limits, void* data) {
  std::unique_ptr<Session> session(new Session(limits, data));
  REPRISE_ASSIGN(session->core_, runtime::StoreCore::create(std::move(engine), limits));
  return session;
}

Session::~Session() = default;

/// Waits for what the activation parked for, or for an interruption: gives its reason, else 0.
class Session::Wait {
 public:
  explicit Wait(Session& session) : session_(session), parked_(session.context_) {}
  ~Wait() { std::erase(session_.waits_, this); }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  bool await_ready() const { return parked_.await_ready(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    session_.waits_.push_back(this);
    parked_.await_suspend(waiter);
  }
  uint32_t await_resume() const { return reason_; }

  void interrupt(uint32_t reason) {
    reason_ = reason;
    waiter_.resume();
  }

 private:
  Session& session_;
  runtime::Parked parked_;
  std::coroutine_handle<> waiter_;
  uint32_t reason_ = 0;
};

/// Lets others go first, if somebody schedules.
class Session::Yield {
 public:
  explicit Yield(const std::function<void(std::coroutine_handle<>)>& schedule)
      : schedule_(schedule) {}
  bool await_ready() const { return !schedule_; }
  void await_suspend(std::coroutine_handle<> waiter) const { schedule_(waiter); }
  void await_resume() const {}

 private:
  const std::function<void(std::coroutine_handle<>)>& schedule_;
};

void Session::count_ticks() {
  if (core_->observer() == nullptr) core_->set_observer(&ticks_);
}

void Session::expect_interruptions(std::vector<replay::Interruption> interruptions) {
  count_ticks();
  interruptions_ = std::move(interruptions);
  std::reverse(interruptions_.begin(), interruptions_.end());
  arm();
}

void Session::arm() {
  runtime::Observer& observer = *core_->observer();
  observer.interrupt_at_tick = UINT64_MAX;
  if (interruptions_.empty()) return;
  const uint64_t ticks = interruptions_.back().ticks;
  interruptions_.pop_back();
  observer.interrupt_reason = runtime::Interrupter::kDeadline;
  if (ticks == observer.ticks) {
    core_->interrupter()->raise(runtime::Interrupter::kDeadline);
  } else {
    observer.interrupt_at_tick = ticks;
  }
}

void Session::interrupt_parked(runtime::Interrupter::Reason reason) {
  if (!waits_.empty()) waits_.back()->interrupt(reason);
}

void Session::note_interruption(const Trap& trap) {
  if (recorder_) {
    std::string where;
    if (!trap.frames.empty()) where = "function " + std::to_string(trap.frames[0].function_index);
    if (core_->observer() != nullptr) {
      recorder_->interrupted(trap.message, where, core_->observer()->ticks);
    } else {
      recorder_->poison("an interruption of a run that does not count ticks");
    }
  }
  if (playback_ && core_->observer() != nullptr) arm();
}

Result<void> Session::record(std::unique_ptr<replay::Recorder> recorder) {
  if (linked_) return fail(ErrorKind::usage, "recording must begin before anything is linked");
  runtime::install_fault_handler();  // for the ring, where memories don't need it
  recorder_ = std::move(recorder);
  context_.on_passed = [this](uint8_t stream, std::span<const uint8_t> bytes) {
    recorder_->output(static_cast<replay::Stream>(stream), bytes);
  };
  traced_growth_ = std::make_unique<replay::RecordingGrowthDoor>(*recorder_, &limiter_);
  core_->set_growth_door(traced_growth_.get());
  return ok();
}

Result<void> Session::replay(replay::Playback& playback) {
  if (linked_) return fail(ErrorKind::usage, "a replay must begin before anything is linked");
  playback_ = &playback;
  playback.interrupt_parked = [this] { interrupt_parked(runtime::Interrupter::kDeadline); };
  playback.player.on_output(
      [&playback](replay::Stream stream, Bytes bytes) { playback.mirror.passed(stream, bytes); });
  traced_growth_ = std::make_unique<replay::ReplayingGrowthDoor>(playback, context_);
  core_->set_growth_door(traced_growth_.get());
  return ok();
}

const runtime::HostFunction& Session::keep(runtime::HostFunction function) {
  functions_.push_back(std::make_unique<runtime::HostFunction>(std::move(function)));
  return *functions_.back();
}

runtime::NativeStepFunction Session::open_door(HostImport& import) {
  linked_ = true;
  import.context = &context_;
  if (wrap_) import.function = &keep(wrap_(*import.function));
  if (recorder_) return replay::open_recording_door(import, *recorder_);
  if (playback_) return replay::open_replaying_door(import, *playback_);
  return runtime::direct_door;
}

Result<FuncId> Session::open(std::unique_ptr<HostImport> import, wasm::TypeId type,
                             uint32_t call_slots) {
  runtime::NativeFunction native;
  native.step = open_door(*import);
  native.data = import.get();
  native.name = import->function->name;
  native.call_slots = call_slots;
  native.owner = std::shared_ptr<HostImport>(std::move(import));
  return core_->add_native(type, std::move(native));
}

// outlives: this: the session is the store's, and drives its own activations
Task<Outcome<std::vector<Slot>>> Session::invoke(FuncId function, std::vector<Slot> arguments) {
  auto activation = Activation::create(*core_);
  if (!activation) co_return std::unexpected(std::move(activation.error()));
  if (frozen_.empty()) {
    if (auto started = (*activation)->start(function, arguments); !started)
      co_return std::unexpected(std::move(started.error()));
  } else {
    const std::vector<uint8_t> frozen = std::exchange(frozen_, {});
    ByteReader in(frozen);
    if (auto thawed = runtime::thaw_activation(**activation, in); !thawed)
      co_return std::unexpected(std::move(thawed.error()));
    co_await replay::Held(playback_->hold);
  }
  co_return co_await drive(std::move(*activation));
}

// outlives: this: the session is the store's, and drives its own activations
Task<Outcome<std::vector<Slot>>> Session::drive(std::unique_ptr<Activation> activation) {
  while (true) {
    switch (activation->run()) {
      case Exit::returned: {
        const auto results = activation->results();
        co_return std::vector<Slot>(results.begin(), results.end());
      }
      case Exit::trapped:
        if (activation->trap().kind == TrapKind::interrupted) note_interruption(activation->trap());
        co_return std::unexpected(activation->take_trap());
      case Exit::suspended:
        if (activation->yielded() != runtime::Yielded::no) {
          co_await Yield(schedule_);
        } else if (const uint32_t reason = co_await Wait(*this); reason != 0) {
          note_interruption({TrapKind::interrupted, runtime::interruption_message(reason), 0, {}});
          static_cast<void>(activation->trap_parked(reason));
          co_return std::unexpected(activation->take_trap());
        }
        break;
      case Exit::stopped:
        if (playback_) co_await replay::Held(playback_->hold);
        break;
    }
  }
}

}  // namespace reprise::embed
