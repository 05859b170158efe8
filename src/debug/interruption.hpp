// What a client's wish to stop is about: the requests that it sent before it, and no others.
//
// The wish is read by one thread, while another handles requests. Whether a request has been taken
// from the queue, has begun, or has been done by then, must not matter. So everything that arrives
// is numbered, and the wish is compared with the request at hand twice: by the one who hears it,
// and by the one who begins the request. Whoever is later sees the other.

#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>

#include "debug/debugger.hpp"

namespace reprise::debug {

class Interruption {
 public:
  /// There is none before this: a run may be opened late.
  void watch(Debugger* debugger) {
    const std::scoped_lock lock(mutex_);
    debugger_ = debugger;
  }

  /// Message `number` wants those before it to stop. From any thread, before anybody else knows of
  /// the message.
  void wanted_by(uint64_t number) {
    const std::scoped_lock lock(mutex_);
    wanted_by_ = std::max(wanted_by_, number);
    if (debugger_) debugger_->interrupt();
  }

  /// Message `number` is handled from here on: what earlier ones were told is over.
  void begin(uint64_t number) {
    const std::scoped_lock lock(mutex_);
    if (!debugger_) return;
    debugger_->forget_interrupt();
    if (wanted_by_ > number) debugger_->interrupt();
  }

 private:
  std::mutex mutex_;
  Debugger* debugger_ = nullptr;
  uint64_t wanted_by_ = 0;
};

}  // namespace reprise::debug
