#include "replay/doors.hpp"

#include <algorithm>

#include "replay/spaced_call.hpp"
#include "runtime/activation.hpp"
#include "runtime/call_buffers.hpp"
#include "wit/encoding.hpp"

namespace reprise::replay {

using runtime::HostImport;
using runtime::NativeCall;
using runtime::NativeStep;
using runtime::ParkedCall;

namespace {

NativeStep lower_results(NativeCall& call, HostImport& import, Bytes results) {
  if (auto lowered = import.lower(call, results); !lowered)
    return call.trap(std::move(lowered.error()));
  return NativeStep::done;
}

// ---- Recording ----

struct RecordedImport {
  Recorder& recorder;
  uint32_t function;
  runtime::CallBuffers buffers;
};

/// A parked call that the recording has begun: if it is cancelled, the recording says so.
class RecordedCall final : public ParkedCall {
 public:
  RecordedCall(NativeCall& call, HostImport& import, std::unique_ptr<PendingHostCall> pending,
               Recorder& recorder, uint64_t number)
      : ParkedCall(call, import, std::move(pending)), recorder_(recorder), number_(number) {}
  ~RecordedCall() {
    if (!is_finished()) recorder_.cancelled(number_, "the call into the guest was cancelled");
  }
  uint64_t number() const { return number_; }

