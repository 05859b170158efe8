// Limiters: one that answers at once, and one that asks somebody first. Growing a memory from the
// host goes the same way as growing it from the guest.

#include <chrono>
#include <cstdint>

#include "example.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"

namespace {

constexpr std::string_view kModule = R"((module
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";

struct App {};

/// No memory beyond four pages.
class Budget final : public reprise::Limiter {
 public:
  bool allow(const reprise::ResourceRequest& request) override {
    return request.what != reprise::ResourceRequest::What::memory || request.to <= 4;
  }
};

/// Up to four pages at once; for more it asks, which takes a while, and is allowed eight.
class Negotiated final : public reprise::AsyncLimiter {
 public:
  explicit Negotiated(reprise::EventLoop& loop) : loop_(loop) {}
  reprise::Decision allow(reprise::Suspend& suspend, reprise::ResourceRequest request) override {
    if (request.what != reprise::ResourceRequest::What::memory || request.to <= 4) return true;
    return ask(suspend, &loop_, request.to);
  }

 private:
  static reprise::Task<bool> ask(reprise::Suspend& suspend, reprise::EventLoop* loop,
                                 uint64_t pages) {
    co_await loop->sleep(suspend, std::chrono::milliseconds(5));
    co_return pages <= 8;
  }
  reprise::EventLoop& loop_;
};

}  // namespace

int main() {
  using namespace reprise;
  using example::need;
  const Engine engine = need(Engine::create());
  const Module module = need(Module::read(engine, kModule, "grow.wat"));
  EventLoop loop = need(EventLoop::create());
  auto store = need(Store<App>::create(engine));
  Linker<App> linker;
  const CoreInstance instance = need(linker.instantiate(store, module).run());
  const auto grow = need(instance.func<int32_t(int32_t)>("grow"));
  const Memory memory = need(instance.memory("memory"));

  store.set_limiter(std::make_shared<Budget>());
  std::printf("guest: %d, then %d\n", need(grow.call(store, 3).run()),
              need(grow.call(store, 1).run()));
  std::printf("host: %s\n", memory.grow(store, 1).run().error().to_string().c_str());

  store.set_limiter(std::make_shared<Negotiated>(loop));
  std::printf("guest, after asking: %d\n", need(loop.run(grow.call(store, 2))));
  std::printf("host, after asking: %d pages before, %d now\n",
              static_cast<int>(need(loop.run(memory.grow(store, 2)))),
              static_cast<int>(memory.pages(store)));
  std::printf("guest, refused: %d\n", need(loop.run(grow.call(store, 1))));
}
