// A thousand stores on one thread, each with a guest that sleeps for 100 ms: together they take
// about as long as one.

#include <chrono>
#include <cstdint>
#include <vector>

#include "example.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"

namespace {

constexpr int kStores = 1000;

constexpr std::string_view kModule = R"((module
  (import "host" "sleep" (func $sleep (param i32) (result i32)))
  (func (export "run") (result i32) (call $sleep (i32.const 100)))))";

struct App {
  reprise::EventLoop* loop = nullptr;
};

reprise::Task<int32_t> sleep_for(reprise::Call<App> call, int32_t milliseconds) {
  co_await call.data().loop->sleep(call.suspend(), std::chrono::milliseconds(milliseconds));
  co_return 1;
}

}  // namespace

int main() {
  using namespace reprise;
  using example::need;
  using Clock = std::chrono::steady_clock;
  const Engine engine = need(Engine::create());
  const Module module = need(Module::read(engine, kModule, "sleep.wat"));
  EventLoop loop = need(EventLoop::create());
  Linker<App> linker;
  need(linker.core_func("host", "sleep", sleep_for));

  // A guest that waits needs its stack, so a thousand of them get small ones.
  const Limits limits{.stack_slots = 4096};
  std::vector<Store<App>> stores;
  std::vector<Operation<int32_t>> calls;
  for (int i = 0; i < kStores; ++i) {
    stores.push_back(need(Store<App>::create(engine, App{&loop}, limits)));
    const CoreInstance instance = need(loop.run(linker.instantiate(stores.back(), module)));
    calls.push_back(need(instance.func<int32_t()>("run")).call(stores.back()));
  }
  const Clock::time_point begin = Clock::now();
  for (Operation<int32_t>& call : calls) call.start();
  int done = 0;
  for (Operation<int32_t>& call : calls) {
    while (!call.done()) loop.turn();
    done += need(call.take());
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  std::printf("%d stores slept 100 ms each, in %d ms\n", done, static_cast<int>(took.count()));
  return took.count() >= 100 ? 0 : 1;
}