 private:
  Recorder& recorder_;
  uint64_t number_;
};

// Each is two comparisons and a few stores, where nothing is out of the ordinary: all of it is put
// in line here, since the calls of its parts would cost more than they do.

[[gnu::flatten]] uint64_t record_entry(const RecordedImport& door, Bytes arguments) {
  return door.recorder.enter(door.function, arguments);
}

[[gnu::flatten]] void record_result(const RecordedImport& door, uint64_t call, Bytes values) {
  door.recorder.result(call, values);
}

NativeStep record_trap(NativeCall& call, Recorder& recorder, uint64_t number, Trap trap) {
  recorder.result_trap(number, trap);
  return call.trap(std::move(trap));
}

/// The entry half, the host, and the result half if the host answers at once.
[[gnu::always_inline]] inline NativeStep begin_recorded(NativeCall& call, HostImport& import,
                                                        Bytes arguments, ByteWriter& results) {
  auto& door = *static_cast<RecordedImport*>(import.door.get());
  const uint64_t number = record_entry(door, arguments);
  auto started = start_spaced(call, import, arguments, results, door.recorder);
  if (started && *started) {
    call.emplace_scratch<RecordedCall>(call, import, std::move(*started), door.recorder, number);
    return NativeStep::suspend;
  }
  if (!started) return record_trap(call, door.recorder, number, std::move(started.error()));
  record_result(door, number, results.view());
  return lower_results(call, import, results.view());
}

/// The result half of a call that had to wait.
NativeStep finish_recorded(NativeCall& call, HostImport& import) {
  auto& door = *static_cast<RecordedImport*>(import.door.get());
  auto& parked = call.scratch<RecordedCall>();
  runtime::LentBuffers buffers(door.buffers);
  ByteWriter& results = buffers.results();
  if (auto finished = parked.finish(results); !finished)
    return record_trap(call, door.recorder, parked.number(), std::move(finished.error()));
  record_result(door, parked.number(), results.view());
  return lower_results(call, import, results.view());
}

NativeStep recording_door(NativeCall& call) {
  auto& import = call.data_as<HostImport>();
  if (call.phase() != 0) return finish_recorded(call, import);
  runtime::LentBuffers buffers(static_cast<RecordedImport*>(import.door.get())->buffers);
  ByteWriter& arguments = buffers.arguments();
  if (auto lifted = import.lift(call, arguments); !lifted)
    return call.trap(std::move(lifted.error()));
  return begin_recorded(call, import, arguments.view(), buffers.results());
}

// ---- Being held ----

/// What a call that is held keeps: its arguments were taken out of the guest already.
struct HeldCall {
  std::vector<uint8_t> arguments;
};

/// Why a call that can be held is entered again, in its frame's locals.
constexpr size_t kEnteredFor = 0;
constexpr uint64_t kHeld = 1;
constexpr uint64_t kLate = 2;

NativeStep hold_call(NativeCall& call, HostImport& import, Hold& hold,
                     std::vector<uint8_t> arguments) {
  call.emplace_scratch<HeldCall>(std::move(arguments));
  call.locals()[kEnteredFor] = kHeld;
  import.context->parked = &hold;
  return NativeStep::suspend;
}

// ---- Recording a run that can be held ----

struct LiveImport : RecordedImport {
  LiveRecording& live;
  std::string name;
};

NativeStep begin_live(NativeCall& call, HostImport& import, Bytes arguments) {
  ByteWriter results;
  const NativeStep step = begin_recorded(call, import, arguments, results);
  if (step == NativeStep::suspend) call.locals()[kEnteredFor] = kLate;
  return step;
}

NativeStep live_door(NativeCall& call) {
  auto& import = call.data_as<HostImport>();
  if (call.phase() != 0) {
    if (call.locals()[kEnteredFor] == kLate) return finish_recorded(call, import);
    const std::vector<uint8_t> arguments = std::move(call.scratch<HeldCall>().arguments);
    return begin_live(call, import, arguments);
  }
  ByteWriter arguments;
  if (auto lifted = import.lift(call, arguments); !lifted)
    return call.trap(std::move(lifted.error()));
  auto& door = static_cast<LiveImport&>(*static_cast<RecordedImport*>(import.door.get()));
  // A leaf must answer at once: it is held before its next event.
  if (door.live.is_due() && !call.activation().in_leaf()) {
    door.live.coming = print_call(door.name, import.function->type, arguments.view());
    return hold_call(call, import, door.live.hold, arguments.take());
  }
  return begin_live(call, import, arguments.view());
}

// ---- Replaying ----

struct ReplayedImport {
  Playback& playback;
  const RecordedFunction* recorded;
  std::string name;
  Mirror::Role role;
  runtime::CallBuffers buffers;
};

/// A call whose result the trace has later. Its place in Playback::waiting is its only state.
class LateAnswer final : public PendingHostCall {
 public:
  LateAnswer(Playback& playback, uint64_t call) : playback_(playback), call_(call) {}
  uint64_t call() const { return call_; }
  ~LateAnswer() override { playback_.waiting.erase(call_); }
  bool done() const override { return playback_.waiting.at(call_).arrived; }
  void on_done(std::coroutine_handle<> waiter) override {
    playback_.waiting.at(call_).waiter = waiter;
  }
  TrapOr<void> finish(ByteWriter& results) override {
    Playback::Waiting& waiting = playback_.waiting.at(call_);
    if (waiting.answer.kind == Answer::Kind::trap)
      return std::unexpected(std::move(waiting.answer.trap));
    results.bytes(waiting.values);
    return {};
  }

