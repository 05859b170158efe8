// A scheduler that a test moves by hand: what was posted runs when the test says so, and time
// passes when it does; and a wait that a test ends.

#pragma once

#include <coroutine>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "reprise/scheduler.hpp"

namespace reprise {

class Turns final : public Scheduler {
 public:
  void post(std::move_only_function<void()> callback) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(callback));
  }
  Task<void> sleep(Suspend& suspend, std::chrono::nanoseconds duration) override {
    return sleep_on(suspend, this, now_ + duration);
  }

  /// Runs what was posted first. False if nothing was.
  bool next() {
    std::move_only_function<void()> callback;
    {
      const std::lock_guard lock(mutex_);
      if (posted_.empty()) return false;
      callback = std::move(posted_.front());
      posted_.pop_front();
    }
    callback();
    return true;
  }
  /// What was posted until now.
  void run_posted() {
    for (size_t left = posted(); left-- != 0;) next();
  }
  void run() {
    while (next()) {
    }
  }
  /// Lets time pass, and wakes who has slept long enough.
  void pass(std::chrono::nanoseconds time) {
    now_ += time;
    while (!sleeping_.empty() && sleeping_.begin()->first <= now_) {
      const std::coroutine_handle<> sleeper = sleeping_.begin()->second;
      sleeping_.erase(sleeping_.begin());
      sleeper.resume();
    }
  }
  size_t sleeping() const { return sleeping_.size(); }
  size_t posted() {
    const std::lock_guard lock(mutex_);
    return posted_.size();
  }

 private:
  struct Sleep {
    Turns& turns;
    std::chrono::nanoseconds until;
    std::coroutine_handle<> self = {};
    ~Sleep() {
      std::erase_if(turns.sleeping_, [this](const auto& s) { return self && s.second == self; });
    }
    bool await_ready() const { return until <= turns.now_; }
    void await_suspend(std::coroutine_handle<> sleeper) {
      turns.sleeping_.emplace(until, self = sleeper);
    }
    void await_resume() const {}
  };
  static Task<void> sleep_on(Suspend& suspend, Turns* turns, std::chrono::nanoseconds until) {
    suspend.check();
    co_await Sleep{*turns, until};
  }

  std::mutex mutex_;
  std::deque<std::move_only_function<void()>> posted_;
  std::chrono::nanoseconds now_{0};
  std::multimap<std::chrono::nanoseconds, std::coroutine_handle<>> sleeping_;
};

/// Coroutines that wait until a test resumes them.
using Waiters = std::vector<std::coroutine_handle<>>;

struct WaitForTest {
  Waiters& waiters;
  std::coroutine_handle<> self = {};
  ~WaitForTest() { std::erase(waiters, self); }
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { waiters.push_back(self = h); }
  void await_resume() const {}
};

}  // namespace reprise
