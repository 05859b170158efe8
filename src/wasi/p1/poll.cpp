// WASI 0.1: poll_oneoff. Waits until at least one subscription has an event, and gives all events
// that there are by then, in the order of their subscriptions.

#include <limits>

#include "wasi/p1/preview1.hpp"
#include "wasi/p1/times.hpp"

namespace reprise::wasi::p1 {

namespace {

uint64_t saturating_add(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<uint64_t>::max() : sum;
}

/// When a clock subscription made at `started` is due, on the monotonic clock.
uint64_t due_time(Host& host, const ClockSubscription& clock, uint64_t started) {
  if ((clock.flags & kClockAbsolute) == 0) return saturating_add(started, clock.timeout);
  if (clock.clock == kClockMonotonic) return clock.timeout;
  // The wall clock may be set meanwhile, so this is asked anew at each look.
  const uint64_t now = to_nanoseconds(host.wall_clock().now());
  const uint64_t left = clock.timeout > now ? clock.timeout - now : 0;
  return saturating_add(host.monotonic_clock().now(), left);
}

/// What a read of this descriptor would find, if it would not block.
struct Available {
  uint64_t bytes = 1;
  bool hangup = false;
};

Available readable_bytes(OpenFd& entry) {
  if (entry.is_stream() || !entry.file) return {};
  const auto stat = entry.file->stat();
  if (!stat || stat->size <= entry.position) return {0, true};
  return {stat->size - entry.position, false};
}

}  // namespace

Outcome<void> Preview1::add_event(const Subscription& subscription, Event event, uint64_t started,
                                  std::vector<Event>& events, os::WaitSet& wait) {
  if (const auto* clock = std::get_if<ClockSubscription>(&subscription)) {
    if (clock->clock > kClockMonotonic || (clock->flags & ~kClockAbsolute) != 0) {
      return std::unexpected(Errno::inval);
    }
    const uint64_t due = due_time(*host_, *clock, started);
    if (due > host_->monotonic_clock().now()) {
      wait.until(due);
    } else {
      events.push_back(event);
    }
    return {};
  }
  if (std::holds_alternative<UnknownSubscription>(subscription)) {
    return std::unexpected(Errno::inval);
  }

  const auto* reads = std::get_if<FdSubscription>(&subscription);
  const Fd fd = reads ? reads->fd : std::get<FdWriteSubscription>(subscription).fd;
  event.type = reads ? EventType::fd_read : EventType::fd_write;
  const auto entry = table_.get(fd, Rights::poll_fd_readwrite);
  if (!entry) {
    event.error = entry.error();
    events.push_back(event);
    return {};
  }
  const bool right_way =
      !(*entry)->is_stream() || (reads ? (*entry)->source != nullptr : (*entry)->sink != nullptr);
  if (!right_way) {
    event.error = Errno::badf;
    events.push_back(event);
    return {};
  }
  std::optional<int> wait_fd;
  if ((*entry)->is_stream()) {
    wait_fd = reads ? (*entry)->source->wait_fd() : (*entry)->sink->wait_fd();
  }
  const auto interest = reads ? os::Interest::read : os::Interest::write;
  if (wait_fd && !host_->loop()->is_ready(*wait_fd, interest)) {
    wait.watch(*wait_fd, interest);
    return {};
  }
  const Available available = reads ? readable_bytes(**entry) : Available{};
  event.available = available.bytes;
  event.hangup = available.hangup;
  events.push_back(event);
  return {};
}

// outlives: this: the host functions that call it own it, and the session owns those
Task<Outcome<std::vector<Event>>> Preview1::poll_oneoff(Suspend& suspend,
                                                        std::vector<Subscription> subscriptions) {
  if (subscriptions.empty()) co_return std::unexpected(Errno::inval);
  const std::shared_ptr<os::Loop> loop = host_->loop();
  const uint64_t started = host_->monotonic_clock().now();
  while (true) {
    std::vector<Event> events;
    os::WaitSet wait;
    for (uint32_t i = 0; i < subscriptions.size(); ++i) {
      const auto added = add_event(subscriptions[i], {.subscription = i}, started, events, wait);
      if (!added) co_return std::unexpected(added.error());
    }
    if (!events.empty()) co_return events;
    co_await loop->wait(suspend, std::move(wait));
  }
}

}  // namespace reprise::wasi::p1
