// Store of the public API, and what recording means there.

#include "embed/api_state.hpp"
#include "replay/session_limits.hpp"
#include "trace/ring.hpp"

namespace reprise {

using detail::StoreState;

namespace {

replay::RecorderOptions recorder_options(const RecordOptions& options, const Limits& limits) {
  replay::RecorderOptions recording;
  switch (options.arguments) {
    case RecordOptions::Arguments::values:
      recording.arguments = replay::Arguments::values;
      break;
    case RecordOptions::Arguments::short_values:
      recording.arguments = replay::Arguments::short_values;
      break;
    case RecordOptions::Arguments::digests:
      recording.arguments = replay::Arguments::digests;
      break;
  }
  recording.omit = {.environment = options.omit_environment,
                    .arguments = options.omit_arguments,
                    .input = options.omit_input};
  recording.writer.codec = options.codec == RecordOptions::Codec::zstd  ? trace::Codec::zstd
                           : options.codec == RecordOptions::Codec::lz4 ? trace::Codec::lz4
                                                                        : trace::Codec::none;
  recording.writer.ring_path = trace::default_ring_path(options.path);
  recording.writer.trace_path = options.path;
  recording.limits = replay::recorded_limits(limits, options.interruptible);
  return recording;
}

}  // namespace

Result<void> StoreState::on_own_thread() const {
  if (std::this_thread::get_id() == thread) return ok();
  return fail(ErrorKind::usage, "a store is used on another thread than the one that made it");
}

AnyStore::AnyStore(std::unique_ptr<StoreState> state) : state_(std::move(state)) {}
AnyStore::AnyStore(AnyStore&&) noexcept = default;
AnyStore& AnyStore::operator=(AnyStore&&) noexcept = default;
AnyStore::~AnyStore() = default;

Result<AnyStore> AnyStore::create(const Engine& engine, std::shared_ptr<void> data,
                                  const Limits& limits) {
  auto state = std::make_unique<StoreState>();
  state->data = std::move(data);
  state->engine = detail::Access::state(engine);
  state->limits = limits;
  REPRISE_ASSIGN(state->session, embed::Session::create(state->engine, limits, state->data.get()));
  return AnyStore(std::move(state));
}

Result<void> AnyStore::record(const RecordOptions& options) {
  REPRISE_TRY(state_->on_own_thread());
  if (state_->session->recorder()) return fail(ErrorKind::usage, "the store is recorded already");
  if (!state_->instances.empty())
    return fail(ErrorKind::usage, "recording must begin before anything is instantiated");
  REPRISE_ASSIGN(auto sink, trace::FileSink::create(options.path));
  REPRISE_ASSIGN(auto recorder, replay::Recorder::create(
                                    std::move(sink), recorder_options(options, state_->limits)));
  REPRISE_TRY(state_->session->record(std::move(recorder)));
  if (options.interruptible) state_->session->count_ticks();
  state_->recording = options;
  return ok();
}

Result<void> AnyStore::close_recording() {
  REPRISE_TRY(state_->on_own_thread());
  if (!state_->recording) return fail(ErrorKind::usage, "no recording is open");
  state_->recording.reset();
  replay::Recorder& recorder = *state_->session->recorder();
  const std::optional<Trap>& trap = state_->last_trap;
  REPRISE_TRY(!trap                          ? recorder.close_clean()
              : trap->kind == TrapKind::exit ? recorder.close_exit(trap->exit_code)
                                             : recorder.close_trap(*trap));
  const std::string poisoned = recorder.status().poisoned;
  if (!poisoned.empty())
    return fail(ErrorKind::unsupported, "the recording is no faithful one: " + poisoned);
  return ok();
}

Metering AnyStore::metering() {
  return Metering(*state_);
}

Statistics AnyStore::statistics() {
  return state_->session->core().statistics();
}

ResourceTable& AnyStore::resources() {
  return state_->session->context().resources;
}

Result<void> AnyStore::may_run() const {
  REPRISE_TRY(state_->on_own_thread());
  if (state_->suspending.empty()) return ok();
  return fail(ErrorKind::usage, "run() cannot wait, and the host function " + state_->suspending +
                                    " may suspend; await the task instead");
}

Error AnyStore::would_wait() {
  return {ErrorKind::usage, "the task wanted to wait for something, and was cancelled", {}, {}};
}

}  // namespace reprise
