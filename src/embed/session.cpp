#include "embed/session.hpp"

#include "runtime/freeze.hpp"

namespace reprise::embed {

using runtime::Activation;
using runtime::Exit;
using runtime::FuncId;
using runtime::HostImport;
using runtime::Slot;

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const runtime::Engine> engine,
                                                 const runtime::StoreLimits& limits, void* data) {
  std::unique_ptr<Session> session(new Session);
  REPRISE_ASSIGN(session->core_, runtime::StoreCore::create(std::move(engine), limits));
  session->context_.data = data;
  return session;
}

Session::~Session() = default;

Result<void> Session::record(std::unique_ptr<replay::Recorder> recorder) {
  if (linked_) return fail(ErrorKind::usage, "recording must begin before anything is linked");
  recorder_ = std::move(recorder);
  context_.on_passed = [this](uint8_t stream, std::span<const uint8_t> bytes) {
    recorder_->output(static_cast<replay::Stream>(stream), bytes);
  };
  return ok();
}

Result<void> Session::replay(replay::Playback& playback) {
  if (linked_) return fail(ErrorKind::usage, "a replay must begin before anything is linked");
  playback_ = &playback;
  playback.player.on_output(
      [&playback](replay::Stream stream, Bytes bytes) { playback.mirror.passed(stream, bytes); });
  return ok();
}

const runtime::HostFunction& Session::keep(runtime::HostFunction function) {
  functions_.push_back(std::make_unique<runtime::HostFunction>(std::move(function)));
  return *functions_.back();
}

runtime::NativeStepFunction Session::open_door(HostImport& import) {
  linked_ = true;
  import.context = &context_;
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
        co_return std::unexpected(activation->take_trap());
      case Exit::suspended:
        co_await runtime::Parked(context_);
        break;
      case Exit::stopped:
        if (playback_) co_await replay::Held(playback_->hold);
        break;
    }
  }
}

}  // namespace reprise::embed
