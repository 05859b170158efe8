#include "replay/spaced_call.hpp"

#include "reprise/scheduler.hpp"

#include "runtime/activation.hpp"

namespace reprise::replay {

using runtime::HostImport;
using runtime::NativeCall;
using runtime::start_host;

namespace {

/// A call that waits for space in the trace before the host is called. To the recording it is a
/// call like others that are late.
class SpacedCall final : public PendingHostCall {
 public:
  SpacedCall(HostImport& import, Bytes arguments, Recorder& recorder)
      : import_(import),
        suspend_(*import.context->task),
        scheduler_(*import.context->patience),
        recorder_(recorder),
        arguments_(arguments.begin(), arguments.end()),
        task_(wait_and_call(suspend_, this)) {}

  /// False: it is done, if only because there was no room for its frame.
  bool begin() { return !task_.start(); }

  bool done() const override { return task_.done(); }
  void on_done(std::coroutine_handle<> waiter) override { task_.when_done(waiter); }
  SuspensionPoint point() const override {
    return host_ ? host_->point() : SuspensionPoint::trace_space;
  }
  TrapOr<void> finish(ByteWriter& results) override {
    if (host_) return std::exchange(host_, nullptr)->finish(results);
    if (outcome_) results.bytes(results_.view());
    return std::move(outcome_);
  }

 private:
  /// The drain's thread empties the ring and tells nobody.
  static constexpr std::chrono::microseconds kLook{200};

  struct Host {
    PendingHostCall& host;
    bool await_ready() const { return host.done(); }
    void await_suspend(std::coroutine_handle<> waiter) { host.on_done(waiter); }
    void await_resume() const {}
  };
  // outlives: call: the task is the call's own, and destroyed with it
  static Task<void> wait_and_call(Suspend& suspend, SpacedCall* call) {
    while (call->recorder_.is_short_of_space()) co_await call->scheduler_.sleep(suspend, kLook);
    if (call->start()) co_await Host{*call->host_};
  }
  /// True: the host waits.
  bool start() {
    Suspend* const outer = std::exchange(import_.context->task, &suspend_);
    auto started = start_host(import_, arguments_, results_);
    import_.context->task = outer;
    if (started) {
      host_ = std::move(*started);
      outcome_ = {};
    } else {
      outcome_ = std::unexpected(std::move(started.error()));
    }
    return host_ != nullptr;
  }

  HostImport& import_;
  Suspend& suspend_;
  Scheduler& scheduler_;
  Recorder& recorder_;
  std::vector<uint8_t> arguments_;
  ByteWriter results_;
  TrapOr<void> outcome_ = std::unexpected(Trap::host("no room for the frame of a coroutine"));
  std::unique_ptr<PendingHostCall> host_;
  Task<void> task_;
};

}  // namespace

runtime::HostFunction::Started start_when_spaced(NativeCall& call, HostImport& import,
                                                 Bytes arguments, ByteWriter& results,
                                                 Recorder& recorder) {
  if (!import.context->patience || call.activation().in_leaf())
    return start_host(import, arguments, results);
  auto spaced = std::make_unique<SpacedCall>(import, arguments, recorder);
  if (spaced->begin()) return spaced;
  auto finished = spaced->finish(results);
  if (!finished) return std::unexpected(std::move(finished.error()));
  return std::unique_ptr<PendingHostCall>();
}

}  // namespace reprise::replay
