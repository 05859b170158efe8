#include "embed/limiter_door.hpp"

namespace reprise::embed {

using What = ResourceRequest::What;

class LimiterDoor::Waiting final : public Pending {
 public:
  Waiting(const ResourceRequest& request, std::shared_ptr<AsyncLimiter> limiter, Task<bool> task)
      : request_(request), limiter_(std::move(limiter)), task_(std::move(task)) {}
  bool done() const override { return task_.done(); }
  void on_done(std::coroutine_handle<> waiter) override { task_.when_done(waiter); }
  SuspensionPoint point() const override {
    switch (request_.what) {
      case What::memory:
        return SuspensionPoint::memory_growth;
      case What::table:
        return SuspensionPoint::table_growth;
      case What::instance:
        return SuspensionPoint::instance_creation;
      case What::heap:
        break;
    }
    return SuspensionPoint::heap_growth;
  }
  const ResourceRequest& request() const { return request_; }
  Task<bool>& task() { return task_; }
  /// Who was asked, and hears what came of it, even if the store has another one by then.
  const std::shared_ptr<AsyncLimiter>& limiter() const { return limiter_; }

 private:
  ResourceRequest request_;
  std::shared_ptr<AsyncLimiter> limiter_;  // outlives its task
  Task<bool> task_;
};

namespace {

/// A limiter that throws has not allowed anything.
template <class F>
bool is_allowed(F question) {
  try {
    return question();
  } catch (...) {
    return false;
  }
}

/// A limiter is told; what it makes of that is its own affair.
template <class AnyLimiter>
void tell(AnyLimiter& limiter, const ResourceRequest& request, bool done) {
  try {
    limiter.settled(request, done);
  } catch (...) {
  }
}

runtime::GrowthDoor::Answer answer_of(bool allowed) {
  return allowed ? runtime::GrowthDoor::Answer::allow : runtime::GrowthDoor::Answer::deny;
}

}  // namespace

LimiterDoor::LimiterDoor(HostContext& context) : context_(context) {}

LimiterDoor::~LimiterDoor() = default;

void LimiterDoor::set(std::shared_ptr<Limiter> limiter) {
  limiter_ = {};
  if (limiter) limiter_ = std::move(limiter);
}

void LimiterDoor::set(std::shared_ptr<AsyncLimiter> limiter) {
  limiter_ = {};
  if (limiter) limiter_ = std::move(limiter);
}

LimiterDoor::Answer LimiterDoor::ask(const ResourceRequest& request, runtime::Asker asker) {
  if (!waiting_.empty())
    if (const auto answer = answer_for(request, asker)) return *answer;
  if (const auto* limiter = std::get_if<std::shared_ptr<Limiter>>(&limiter_))
    return answer_of(is_allowed([&] { return (*limiter)->allow(request); }));
  if (limiter_.index() == 0) return Answer::allow;
  return ask_later(request, asker);
}

std::optional<LimiterDoor::Answer> LimiterDoor::answer_for(const ResourceRequest& request,
                                                           runtime::Asker asker) {
  const auto found = waiting_.find(asker);
  if (found == waiting_.end()) return std::nullopt;
  if (!found->second->done()) {
    context_.parked = found->second.get();
    return Answer::later;
  }
  const std::unique_ptr<Waiting> waiting = std::move(found->second);
  waiting_.erase(found);
  const bool allowed = is_allowed([&] { return waiting->task().take(); });
  if (waiting->request() == request) {
    answered_ = {request, waiting->limiter()};
    return answer_of(allowed);
  }
  // Something else has grown it meanwhile: the answer was to another plan.
  tell(*waiting->limiter(), waiting->request(), false);
  return std::nullopt;
}

LimiterDoor::Answer LimiterDoor::ask_later(const ResourceRequest& request, runtime::Asker asker) {
  const std::shared_ptr<AsyncLimiter> limiter = std::get<std::shared_ptr<AsyncLimiter>>(limiter_);
  Task<bool> task;
  bool allowed = is_allowed([&] {
    Decision decision = limiter->allow(*context_.task, request);
    if (const bool* answer = std::get_if<bool>(&decision.answer())) return *answer;
    task = std::move(std::get<Task<bool>>(decision.answer()));
    return task.start() && task.take();
  });
  if (!task || task.done()) return answer_of(allowed);
  const auto made =
      waiting_.emplace(asker, std::make_unique<Waiting>(request, limiter, std::move(task))).first;
  context_.parked = made->second.get();
  return Answer::later;
}

void LimiterDoor::settled(const ResourceRequest& request, bool done) {
  if (answered_.limiter && answered_.request == request)
    return tell(*std::exchange(answered_.limiter, nullptr), request, done);
  if (const auto* limiter = std::get_if<std::shared_ptr<Limiter>>(&limiter_)) {
    tell(**limiter, request, done);
  } else if (const auto* later = std::get_if<std::shared_ptr<AsyncLimiter>>(&limiter_)) {
    tell(**later, request, done);
  }
}

void LimiterDoor::forget(runtime::Asker asker) {
  const auto found = waiting_.find(asker);
  if (found == waiting_.end()) return;
  const std::unique_ptr<Waiting> waiting = std::move(found->second);
  waiting_.erase(found);
  waiting->task().reset();
  tell(*waiting->limiter(), waiting->request(), false);
}

}  // namespace reprise::embed
