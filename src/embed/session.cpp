#include "embed/session.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "code/frozen_stack.hpp"
#include "replay/growth_doors.hpp"
#include "runtime/fault.hpp"

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

Session::~Session() {
  // From here on no other thread reaches it.
  if (core_) core_->interrupter()->on_raise({});
}

/// Lets others go first, if somebody schedules.
class Session::Yield {
 public:
  explicit Yield(Scheduler* scheduler) : scheduler_(scheduler) {}
  bool await_ready() const { return scheduler_ == nullptr; }
  void await_suspend(std::coroutine_handle<> waiter) { turn_.take(*scheduler_, waiter); }
  void await_resume() const {}

 private:
  Scheduler* scheduler_;
  Turn turn_;
};

void Session::count_ticks() {
  if (core_->observer() == nullptr) core_->set_observer(&ticks_);
}

void Session::expect_interruptions(std::vector<replay::Interruption> interruptions) {
  interruptions_ = std::move(interruptions);
  next_interruption_ = 0;
  arm();
}

void Session::rewind_interruptions() {
  if (interruptions_.empty()) return;
  const auto next = std::ranges::lower_bound(interruptions_, playback_->player.event(), {},
                                             &replay::Interruption::event);
  next_interruption_ = static_cast<size_t>(next - interruptions_.begin());
  core_->interrupter()->withdraw(runtime::Interrupter::kDeadline);
  arm();
}

void Session::arm() {
  using Kind = replay::Interruption::Kind;
  runtime::Observer* const observer = core_->observer();
  if (observer != nullptr) observer->interrupt_at_tick = UINT64_MAX;
  core_->meter().yield_at(UINT64_MAX);
  if (next_interruption_ == interruptions_.size()) return;
  const replay::Interruption& next = interruptions_[next_interruption_++];
  if (next.kind == Kind::yield_at_fuel) return core_->meter().yield_at(next.at);
  if (observer == nullptr) return;
  const bool traps = next.kind == Kind::trap_at_tick;
  if (traps && next.at == observer->ticks) {
    core_->interrupter()->raise(runtime::Interrupter::kDeadline);
  } else {
    observer->interrupt_reason = traps ? runtime::Interrupter::kDeadline : 0;
    observer->interrupt_at_tick = next.at;
  }
}

void Session::interrupt_parked(runtime::Interrupter::Reason reason) {
  // In a replay the word is set for a tick of a guest that runs, and nothing else.
  if (!playback_) core_->interrupter()->withdraw(reason);
  for (size_t i = waits_.size(); i-- != 0;)
    if (waits_[i].waiter->interrupt(reason)) return;
}

void Session::set_scheduler(std::shared_ptr<Scheduler> scheduler) {
  scheduler_ = std::move(scheduler);
  scheduler_door_.reset();
  if (scheduler_) scheduler_door_ = std::make_unique<SchedulerDoor>(scheduler_, context_);
  open_wait_door();
  if (!scheduler_) return core_->interrupter()->on_raise({});
  core_->interrupter()->on_raise([scheduler = scheduler_, session = std::weak_ptr(self_)] {
    scheduler->post([session] {
      if (const auto found = session.lock()) (*found)->deliver_interruption();
    });
  });
}

void Session::open_wait_door() {
  if (playback_) return;
  traced_waits_.reset();
  if (recorder_ && scheduler_door_)
    traced_waits_ = std::make_unique<replay::RecordingWaitDoor>(*recorder_, *scheduler_door_);
  core_->set_wait_door(traced_waits_ ? traced_waits_.get() : scheduler_door_.get());
}

/// A guest that runs looks for itself; so does the next one if none is there now.
void Session::deliver_interruption() {
  runtime::Interrupter& interrupter = *core_->interrupter();
  if (core_->is_running() || waits_.empty() || !interrupter.is_raised()) return;
  const bool is_yield =
      interrupter.next() == runtime::Interrupter::kEpoch && core_->epoch_delta() != 0;
  if (is_yield) return;
  const uint32_t reason = interrupter.take();
  // The last first. Whoever is stopped may make an end of others that wait, or start some, which
  // are left alone.
  uint64_t below = next_wait_;
  while (true) {
    const auto next = std::find_if(waits_.rbegin(), waits_.rend(),
                                   [&](const Waiting& w) { return w.number < below; });
    if (next == waits_.rend()) return;
    below = next->number;
    if (!next->waiter->interrupt(reason)) interrupter.put_back(reason);
  }
}