 private:
  Playback& playback_;
  uint64_t call_;
};

/// What a parked call of a replay keeps: the mirror wants its arguments again.
struct LateCall {
  std::unique_ptr<LateAnswer> pending;
  std::vector<uint8_t> arguments;
};

/// Why a replayed call is entered again, beside the reasons of every call that can be held.
constexpr uint64_t kPaused = 3;

NativeStep diverged(NativeCall& call, Playback& playback) {
  if (auto& divergence = playback.player.divergence(); divergence && divergence->frames.empty())
    divergence->frames = call.activation().backtrace();
  return call.trap(Trap::host("the run diverges from its recording"));
}

/// What a trace says is the result is one, and nothing else. Lowering relies on it.
bool is_result(const HostImport& import, Bytes values) {
  ByteReader check(values);
  const wit::Type result = import.function->type.result;
  return !result || (wit::check_value(result, check) && check.at_end());
}

NativeStep malformed_result(NativeCall& call, const ReplayedImport& door) {
  return call.trap(Trap::host("the trace's result of " + door.name + " is malformed"));
}

/// What the host has answered, the guest has. If it was cancelled while it ran on from here, at a
/// place that the trace doesn't tell, it does not go on: in a loop it might never end.
NativeStep go_on(NativeCall& call, HostImport& import, Playback& playback) {
  if (call.activation().in_leaf() || !playback.player.cancels_next()) return NativeStep::done;
  import.context->parked = &call.emplace_scratch<Pause>(playback.pauses, playback.round);
  call.locals()[kEnteredFor] = kPaused;
  return NativeStep::suspend;
}

NativeStep answer_now(NativeCall& call, HostImport& import, Bytes arguments) {
  auto& door = *static_cast<ReplayedImport*>(import.door.get());
  Playback& playback = door.playback;
  Answer answer = playback.player.call(door.recorded, door.name, import.function->type, arguments);
  switch (answer.kind) {
    case Answer::Kind::values: {
      if (!is_result(import, answer.values)) return malformed_result(call, door);
      playback.mirror.called(door.role, arguments, answer.values);
      const NativeStep step = lower_results(call, import, answer.values);
      return step == NativeStep::done ? go_on(call, import, playback) : step;
    }
    case Answer::Kind::trap:
      return call.trap(std::move(answer.trap));
    case Answer::Kind::later: {
      playback.waiting[answer.call] = {import.context, {}, {}, {}, false};
      auto& late =
          call.emplace_scratch<LateCall>(std::make_unique<LateAnswer>(playback, answer.call),
                                         std::vector<uint8_t>(arguments.begin(), arguments.end()));
      call.locals()[kEnteredFor] = kLate;
      import.context->parked = late.pending.get();
      return NativeStep::suspend;
    }
    case Answer::Kind::unanswered:
      playback.mirror.interrupted(door.role, arguments);
      [[fallthrough]];
    case Answer::Kind::ended:
      playback.ended = true;
      return call.trap(Trap::host("the trace ends here"));
    case Answer::Kind::divergence:
      break;
  }
  return diverged(call, playback);
}

NativeStep answer_late(NativeCall& call, HostImport& import) {
  auto& door = *static_cast<ReplayedImport*>(import.door.get());
  auto& late = call.scratch<LateCall>();
  ByteWriter results;
  if (auto finished = late.pending->finish(results); !finished)
    return call.trap(std::move(finished.error()));
  if (!is_result(import, results.view())) return malformed_result(call, door);
  door.playback.mirror.called(door.role, late.arguments, results.view());
  return lower_results(call, import, results.view());
}

/// What a frame keeps of a call that waits for a late result.
bool freeze_late(const runtime::NativeFrame& frame, ByteWriter& out) {
  if (frame.record.locals[kEnteredFor] != kLate) return false;
  const auto& late = frame.scratch<LateCall>();
  if (late.pending->done()) return false;
  out.leb_u64(late.pending->call());
  out.leb_u64(late.arguments.size());
  out.bytes(late.arguments);
  return true;
}

bool thaw_late(const runtime::NativeFrame& frame, ByteReader& in) {
  const auto number = in.leb_u64();
  const auto size = number ? in.leb_u32() : Result<uint32_t>(0);
  const auto arguments = size ? in.bytes(*size) : Result<Bytes>(Bytes{});
  // It may have been held before it waited.
  if (!number || !size || !arguments || frame.record.phase > 1 ||
      frame.record.locals[kEnteredFor] != kLate)
    return false;
  auto& import = frame.data_as<HostImport>();
  Playback& playback = static_cast<ReplayedImport*>(import.door.get())->playback;
  if (playback.waiting.contains(*number)) return false;
  playback.waiting[*number] = {import.context, {}, {}, {}, false};
  auto& late =
      frame.emplace_scratch<LateCall>(std::make_unique<LateAnswer>(playback, *number),
                                      std::vector<uint8_t>(arguments->begin(), arguments->end()));
  import.context->parked = late.pending.get();
  return true;
}

constexpr runtime::FrameFormat kLateFormat{freeze_late, thaw_late};

NativeStep replaying_door(NativeCall& call) {
  auto& import = call.data_as<HostImport>();
  auto& door = *static_cast<ReplayedImport*>(import.door.get());
  Playback& playback = door.playback;
  if (call.phase() != 0) {
    if (call.locals()[kEnteredFor] == kLate) return answer_late(call, import);
    if (call.locals()[kEnteredFor] == kPaused) return NativeStep::done;
    const std::vector<uint8_t> arguments = std::move(call.scratch<HeldCall>().arguments);
    return answer_now(call, import, arguments);
  }
  runtime::LentBuffers buffers(door.buffers);
  ByteWriter& arguments = buffers.arguments();
  if (auto lifted = import.lift(call, arguments); !lifted)
    return call.trap(std::move(lifted.error()));
  if (!playback.settle_state()) return diverged(call, playback);
  // A leaf must answer at once: it is held before its next event.
  if (playback.player.event() >= playback.hold.event && !call.activation().in_leaf())
    return hold_call(call, import, playback.hold, arguments.take());
  return answer_now(call, import, arguments.view());
}

}  // namespace

bool Playback::settle_state() {
  if (!state) {
    player.skip_state();
    return true;
  }
  auto compared = player.check_state([&](std::string_view) { return state(); });
  if (!compared) return false;
  state_compared |= *compared;
  return true;
}

void Playback::end_pauses() {
  const uint64_t last = round++;
  while (true) {
    const auto found = std::ranges::find_if(
        pauses, [&](const Pause* p) { return p->round() <= last && !p->done(); });
    if (found == pauses.end()) return;
    (*found)->end();
  }
}

bool Playback::arrive(uint64_t call, const Answer& answer) {
  auto found = waiting.find(call);
  if (found == waiting.end()) return false;
  Waiting& w = found->second;
  w.answer = answer;
  w.values.assign(answer.values.begin(), answer.values.end());
  w.arrived = true;
  if (w.waiter) std::exchange(w.waiter, {}).resume();
  return true;
}

bool Playback::decide(uint64_t request, trace::Verdict verdict) {
  auto found = requests.find(request);
  if (found == requests.end()) return false;
  found->second.verdict = verdict;
  if (found->second.waiter) std::exchange(found->second.waiter, {}).resume();
  return true;
}

runtime::NativeStepFunction open_recording_door(HostImport& import, Recorder& recorder) {
  const runtime::HostFunction& f = *import.function;
  import.door = std::make_shared<RecordedImport>(
      recorder, recorder.define(trace::Direction::imported, f.interface, f.name, f.type),
      runtime::CallBuffers());
  return recording_door;
}

runtime::NativeStepFunction open_live_door(HostImport& import, LiveRecording& live) {
  const runtime::HostFunction& f = *import.function;
  const uint32_t function =
      live.recorder.define(trace::Direction::imported, f.interface, f.name, f.type);
  const std::string name = f.interface.empty() ? f.name : f.interface + "#" + f.name;
  import.door = std::shared_ptr<RecordedImport>(
      std::make_shared<LiveImport>(RecordedImport{live.recorder, function, {}}, live, name));
  return live_door;
}

runtime::NativeStepFunction open_replaying_door(HostImport& import, Playback& playback) {
  const runtime::HostFunction& f = *import.function;
  const std::string name = f.interface.empty() ? f.name : f.interface + "#" + f.name;
  import.door = std::make_shared<ReplayedImport>(
      playback, playback.player.find(trace::Direction::imported, f.interface, f.name), name,
      Mirror::role_of(f), runtime::CallBuffers());
  import.frame_format = &kLateFormat;
  return replaying_door;
}

}  // namespace reprise::replay
