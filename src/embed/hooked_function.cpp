#include "embed/hooked_function.hpp"

#include "embed/api_state.hpp"

namespace reprise::detail {

namespace {

std::string name_of(const runtime::HostFunction& f) {
  return f.interface.empty() ? f.name : f.interface + "#" + f.name;
}

/// One call: hook, host function, hook. Any of the three may have to be waited for.
class HookedCall final : public PendingHostCall {
 public:
  using Started = runtime::HostFunction::Started;

  HookedCall(StoreState& store, HostContext& context, const runtime::HostFunction& function,
             Bytes arguments)
      : store_(store),
        context_(context),
        suspend_(*context.task),
        function_(function),
        name_(name_of(function)),
        arguments_(arguments.begin(), arguments.end()) {}

  /// Goes on to its end (true) or to the next wait.
  bool step() {
    switch (stage_) {
      case Stage::begin:
        stage_ = Stage::hook_in;
        if (!hook_.begin(store_, suspend_, Crossing::calling_host, name_)) return false;
        [[fallthrough]];
      case Stage::hook_in:
        if (!(outcome_ = hook_.take())) return true;
        stage_ = Stage::host;
        if (!start()) return false;
        [[fallthrough]];
      case Stage::host:
        if (inner_) outcome_ = std::exchange(inner_, nullptr)->finish(results_);
        stage_ = Stage::hook_out;
        if (!hook_.begin(store_, suspend_, Crossing::returned_from_host, name_)) return false;
        [[fallthrough]];
      case Stage::hook_out:
        break;
    }
    // What the function trapped with counts for more than what the hook says to it.
    if (auto said = hook_.take(); outcome_) outcome_ = std::move(said);
    return true;
  }

  bool begin_waiting() {
    rest_ = wait_and_step(suspend_, this);
    return rest_.start();
  }

  bool done() const override { return rest_.done(); }
  void on_done(std::coroutine_handle<> waiter) override { rest_.when_done(waiter); }
  SuspensionPoint point() const override {
    const Pending* const waits = pending();
    return waits ? waits->point() : SuspensionPoint::host_function;
  }
  TrapOr<void> finish(ByteWriter& results) override {
    if (outcome_) results.bytes(results_.view());
    return std::move(outcome_);
  }

 private:
  enum class Stage : uint8_t { begin, hook_in, host, hook_out };

  Pending* pending() const {
    return stage_ == Stage::host ? static_cast<Pending*>(inner_.get()) : hook_.pending();
  }
  /// False: the host function waits.
  bool start() {
    const LendSuspend lend(context_, suspend_);
    Started started = function_.start(context_, arguments_, results_);
    if (!started) {
      outcome_ = std::unexpected(std::move(started.error()));
      return true;
    }
    inner_ = std::move(*started);
    return !inner_ || inner_->done();
  }

  struct Wait {
    HookedCall& call;
    bool await_ready() const { return !call.pending() || call.pending()->done(); }
    void await_suspend(std::coroutine_handle<> waiter) {
      call.suspend_.check();
      call.pending()->on_done(waiter);
    }
    void await_resume() {}
  };
  // outlives: call: the task is the call's own, and destroyed with it
  static Task<void> wait_and_step(Suspend& suspend, HookedCall* call) {
    static_cast<void>(suspend);
    do {
      co_await Wait{*call};
    } while (!call->step());
  }

  StoreState& store_;
  HostContext& context_;
  Suspend& suspend_;
  const runtime::HostFunction& function_;
  std::string name_;
  std::vector<uint8_t> arguments_;
  ByteWriter results_;
  Stage stage_ = Stage::begin;
  HookCall hook_;
  std::unique_ptr<PendingHostCall> inner_;
  TrapOr<void> outcome_;
  Task<void> rest_;
};

}  // namespace

runtime::HostFunction hooked(StoreState& store, const runtime::HostFunction& inner) {
  runtime::HostFunction function;
  function.interface = inner.interface;
  function.name = inner.name;
  function.type = inner.type;
  function.start = [&store, &inner](HostContext& context, Bytes arguments,
                                    ByteWriter& results) -> runtime::HostFunction::Started {
    auto call = std::make_unique<HookedCall>(store, context, inner, arguments);
    if (call->step() || call->begin_waiting()) {
      auto finished = call->finish(results);
      if (!finished) return std::unexpected(std::move(finished.error()));
      return std::unique_ptr<PendingHostCall>();
    }
    return call;
  };
  return function;
}

}  // namespace reprise::detail
