#include "replay/wait_doors.hpp"

namespace reprise::replay {

using runtime::AtomicWait;
using trace::Verdict;

// ---- Recording ----

RecordingWaitDoor::Answer RecordingWaitDoor::wait(const AtomicWait& wait, runtime::Asker asker) {
  const Answer answer = inner_.wait(wait, asker);
  const auto waiting = waiting_.find(asker);
  if (answer == Answer::later) {
    if (waiting == waiting_.end()) waiting_.emplace(asker, recorder_.waits(wait));
    return answer;
  }
  if (waiting == waiting_.end()) return answer;
  recorder_.answered(waiting->second,
                     answer == Answer::woken ? Verdict::allowed : Verdict::refused);
  waiting_.erase(waiting);
  return answer;
}

void RecordingWaitDoor::forget(runtime::Asker asker) {
  if (const auto waiting = waiting_.find(asker); waiting != waiting_.end()) {
    recorder_.answered(waiting->second, Verdict::cancelled);
    waiting_.erase(waiting);
  }
  inner_.forget(asker);
}

// ---- Replaying ----

ReplayingWaitDoor::Answer ReplayingWaitDoor::wait(const AtomicWait& wait, runtime::Asker asker) {
  const auto waiting = waiting_.find(asker);
  if (waiting == waiting_.end()) {
    const auto number = playback_.player.waits(wait);
    if (!number) return runtime::answer_alone(wait);
    const auto made = waiting_.emplace(
        asker, std::make_unique<LateVerdict>(playback_, *number, SuspensionPoint::atomic_wait));
    queue_.add(wait, asker);
    context_.parked = made.first->second.get();
    return Answer::later;
  }
  if (!waiting->second->done()) {
    context_.parked = waiting->second.get();
    return Answer::later;
  }
  const Verdict verdict = waiting->second->verdict();
  waiting_.erase(waiting);
  queue_.remove(asker);
  switch (verdict) {
    case Verdict::allowed:
      return Answer::woken;
    case Verdict::cancelled:
      return Answer::cancelled;
    case Verdict::refused:
      break;
  }
  return Answer::timed_out;
}

void ReplayingWaitDoor::forget(runtime::Asker asker) {
  const auto waiting = waiting_.find(asker);
  if (waiting == waiting_.end()) return;
  playback_.player.skip_cancelled(waiting->second->number());
  waiting_.erase(waiting);
  queue_.remove(asker);
}

}  // namespace reprise::replay
