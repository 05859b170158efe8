// The loop's three queues, and how a coroutine's wait is undone.

#include "base/os/loop.hpp"

#include <algorithm>

namespace reprise::os {

Loop::WaitId Loop::at(uint64_t instant, Callback callback) {
  const WaitId id = next_id_++;
  timers_.emplace(std::pair{instant, id}, std::move(callback));
  instants_.emplace(id, instant);
  return id;
}

Loop::WaitId Loop::when_ready(int fd, Interest interest, Callback callback) {
  const WaitId id = next_id_++;
  watches_.emplace(id, FdWait{{fd, interest, false}, std::move(callback)});
  return id;
}

void Loop::cancel(WaitId id) {
  watches_.erase(id);
  if (auto found = instants_.find(id); found != instants_.end()) {
    timers_.erase({found->second, id});
    instants_.erase(found);
  }
}

void Loop::post(Callback callback) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(callback));
  }
  poller_.wake();
}

bool Loop::is_ready(int fd, Interest interest) {
  Watch watch{fd, interest, false};
  poller_.wait({&watch, 1}, 0);
  return watch.ready;
}

bool Loop::idle() {
  const std::lock_guard lock(mutex_);
  return posted_.empty() && timers_.empty() && watches_.empty() && expected_posts_ == 0;
}

bool Loop::run_posted() {
  std::vector<Callback> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (Callback& callback : batch) callback();
  return !batch.empty();
}

bool Loop::run_timers() {
  // A callback may add a timer that is due already: it runs at the next turn, so that a turn ends.
  const uint64_t now = clock_.now();
  const WaitId newest = next_id_;
  bool any = false;
  for (auto it = timers_.begin(); it != timers_.end() && it->first.first <= now;) {
    if (it->first.second >= newest) {
      ++it;
      continue;
    }
    Callback callback = std::move(it->second);
    instants_.erase(it->first.second);
    timers_.erase(it);
    callback();
    any = true;
    it = timers_.begin();  // the callback may have changed the map
  }
  return any;
}

bool Loop::run_watches(std::vector<Watch>& watches, const std::vector<WaitId>& ids) {
  bool any = false;
  for (size_t i = 0; i < watches.size(); ++i) {
    if (!watches[i].ready) continue;
    auto found = watches_.find(ids[i]);
    if (found == watches_.end()) continue;  // cancelled by a callback of this turn
    Callback callback = std::move(found->second.callback);
    watches_.erase(found);
    callback();
    any = true;
  }
  return any;
}

bool Loop::run(std::optional<uint64_t> timeout) {
  std::vector<Watch> watches;
  std::vector<WaitId> ids;
  watches.reserve(watches_.size());
  ids.reserve(watches_.size());
  for (const auto& [id, wait] : watches_) {
    watches.push_back(wait.watch);
    ids.push_back(id);
  }
  if (!watches.empty() || timeout != uint64_t{0}) poller_.wait(watches, timeout);
  bool any = run_posted();
  any |= run_timers();
  any |= run_watches(watches, ids);
  return any;
}

std::optional<uint64_t> Loop::timeout() {
  std::optional<uint64_t> timeout;
  if (!timers_.empty()) {
    const uint64_t now = clock_.now();
    const uint64_t first = timers_.begin()->first.first;
    timeout = first > now ? first - now : 0;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!posted_.empty()) timeout = 0;
  }
  return timeout;
}

bool Loop::turn() {
  if (idle()) return false;
  run(timeout());
  return true;
}

bool Loop::poll() {
  return run(0);
}

LoopWait Loop::wait(Suspend& suspend, WaitSet set) {
  return LoopWait(*this, suspend, std::move(set));
}

LoopWait Loop::sleep_until(Suspend& suspend, uint64_t instant) {
  return wait(suspend, std::move(WaitSet{}.until(instant)));
}

bool LoopWait::await_ready() {
  if (set_.immediate_) return true;
  if (set_.deadline_ && *set_.deadline_ <= loop_.clock().now()) return true;
  return set_.watches_.empty() && set_.signals_.empty() && !set_.deadline_;
}

void LoopWait::await_suspend(std::coroutine_handle<> waiter) {
  suspend_.check();
  waiter_ = waiter;
  if (set_.deadline_) ids_.push_back(loop_.at(*set_.deadline_, [this] { fire(); }));
  for (const Watch& watch : set_.watches_) {
    ids_.push_back(loop_.when_ready(watch.fd, watch.interest, [this] { fire(); }));
  }
  for (Signal* signal : set_.signals_) signal->waiting_.push_back(this);
}

void LoopWait::notified(Signal& signal) {
  std::erase(set_.signals_, &signal);
  // A timer of the past, not a post: unlike a post it can be taken back.
  if (waiter_) ids_.push_back(loop_.at(0, [this] { fire(); }));
}

void LoopWait::fire() {
  disarm();
  std::exchange(waiter_, {}).resume();
}

void LoopWait::disarm() {
  for (const Loop::WaitId id : ids_) loop_.cancel(id);
  ids_.clear();
  for (Signal* signal : set_.signals_) std::erase(signal->waiting_, this);
}

void Signal::notify() {
  for (LoopWait* wait : std::exchange(waiting_, {})) wait->notified(*this);
}

}  // namespace reprise::os
