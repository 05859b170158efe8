// The growth door with the embedder's limiter behind it. Between asking and being answered a
// request is a Task of the limiter's and the plan it was asked about; who asked is parked, and asks
// again.

#pragma once

#include <map>
#include <memory>
#include <variant>

#include "reprise/host.hpp"
#include "reprise/limiter.hpp"
#include "runtime/limits.hpp"

namespace reprise::embed {

class LimiterDoor final : public runtime::GrowthDoor {
 public:
  explicit LimiterDoor(HostContext& context);
  ~LimiterDoor() override;

  void set(std::shared_ptr<Limiter> limiter) { limiter_ = std::move(limiter); }
  void set(std::shared_ptr<AsyncLimiter> limiter) { limiter_ = std::move(limiter); }
  bool has_limiter() const { return limiter_.index() != 0; }
  bool may_suspend() const { return limiter_.index() == 2; }

  Answer ask(const ResourceRequest& request, runtime::Asker asker) override;
  void settled(const ResourceRequest& request, bool done) override;
  void forget(runtime::Asker asker) override;

 private:
  class Waiting;

  Answer ask_later(const ResourceRequest& request, runtime::Asker asker);

  HostContext& context_;
  std::variant<std::monostate, std::shared_ptr<Limiter>, std::shared_ptr<AsyncLimiter>> limiter_;
  std::map<runtime::Asker, std::unique_ptr<Waiting>> waiting_;
};

}  // namespace reprise::embed
