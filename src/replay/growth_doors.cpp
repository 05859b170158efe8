#include "replay/growth_doors.hpp"

namespace reprise::replay {

using trace::Verdict;

// ---- Recording ----

RecordingGrowthDoor::Answer RecordingGrowthDoor::ask(const ResourceRequest& request,
                                                     runtime::Asker asker) {
  answered_.reset();
  const Answer answer = inner_ ? inner_->ask(request, asker) : Answer::allow;
  const auto waiting = waiting_.find(asker);
  if (answer == Answer::later) {
    if (waiting == waiting_.end()) waiting_.emplace(asker, recorder_.asked(request));
    return answer;
  }
  if (waiting == waiting_.end()) return answer;
  recorder_.answered(waiting->second,
                     answer == Answer::allow ? Verdict::allowed : Verdict::refused);
  waiting_.erase(waiting);
  if (answer == Answer::deny) answered_ = request;
  return answer;
}

void RecordingGrowthDoor::settled(const ResourceRequest& request, bool done) {
  if (!done && answered_ != request) recorder_.refused(request);
  answered_.reset();
  if (inner_) inner_->settled(request, done);
}

void RecordingGrowthDoor::forget(runtime::Asker asker) {
  if (const auto waiting = waiting_.find(asker); waiting != waiting_.end()) {
    recorder_.answered(waiting->second, Verdict::cancelled);
    waiting_.erase(waiting);
  }
  if (inner_) inner_->forget(asker);
}

// ---- Replaying ----

namespace {

SuspensionPoint point_of(trace::Growable what) {
  switch (what) {
    case trace::Growable::memory:
      return SuspensionPoint::memory_growth;
    case trace::Growable::table:
      return SuspensionPoint::table_growth;
    case trace::Growable::instance:
      return SuspensionPoint::instance_creation;
    default:
      return SuspensionPoint::heap_growth;
  }
}

}  // namespace

void ReplayingGrowthDoor::forget(runtime::Asker asker) {
  const auto waiting = waiting_.find(asker);
  if (waiting == waiting_.end()) return;
  playback_.player.skip_cancelled(waiting->second->number());
  waiting_.erase(waiting);
}

ReplayingGrowthDoor::Answer ReplayingGrowthDoor::ask(const ResourceRequest& request,
                                                     runtime::Asker asker) {
  const trace::Growable what = growable(request.what);
  const uint64_t delta = request.to - request.from;
  Verdict verdict = Verdict::allowed;
  if (const auto waiting = waiting_.find(asker); waiting != waiting_.end()) {
    if (!waiting->second->done()) {
      context_.parked = waiting->second.get();
      return Answer::later;
    }
    verdict = waiting->second->verdict();
    waiting_.erase(waiting);
  } else if (auto number = playback_.player.asks(what, request.index, request.from, delta)) {
    const auto made =
        waiting_.emplace(asker, std::make_unique<LateVerdict>(playback_, *number, point_of(what)));
    context_.parked = made.first->second.get();
    return Answer::later;
  }
  switch (verdict) {
    case Verdict::refused:
      return Answer::deny;
    case Verdict::cancelled:
      return Answer::cancelled;
    case Verdict::allowed:
      break;
  }
  // What the limiter allowed may have been more than the system had.
  return playback_.player.growth_fails(what, 0, request.index, request.from, delta) ? Answer::deny
                                                                                    : Answer::allow;
}

}  // namespace reprise::replay
