// Store of the public API, and what recording means there.

#include <cstdio>
#include <cstdlib>

#include "embed/api_state.hpp"
#include "embed/hooked_function.hpp"
#include "replay/session_limits.hpp"
#include "trace/ring.hpp"

namespace reprise {

using detail::StoreState;

namespace {

replay::RecorderOptions recorder_options(const RecordOptions& options, const Limits& limits,
                                         const replay::Measures& measures) {
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
  recording.writer.ring_paths = trace::ring_paths(options.path);
  recording.writer.trace_path = options.path;
  recording.limits = replay::recorded_limits(limits, measures);
  return recording;
}

}  // namespace

Error StoreState::on_another_thread() {
  return {ErrorKind::usage, "a store is used on another thread than its own", {}, {}};
}

Result<void> StoreState::on_own_thread() const {
  if (is_on_own_thread()) return ok();
  return std::unexpected(on_another_thread());
}

void StoreState::expect_own_thread(const char* what) const {
  if (is_on_own_thread()) [[likely]]
    return;
  std::fprintf(stderr, "reprise: %s on another thread than its store's\n", what);
  std::abort();
}

AnyStore::AnyStore(std::unique_ptr<StoreState> state) : state_(std::move(state)) {}
AnyStore::AnyStore(AnyStore&&) noexcept = default;
AnyStore& AnyStore::operator=(AnyStore&&) noexcept = default;
AnyStore::~AnyStore() = default;

Result<AnyStore> AnyStore::create(const Engine& engine, std::shared_ptr<void> data,
                                  const Limits& limits, bool is_sendable) {
  auto state = std::make_unique<StoreState>();
  state->data = std::move(data);
  state->engine = detail::Access::state(engine);
  state->limits = limits;
  state->is_sendable = is_sendable;
  REPRISE_ASSIGN(state->session, embed::Session::create(state->engine, limits, state->data.get()));
  state->session->context().store = state.get();
  return AnyStore(std::move(state));
}

Result<void> AnyStore::record(const RecordOptions& options) {
  REPRISE_TRY(state_->on_own_thread());
  if (state_->session->recorder()) return fail(ErrorKind::usage, "the store is recorded already");
  if (!state_->instances.empty())
    return fail(ErrorKind::usage, "recording must begin before anything is instantiated");
  runtime::StoreCore& core = state_->session->core();
  // Yields to epochs have no other place where no fuel is charged.
  const bool yields_anywhere = core.epoch_delta() != 0 && !core.engine().charges_fuel();
  const replay::Measures measures{.ticks = options.interruptible || yields_anywhere,
                                  .fuel = core.engine().charges_fuel()};
  // It may have been given another amount since it was made.
  Limits limits = state_->limits;
  if (measures.fuel) limits.fuel = core.meter().fuel();
  REPRISE_ASSIGN(auto sink, trace::FileSink::create(options.path));
  REPRISE_ASSIGN(auto recorder, replay::Recorder::create(
                                    std::move(sink), recorder_options(options, limits, measures)));
  REPRISE_TRY(state_->session->record(std::move(recorder)));
  if (measures.ticks) state_->session->count_ticks();
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
  state_->expect_own_thread("metering() is called");
  return Metering(*state_);
}

Statistics AnyStore::statistics() {
  state_->expect_own_thread("statistics() is called");
  Statistics all = state_->session->core().statistics();
  const auto add = [&all](const FrameArena::Counts& counts) {
    all.frames += counts.frames;
    all.frames_allocated += counts.chunks;
  };
  add(state_->old_frames);
  add(state_->session->context().suspend.frames().counts());
  for (const auto& idle : state_->idle_suspends) add(idle->frames().counts());
  for (const detail::StoreWork* const work : state_->works) add(work->frames());
  return all;
}

ResourceTable& AnyStore::resources() {
  state_->expect_own_thread("resources() is called");
  return state_->session->context().resources;
}

void AnyStore::set_limiter(std::shared_ptr<Limiter> limiter) {
  state_->expect_own_thread("set_limiter() is called");
  state_->limiter_may_suspend = false;
  state_->session->set_limiter(std::move(limiter));
}

void AnyStore::set_limiter(std::shared_ptr<AsyncLimiter> limiter) {
  state_->expect_own_thread("set_limiter() is called");
  state_->limiter_may_suspend = limiter != nullptr;
  state_->session->set_limiter(std::move(limiter));
}

Result<void> AnyStore::set_scheduler(std::shared_ptr<Scheduler> scheduler) {
  REPRISE_TRY(state_->on_own_thread());
  if (state_->session->is_waiting())
    return fail(ErrorKind::usage, "a scheduler cannot be set while a guest waits");
  state_->session->set_scheduler(std::move(scheduler));
  return ok();
}

namespace {

template <class Hook>
Result<void> set_hook(StoreState& store, std::shared_ptr<Hook> hook) {
  REPRISE_TRY(store.on_own_thread());
  if (!store.instances.empty())
    return fail(ErrorKind::usage, "a call hook is set before anything is instantiated");
  store.hook = std::move(hook);
  store.session->wrap_host_functions(
      [&store](const runtime::HostFunction& f) { return detail::hooked(store, f); });
  return ok();
}

}  // namespace

Result<void> AnyStore::set_call_hook(std::shared_ptr<CallHook> hook) {
  return set_hook(*state_, std::move(hook));
}

Result<void> AnyStore::set_call_hook(std::shared_ptr<AsyncCallHook> hook) {
  return set_hook(*state_, std::move(hook));
}

Result<void> AnyStore::bind_to_this_thread() {
  if (state_->session->core().is_running())
    return fail(ErrorKind::usage, "the store cannot change threads while a guest runs in it");
  state_->thread = std::this_thread::get_id();
  return ok();
}

// ---- StoreState ----

StoreState::~StoreState() {
  if (!session) return;
  // One that may go anywhere may end anywhere, with what is suspended in it.
  if (is_sendable && !session->core().is_running()) thread = std::this_thread::get_id();
  expect_own_thread("a store is destroyed");
  // Instances, and all that suspended work refers to, are still there.
  for (auto work = works.rbegin(); work != works.rend(); ++work) (*work)->abandon();
}

Result<void> StoreState::may_run(const MaySuspend* more) const {
  const bool is_linked = !more || !may_suspend.function.empty();
  const std::string& function = is_linked ? may_suspend.function : more->function;
  const bool shares = !more || !may_suspend.shares_memory.empty();
  const std::string& shares_memory = shares ? may_suspend.shares_memory : more->shares_memory;
  std::string what;
  if (!function.empty())
    what = "the host function " + function;
  else if (limiter_may_suspend)
    what = "the asynchronous limiter";
  else if (std::holds_alternative<std::shared_ptr<AsyncCallHook>>(hook))
    what = "the asynchronous call hook";
  else if (session->scheduler() && yields())
    what = "a guest that yields";
  else if (session->scheduler() && !shares_memory.empty())
    what = "memory.atomic.wait in " + shares_memory;
  if (what.empty()) return ok();
  return fail(ErrorKind::usage,
              "run() cannot wait, and " + what + " may suspend; await the operation instead");
}

bool StoreState::yields() const {
  return session->core().meter().interval() != 0 || session->core().epoch_delta() != 0;
}

Result<void> StoreState::check_recording() const {
  if (session->recorder() && !recording)
    return fail(ErrorKind::usage, "the store's recording was closed");
  return ok();
}

std::unique_ptr<Suspend> StoreState::take_suspend() {
  if (idle_suspends.empty()) return std::make_unique<Suspend>();
  std::unique_ptr<Suspend> suspend = std::move(idle_suspends.back());
  idle_suspends.pop_back();
  return suspend;
}

void StoreState::give_back(std::unique_ptr<Suspend> suspend) {
  constexpr size_t kIdleSuspends = 8;
  if (idle_suspends.size() < kIdleSuspends) return idle_suspends.push_back(std::move(suspend));
  old_frames.frames += suspend->frames().counts().frames;
  old_frames.chunks += suspend->frames().counts().chunks;
}

}  // namespace reprise
