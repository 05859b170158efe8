// A host function that is a coroutine: the guest calls it like any other, and waits as data while
// it// sleeps. run() would refuse this component before it runs, so the loop runs it.

#include <chrono>
#include <cstdint>

#include "example.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"

namespace {

constexpr std::string_view kComponent = R"((component
  (import "example:app/clock@1.0.0" (instance $clock
    (export "pause" (func (param "milliseconds" u32) (result u32)))))
  (core func $pause (canon lower (func $clock "pause")))
  (core module $m
    (import "" "pause" (func $pause (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (i32.add (call $pause (local.get 0)) (call $pause (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance (export "pause" (func $pause))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))
))";

struct App {
  reprise::EventLoop loop;
};

/// The arguments are the coroutine's own; the frame lies in the arena of the call.
reprise::Task<uint32_t> pause_for(reprise::Call<App> call, uint32_t milliseconds) {
  co_await call.data().loop.sleep(call.suspend(), std::chrono::milliseconds(milliseconds));
  co_return milliseconds;
}

}  // namespace

int main() {
  using namespace reprise;
  using example::need;
  const Engine engine = need(Engine::create());
  const Component component = need(Component::read(engine, kComponent, "pause.wat"));
  auto store = need(Store<App>::create(engine, App{need(EventLoop::create())}));
  EventLoop& loop = store.data().loop;

  Linker<App> linker;
  need(linker.func("example:app/clock@1.0.0", "pause", pause_for));
  auto refused = linker.instantiate(store, component).run();
  std::printf("run(): %s\n", refused ? "allowed" : refused.error().to_string().c_str());

  const Instance instance = need(loop.run(linker.instantiate(store, component)));
  const auto run = need(instance.func<uint32_t(uint32_t)>("", "run"));
  std::printf("slept %u ms\n", need(loop.run(run.call(store, 10))));
}