uint32_t Session::notify(runtime::MemoryId memory, uint64_t address, uint32_t count) {
  runtime::WaitDoor* const door = core_->wait_door();
  if (door == nullptr) return 0;
  if (recorder_) recorder_->notified(memory.value, address, count);
  return door->notify(memory, address, count);
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

std::optional<replay::YieldPlace> Session::yield_place() const {
  if (core_->engine().charges_fuel())
    return replay::YieldPlace{trace::Growable::yield_at_fuel, core_->meter().burnt()};
  if (const runtime::Observer* const observer = core_->observer())
    return replay::YieldPlace{trace::Growable::yield_at_tick, observer->ticks};
  return std::nullopt;
}

// outlives: this: the session is the store's, and drives its own activations
// outlives: activation: whoever awaits this owns it
Task<Outcome<void>> Session::yield_as_recorded(Activation* activation) {
  std::optional<uint64_t> request = std::exchange(frozen_yield_, std::nullopt);
  if (!request) {
    arm();
    if (playback_->player.event() >= hold_->event) co_await replay::Held(*hold_);
    if (const auto place = yield_place())
      request = playback_->player.yields(place->measure, place->at);
    if (!request) co_return Outcome<void>();  // the trace knows of none here
  }
  replay::LateTurn turn(*playback_, *request, *activation);
  context_.parked = &turn;
  co_await runtime::Parked(context_);
  if (turn.verdict() == trace::Verdict::cancelled)
    co_return std::unexpected(Failure(Trap::of(TrapKind::cancelled)));
  co_return Outcome<void>();
}

void Session::note_interrupted_wait(uint32_t reason) {
  if (recorder_) recorder_->interrupted_waiting(runtime::interruption_message(reason));
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
  open_wait_door();
  return ok();
}

void Session::hold_at_doors(replay::LiveRecording& live) {
  REPRISE_CHECK(recorder_ && !linked_);
  live_ = &live;
  hold_ = &live.hold;
}

Result<void> Session::replay(replay::Playback& playback) {
  if (linked_) return fail(ErrorKind::usage, "a replay must begin before anything is linked");
  playback_ = &playback;
  hold_ = &playback.hold;
  playback.interrupt_parked = [this] { interrupt_parked(runtime::Interrupter::kDeadline); };
  playback.player.on_output(
      [&playback](replay::Stream stream, Bytes bytes) { playback.mirror.passed(stream, bytes); });
  traced_growth_ = std::make_unique<replay::ReplayingGrowthDoor>(playback, context_);
  core_->set_growth_door(traced_growth_.get());
  traced_waits_ = std::make_unique<replay::ReplayingWaitDoor>(playback, context_);
  core_->set_wait_door(traced_waits_.get());
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
  if (live_) return replay::open_live_door(import, *live_);
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
  native.frame_format = import->frame_format;
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
    if (auto thawed = code::thaw_activation(**activation, in); !thawed)
      co_return std::unexpected(std::move(thawed.error()));
    const bool yields = (*activation)->yielded() != runtime::Yielded::no;
    if (yields != frozen_yield_.has_value())
      co_return std::unexpected(
          Error{ErrorKind::malformed, "the frozen call does not say what it waits for", {}, {}});
  }
  co_return co_await drive(std::move(*activation));
}

// outlives: this: the session is the store's, and drives its own activations
Task<Outcome<std::vector<Slot>>> Session::drive(std::unique_ptr<Activation> activation) {
  // One that was put back as it waited goes on waiting.
  Exit exit = activation->is_stopped()  ? Exit::stopped
              : activation->is_parked() ? Exit::suspended
                                        : activation->run();
  for (;; exit = activation->run()) {
    switch (exit) {
      case Exit::returned: {
        const auto results = activation->results();
        co_return std::vector<Slot>(results.begin(), results.end());
      }
      case Exit::trapped:
        if (activation->trap().kind == TrapKind::interrupted) note_interruption(activation->trap());
        co_return std::unexpected(activation->take_trap());
      case Exit::suspended:
        if (activation->yielded() != runtime::Yielded::no) {
          if (!playback_) {
            co_await Yield(scheduler_.get());
          } else if (auto turn = co_await yield_as_recorded(activation.get()); !turn) {
            co_return std::unexpected(std::move(turn.error()));
          }
        } else if (const uint32_t reason = co_await Wait(*this); reason != 0) {
          note_interrupted_wait(reason);
          static_cast<void>(activation->trap_parked(reason));
          co_return std::unexpected(activation->take_trap());
        }
        break;
      case Exit::stopped:
        if (hold_) co_await replay::Held(*hold_);
        break;
    }
  }
}

}  // namespace reprise::embed
