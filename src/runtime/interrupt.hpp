// Interruption: how somebody outside stops a guest that is running.
//
// Guests look at one word of their store at each function entry and each branch back to a loop;
// that is all that interruption costs them. Whoever wants them to stop sets a bit of that word: by
// hand, because an instant has passed, or because the engine's epoch has reached what the store
// allows itself. What has to be compared or waited for is done by the one who sets the bit, never
// by the guest.
//
//   Interrupter is the store's end: the word, and what it means.
//   Clock is the engine's: the epoch, and one thread, started when it is first needed, that knows
//   which store's time ends when.
//
// Thread rules: raise() and everything of Clock from any thread, the rest from the store's.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace reprise::runtime {

class Interrupter {
 public:
  enum Reason : uint8_t { kAsked = 1, kDeadline = 2, kEpoch = 4 };

  /// Sticks until it is delivered or withdrawn: what comes a moment before a call begins stops it,
  /// too.
  void raise(Reason reason);
  /// Called after each raise(), on the thread that raised: for whoever brings the news to guests
  /// that wait.
  void on_raise(std::function<void()> told);
  void withdraw(Reason reason) { word_.fetch_and(~uint32_t{reason}, std::memory_order_relaxed); }
  bool is_raised() const { return word_.load(std::memory_order_relaxed) != 0; }

  /// The most urgent reason; 0: none is left.
  uint32_t next() const {
    const uint32_t raised = word_.load(std::memory_order_relaxed);
    return raised & ~(raised - 1);
  }
  /// The same, and withdraws it.
  uint32_t take() {
    const uint32_t taken = next();
    word_.fetch_and(~taken, std::memory_order_relaxed);
    return taken;
  }

  /// Taken, but not delivered.
  void put_back(uint32_t reason) { word_.fetch_or(reason, std::memory_order_relaxed); }

  const std::atomic<uint32_t>& word() const { return word_; }

 private:
  std::atomic<uint32_t> word_{0};
  std::mutex mutex_;  // guards told_
  std::function<void()> told_;
};

/// "interrupted: the time that was allowed is over", by Interrupter::Reason.
std::string interruption_message(uint32_t reason);

class Clock {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  Clock() = default;
  ~Clock();
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  uint64_t epoch() const { return epoch_.load(std::memory_order_relaxed); }
  /// Raises kEpoch where the epoch has reached what was set.
  void increment_epoch();

  /// From now on, in place of what was set before. An epoch that is reached already raises at once.
  void set_epoch_deadline(const std::shared_ptr<Interrupter>& whom, uint64_t epoch);
  void set_deadline(const std::shared_ptr<Interrupter>& whom, Instant when);
  /// Nobody asks for this one any more.
  void forget_epoch(const Interrupter& whom);
  void forget_deadline(const Interrupter& whom);

 private:
  void run();

  std::atomic<uint64_t> epoch_{0};
  std::mutex mutex_;
  std::map<const Interrupter*, std::pair<std::weak_ptr<Interrupter>, uint64_t>> epochs_;
  std::map<const Interrupter*, std::pair<std::weak_ptr<Interrupter>, Instant>> deadlines_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace reprise::runtime
