// wasi:io/poll: waiting for the first of many.

#include "wasi/p2/io.hpp"

namespace reprise::wasi::p2 {

namespace {

class Timer final : public Readiness {
 public:
  Timer(std::shared_ptr<os::Loop> loop, uint64_t instant)
      : loop_(std::move(loop)), instant_(instant) {}
  bool ready() override { return loop_->clock().now() >= instant_; }
  void add_to(os::WaitSet& set) override { set.until(instant_); }

 private:
  std::shared_ptr<os::Loop> loop_;
  uint64_t instant_;
};

}  // namespace

std::shared_ptr<Readiness> timer(std::shared_ptr<os::Loop> loop, uint64_t instant) {
  return std::make_shared<Timer>(std::move(loop), instant);
}

Task<> block(Suspend& suspend, std::shared_ptr<os::Loop> loop,
             std::shared_ptr<Readiness> readiness) {
  while (!readiness->ready()) {
    os::WaitSet set;
    readiness->add_to(set);
    co_await loop->wait(suspend, std::move(set));
  }
}

Task<TrapOr<std::vector<uint32_t>>> poll(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                         std::vector<std::shared_ptr<Readiness>> list) {
  if (list.empty()) {
    co_return std::unexpected(Trap::host("wasi:io/poll.poll: the list of pollables is empty"));
  }
  while (true) {
    std::vector<uint32_t> ready;
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i]->ready()) ready.push_back(static_cast<uint32_t>(i));
    }
    if (!ready.empty()) co_return ready;
    os::WaitSet set;
    for (const auto& readiness : list) readiness->add_to(set);
    co_await loop->wait(suspend, std::move(set));
  }
}

}  // namespace reprise::wasi::p2
