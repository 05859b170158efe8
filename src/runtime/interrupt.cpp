#include "runtime/interrupt.hpp"

#include <algorithm>

namespace reprise::runtime {

std::string interruption_message(uint32_t reason) {
  switch (reason) {
    case Interrupter::kDeadline:
      return "interrupted: the time that was allowed is over";
    case Interrupter::kEpoch:
      return "interrupted: the epochs that were allowed are over";
    default:
      return "interrupted: the host asked for it";
  }
}

void Interrupter::raise(Reason reason) {
  word_.fetch_or(reason, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (told_) told_();
}

void Interrupter::on_raise(std::function<void()> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

Clock::~Clock() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Clock::increment_epoch() {
  const std::lock_guard lock(mutex_);
  const uint64_t now = epoch_.load(std::memory_order_relaxed) + 1;
  epoch_.store(now, std::memory_order_relaxed);
  std::erase_if(epochs_, [now](const auto& entry) {
    const auto& [whom, epoch] = entry.second;
    if (epoch > now) return false;
    if (const auto found = whom.lock()) found->raise(Interrupter::kEpoch);
    return true;
  });
}

void Clock::set_epoch_deadline(const std::shared_ptr<Interrupter>& whom, uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  whom->withdraw(Interrupter::kEpoch);
  if (epoch <= epoch_.load(std::memory_order_relaxed)) {
    epochs_.erase(whom.get());
    whom->raise(Interrupter::kEpoch);
  } else {
    epochs_[whom.get()] = {whom, epoch};
  }
}

void Clock::set_deadline(const std::shared_ptr<Interrupter>& whom, Instant when) {
  const bool is_over = when <= Instant::clock::now();
  {
    const std::lock_guard lock(mutex_);
    whom->withdraw(Interrupter::kDeadline);
    if (is_over) {
      // Not by the thread: the next call is to find it.
      deadlines_.erase(whom.get());
      return whom->raise(Interrupter::kDeadline);
    }
    deadlines_[whom.get()] = {whom, when};
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_all();
}

void Clock::forget_epoch(const Interrupter& whom) {
  const std::lock_guard lock(mutex_);
  epochs_.erase(&whom);
}

void Clock::forget_deadline(const Interrupter& whom) {
  const std::lock_guard lock(mutex_);
  deadlines_.erase(&whom);
}

void Clock::run() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    const Instant now = std::chrono::steady_clock::now();
    Instant next = Instant::max();
    std::erase_if(deadlines_, [&](const auto& entry) {
      const auto& [whom, when] = entry.second;
      if (when > now) {
        next = std::min(next, when);
        return false;
      }
      if (const auto found = whom.lock()) found->raise(Interrupter::kDeadline);
      return true;
    });
    if (next == Instant::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, next);
    }
  }
}

}  // namespace reprise::runtime
