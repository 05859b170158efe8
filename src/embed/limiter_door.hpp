// The growth door with the embedder's limiter behind it. Between asking and being answered a
// request is a Task of the limiter's and the plan it was asked about; who asked is parked, and asks
// again.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <variant>

#include "reprise/host.hpp"
#include "reprise/limiter.hpp"
#include "runtime/limits.hpp"

namespace reprise::embed {

class LimiterDoor final : public runtime::GrowthDoor {
 public:
  explicit LimiterDoor(HostContext& context);
  ~LimiterDoor() override;

  /// Asked from now on; null: nobody is. What was asked before is still answered by the one who was
  /// asked.
  void set(std::shared_ptr<Limiter> limiter);
  void set(std::shared_ptr<AsyncLimiter> limiter);
  bool has_limiter() const { return limiter_.index() != 0; }
  bool may_suspend() const { return limiter_.index() == 2; }

  Answer ask(const ResourceRequest& request, runtime::Asker asker) override;
  void settled(const ResourceRequest& request, bool done) override;
  void forget(runtime::Asker asker) override;

 private:
  class Waiting;

  /// Of the question that `asker` has asked before; none if it has not, or that was another one.
  std::optional<Answer> answer_for(const ResourceRequest& request, runtime::Asker asker);
  Answer ask_later(const ResourceRequest& request, runtime::Asker asker);

  HostContext& context_;
  std::variant<std::monostate, std::shared_ptr<Limiter>, std::shared_ptr<AsyncLimiter>> limiter_;
  std::map<runtime::Asker, std::unique_ptr<Waiting>> waiting_;
  /// Whose answer is being carried out, where that was waited for.
  struct {
    ResourceRequest request;
    std::shared_ptr<AsyncLimiter> limiter;
  } answered_;
};

}  // namespace reprise::embed
