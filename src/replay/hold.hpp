// How a run that a debugger watches is held: a replay, or a live run that is recorded.

#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"
#include "reprise/host.hpp"

namespace reprise::replay {

/// Where a run is held: asked for by event, or by whoever stops an activation between two
/// instructions. The activation that stopped waits here until the run goes on.
class Hold final : public PendingHostCall {
 public:
  /// The run is held before the first event with this number or a higher one.
  uint64_t event = UINT64_MAX;

  bool is_held() const { return static_cast<bool>(waiter_); }
  /// Goes on, if it is held.
  void resume() {
    if (waiter_) std::exchange(waiter_, {}).resume();
  }

  /// Forgets the activation that waits, which is about to be given up.
  void forget() { waiter_ = {}; }

  bool done() const override { return false; }
  void on_done(std::coroutine_handle<> waiter) override { waiter_ = waiter; }
  TrapOr<void> finish(ByteWriter&) override { return {}; }

 private:
  std::coroutine_handle<> waiter_;
};

/// Waits until a run that is held goes on: `co_await Held(playback.hold);`
class Held {
 public:
  explicit Held(Hold& hold) : hold_(hold) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) { hold_.on_done(waiter); }
  void await_resume() const {}

 private:
  Hold& hold_;
};

}  // namespace reprise::replay
