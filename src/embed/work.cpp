#include "embed/work.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/check.hpp"
#include "embed/api_state.hpp"

namespace reprise::detail {

using embed::Program;
using runtime::Exit;

// ---- StoreWork ----

StoreWork::StoreWork(StoreState& store) : is_foreign_(!store.is_on_own_thread()) {
  if (is_foreign_) return;
  store_ = &store;
  suspend_ = store.take_suspend();
  store.works.push_back(this);
}

StoreWork::~StoreWork() {
  if (store_) expect_droppable();
  rest_.reset();
  if (!store_) return;
  // The youngest are the most likely to go first.
  const auto found = std::find(store_->works.rbegin(), store_->works.rend(), this);
  store_->works.erase(std::next(found).base());
  store_->give_back(std::move(suspend_));
}

void StoreWork::end() noexcept {
  if (!started_ || done_ || !store_) return;
  expect_droppable();
  rest_.reset();
  cancel();
}

void StoreWork::abandon() {
  end();
  store_ = nullptr;
}

void StoreWork::expect_droppable() const {
  store_->expect_own_thread("an Operation is dropped");
  if (!is_stepping_) [[likely]]
    return;
  std::fputs("reprise: an Operation is dropped by what runs inside of it\n", stderr);
  std::abort();
}

bool StoreWork::guarded_step() {
  is_stepping_ = true;
  const bool is_over = step();
  is_stepping_ = false;
  return is_over;
}

Error StoreWork::no_store() const {
  if (is_foreign_) return StoreState::on_another_thread();
  return {ErrorKind::usage, "the store is gone", {}, {}};
}

Result<void> StoreWork::may_run() const {
  if (!store_) return std::unexpected(no_store());
  return store_->may_run(nullptr);
}

std::optional<SuspensionPoint> StoreWork::waits_at() const {
  if (!started_ || done_ || !store_ || !pending()) return std::nullopt;
  return point(pending()->point());
}

bool StoreWork::start() {
  if (started_) return done_;
  if (!store_) return done_ = fail_with(no_store());
  if (auto here = store_->on_own_thread(); !here) return done_ = fail_with(std::move(here.error()));
  started_ = true;
  if (guarded_step()) return done_ = true;
  rest_ = wait_and_step(*suspend_, this);
  if (!rest_.done()) return rest_.start();
  // There was no room for its frame.
  cancel();
  return done_ = fail_with(no_room_for_frame());
}

struct StoreWork::Wait {
  StoreWork& work;
  bool await_ready() const { return !work.pending() || work.pending()->done(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    work.suspend_->check();
    work.waiter_ = waiter;
    work.begin_waiting();
    work.pending()->on_done(waiter);
  }
  void await_resume() {}
};

// outlives: work: the task is the work's own, and destroyed before it
Task<void> StoreWork::wait_and_step(Suspend& suspend, StoreWork* work) {
  static_cast<void>(suspend);
  do {
    try {
      co_await Wait{*work};
    } catch (...) {
      work->give_up();
      co_return;
    }
  } while (!work->step_as_task());
}

/// Whoever was to resume it threw instead: a Scheduler.
void StoreWork::give_up() {
  cancel();
  done_ = fail_with(Error{ErrorKind::usage,
                          "what waits could not be scheduled, and was cancelled: the scheduler "
                          "threw an exception",
                          {},
                          {}});
}

bool StoreWork::step_as_task() {
  store_->expect_own_thread("work that has waited goes on");
  end_waiting();
  return done_ = guarded_step();
}

// ---- HookCall ----

namespace {

SuspensionPoint point_of(Crossing crossing) {
  switch (crossing) {
    case Crossing::calling_guest:
      return SuspensionPoint::calling_guest;
    case Crossing::returned_from_guest:
      return SuspensionPoint::returned_from_guest;
    case Crossing::calling_host:
      return SuspensionPoint::calling_host;
    case Crossing::returned_from_host:
      break;
  }
  return SuspensionPoint::returned_from_host;
}

template <class F>
TrapOr<void> guarded(F work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return std::unexpected(Trap::host(std::string("call hook: ") + thrown.what()));
  } catch (...) {
    return std::unexpected(Trap::host("call hook: exception of an unknown type"));
  }
}

}  // namespace

bool HookCall::begin(StoreState& store, Suspend& suspend, Crossing crossing,
                     const std::string& function) {
  answer_ = {};
  if (const auto* hook = std::get_if<std::shared_ptr<CallHook>>(&store.hook)) {
    answer_ = guarded([&] { return (*hook)->crossing(crossing, function); });
  } else if (const auto* later = std::get_if<std::shared_ptr<AsyncCallHook>>(&store.hook)) {
    answer_ = guarded([&]() -> TrapOr<void> {
      Task<TrapOr<void>> task = (*later)->crossing(suspend, crossing, function);
      if (task.start()) return task.take();
      waiting_ = std::make_unique<Waiting>(std::move(task), point_of(crossing));
      return {};
    });
  }
  return waiting_ == nullptr;
}

TrapOr<void> HookCall::take() {
  if (const std::unique_ptr<Waiting> waited = std::move(waiting_))
    return guarded([&] { return waited->task().take(); });
  return std::move(answer_);
}

// ---- EntryWork ----

void EntryWork::Yield::on_done(std::coroutine_handle<> waiter) {
  turn_.take(*work_.store().session->scheduler(), waiter);
}

SuspensionPoint EntryWork::Yield::point() const {
  return work_.activation_->yielded() == runtime::Yielded::epoch ? SuspensionPoint::epoch_yield
                                                                 : SuspensionPoint::fuel_yield;
}

void EntryWork::Yield::begin() {
  if (replay::Recorder* const recorder = work_.store().recorder(); recorder && work_.recorded_)
    recorded_ = recorder->begin_yield(work_.store().session->yield_place(), *work_.recorded_);
}

void EntryWork::Yield::end() {
  const auto yield = std::exchange(recorded_, std::nullopt);
  replay::Recorder* const recorder = work_.store().recorder();
  if (recorder && yield) recorder->end_yield(*yield);
}

void EntryWork::Yield::cancel() {
  turn_.take_back();
  const auto yield = std::exchange(recorded_, std::nullopt);
  replay::Recorder* const recorder = work_.store().recorder();
  if (recorder && yield) recorder->cancel_yield(*yield);
}

Pending* EntryWork::pending() const {
  return stage_ == Stage::running ? parked_ : hook_.pending();
}

void EntryWork::begin_waiting() {
  store().session->begin_waiting(*this);
}

void EntryWork::end_waiting() {
  store().session->end_waiting(*this);
}

bool EntryWork::interrupt(uint32_t reason) {
  if (parked_ == &yield_) return false;
  interrupted_ = reason;
  resume();
  return true;
}

bool EntryWork::step() {
  if (interrupted_ && stage_ != Stage::running) {
    hook_.drop();
    if (!ended_with_)
      ended_with_ = Trap{TrapKind::interrupted, runtime::interruption_message(interrupted_), 0, {}};
    return fail_with(*std::move(ended_with_));
  }
  switch (stage_) {
    case Stage::begin:
      if (auto good = check(); !good) return fail_with(std::move(good.error()));
      if (!store().has_hook()) return enter();
      stage_ = Stage::hook_in;
      if (!hook_.begin(store(), suspend(), Crossing::calling_guest, name())) return false;
      [[fallthrough]];
    case Stage::hook_in:
      if (auto allowed = hook_.take(); !allowed) return fail_with(std::move(allowed.error()));
      if (auto good = check(); !good) return fail_with(std::move(good.error()));
      return enter();
    case Stage::running:
      return run();
    case Stage::hook_out:
      break;
  }
  auto allowed = hook_.take();
  if (ended_with_) return fail_with(*std::move(ended_with_));
  return allowed || fail_with(std::move(allowed.error()));
}

bool EntryWork::enter() {
  if (replay::Recorder* const recorder = store().recorder()) recorded_ = record_entry(*recorder);
  instance().enter();
  stage_ = Stage::running;
  return run();
}

bool EntryWork::run() {
  HostContext& context = store().session->context();
  const LendSuspend lend(context, suspend(),
                         is_synchronous() ? nullptr : store().session->scheduler());
  std::optional<Failure> failure;
  bool is_over = false;
  if (parked_ == &yield_) yield_.end();
  parked_ = nullptr;
  if (const uint32_t reason = std::exchange(interrupted_, 0)) failure = stop_waiting(reason);
  while (!is_over && !failure && !parked_) {
    if (activation_) {
      is_over = false;
      if (!run_activation(failure)) parked_ = std::exchange(context.parked, nullptr);
      continue;
    }
    Outcome<Program::Next> next = advance();
    if (!next) {
      failure = std::move(next.error());
    } else if (next->kind == Program::Next::Kind::wait) {
      parked_ = std::exchange(context.parked, nullptr);
    } else if (next->kind == Program::Next::Kind::done) {
      is_over = true;
    } else {
      auto made = runtime::Activation::create(store().session->core());
      if (!made) {
        failure = std::move(made.error());
      } else if (auto started = (*made)->start(next->start, arguments()); !started) {
        failure = std::move(started.error());
      } else {
        activation_ = std::move(*made);
      }
    }
  }
  if (parked_) return false;
  return finish(std::move(failure));
}

bool EntryWork::run_activation(std::optional<Failure>& failure) {
  const Exit exit = activation_->run();
  switch (exit) {
    case Exit::returned:
      returned(activation_->results());
      activation_.reset();
      return true;
    case Exit::trapped:
      if (activation_->trap().kind == TrapKind::interrupted)
        store().session->note_interruption(activation_->trap());
      failure = activation_->take_trap();
      activation_.reset();
      return true;
    default:
      // Without anybody who schedules, a yield goes on at once.
      if (activation_->yielded() != runtime::Yielded::no && store().session->scheduler()) {
        store().session->context().parked = &yield_;
        yield_.begin();
      }
      return false;
  }
}

Failure EntryWork::stop_waiting(uint32_t reason) {
  store().session->note_interrupted_wait(reason);
  if (!activation_) {
    store().session->core().forget(this);
    return Trap{TrapKind::interrupted, runtime::interruption_message(reason), 0, {}};
  }
  static_cast<void>(activation_->trap_parked(reason));
  Failure failure = activation_->take_trap();
  activation_.reset();
  return failure;
}

bool EntryWork::finish(std::optional<Failure> failure) {
  if (failure) failed();
  if (recorded_) {
    replay::Recorder& recorder = *store().session->recorder();
    if (!failure) {
      recorder.guest_return(*recorded_, results());
    } else if (const Trap* trap = failure->trap()) {
      recorder.guest_trap(*recorded_, *trap);
    } else {
      recorder.guest_given_up(*recorded_, *failure->error());
    }
  }
  instance().leave(failure ? &*failure : nullptr);
  stage_ = Stage::hook_out;
  if (!store().has_hook()) return !failure || fail_with(*std::move(failure));
  ended_with_ = std::move(failure);
  if (!hook_.begin(store(), suspend(), Crossing::returned_from_guest, name())) return false;
  return EntryWork::step();
}

void EntryWork::cancel() noexcept {
  hook_.drop();
  end_waiting();
  if (stage_ != Stage::running) return;
  yield_.cancel();
  store().session->core().forget(this);
  activation_.reset();
  failed();
  const Failure cancelled(Trap::of(TrapKind::cancelled));
  if (recorded_) store().session->recorder()->guest_trap(*recorded_, *cancelled.trap());
  instance().leave(&cancelled);
}

}  // namespace reprise::detail
