// Pollers over ppoll(2).

#include "base/os/poller.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/check.hpp"
#include "base/os/clock.hpp"
#include "base/os/linux/fd.hpp"

namespace reprise::os {

namespace {

/// Longer sleeps are cut up: a wait may return early, and ppoll refuses absurd times.
constexpr uint64_t kLongestSleep = 24 * 3600 * kNanosecondsPerSecond;

/// Polls `entries` (watches first; more may follow) and marks the watches that are ready. A
/// descriptor that is not open counts as ready: using it says what is wrong.
void poll_watches(std::vector<pollfd>& entries, std::span<Watch> watches,
                  std::optional<uint64_t> timeout) {
  timespec limit{};
  if (timeout) {
    const uint64_t nanoseconds = std::min(*timeout, kLongestSleep);
    limit.tv_sec = static_cast<time_t>(nanoseconds / kNanosecondsPerSecond);
    limit.tv_nsec = static_cast<long>(nanoseconds % kNanosecondsPerSecond);
  }
  const int n = ppoll(entries.data(), entries.size(), timeout ? &limit : nullptr, nullptr);
  for (size_t i = 0; i < watches.size(); ++i) watches[i].ready = n > 0 && entries[i].revents != 0;
}

std::vector<pollfd> entries_of(std::span<const Watch> watches) {
  std::vector<pollfd> entries;
  entries.reserve(watches.size() + 1);
  for (const Watch& watch : watches) {
    const short events = watch.interest == Interest::read ? POLLIN : POLLOUT;
    entries.push_back({watch.fd, events, 0});
  }
  return entries;
}

class SystemPoller final : public Poller {
 public:
  SystemPoller() : wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    REPRISE_CHECK(wakeup_.is_open());
  }

  void wait(std::span<Watch> watches, std::optional<uint64_t> timeout) override {
    std::vector<pollfd> entries = entries_of(watches);
    entries.push_back({wakeup_.get(), POLLIN, 0});
    poll_watches(entries, watches, timeout);
    uint64_t count = 0;
    if (entries.back().revents != 0 && read(wakeup_.get(), &count, sizeof count) < 0) {
      REPRISE_CHECK(errno == EAGAIN || errno == EINTR);
    }
  }

  void wake() override {
    const uint64_t one = 1;
    // A full counter (EAGAIN) wakes the wait just as well.
    [[maybe_unused]] const ssize_t n = write(wakeup_.get(), &one, sizeof one);
  }

 private:
  OwnedFd wakeup_;
};

class ManualPoller final : public Poller {
 public:
  explicit ManualPoller(ManualClock& clock) : clock_(clock) {}

  void wait(std::span<Watch> watches, std::optional<uint64_t> timeout) override {
    std::vector<pollfd> entries = entries_of(watches);
    poll_watches(entries, watches, 0);
    for (const Watch& watch : watches) {
      if (watch.ready) return;
    }
    if (timeout) clock_.advance(*timeout);
  }

  void wake() override {}

 private:
  ManualClock& clock_;
};

}  // namespace

std::unique_ptr<Poller> system_poller() {
  return std::make_unique<SystemPoller>();
}

std::unique_ptr<Poller> manual_poller(ManualClock& clock) {
  return std::make_unique<ManualPoller>(clock);
}

}  // namespace reprise::os
