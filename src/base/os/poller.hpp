// The one place where a process sleeps: waiting for file descriptors, a wake-up from another
// thread, or a while. Behind an interface so that a test can make time pass without waiting for it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace reprise::os {

class ManualClock;

enum class Interest : uint8_t { read, write };

/// A descriptor to watch. `ready` is set by wait(): when an operation of that kind would not block,
/// which includes the end of input, a peer that hung up, and an error to be met.
struct Watch {
  int fd = -1;
  Interest interest = Interest::read;
  bool ready = false;
};

class Poller {
 public:
  virtual ~Poller() = default;
  /// Sleeps until a watch is ready, wake() is called, or `timeout` nanoseconds passed (none: for
  /// ever), and marks the watches. May return early with none ready.
  virtual void wait(std::span<Watch> watches, std::optional<uint64_t> timeout) = 0;
  /// Ends the current or the next wait. The only member that other threads may call.
  virtual void wake() = 0;
};

/// ppoll(2) and an eventfd. Cost: linear in the descriptors watched, which are few here (a guest's
/// blocked streams); nothing to keep in step between waits, and regular files are simply ready,
/// where epoll refuses them.
std::unique_ptr<Poller> system_poller();

/// Instead of sleeping, moves a manual clock to the end of the timeout. Descriptors are still
/// looked at, without waiting.
std::unique_ptr<Poller> manual_poller(ManualClock& clock);

}  // namespace reprise::os
