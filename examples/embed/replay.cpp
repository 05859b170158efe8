// Recording and replaying from a program: the second run has no host behind it.

#include <cstdint>
#include <cstdio>

#include "example.hpp"
#include "reprise/linker.hpp"
#include "reprise/replay.hpp"

namespace {

constexpr std::string_view kModule = R"((module
  (import "host" "roll" (func $roll (result i32)))
  (memory (export "memory") 1)
  (func (export "play") (result i32)
    (i32.add (i32.load (i32.const 0)) (i32.add (call $roll) (call $roll))))))";

struct App {
  int rolls = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace reprise;
  using example::need;
  const std::string path = argc > 1 ? argv[1] : "dice.trace";
  const Engine engine = need(Engine::create());
  const Module module = need(Module::read(engine, kModule, "dice.wat"));
  auto store = need(Store<App>::create(engine));
  need(store.record({.path = path}));
  Linker<App> linker;
  need(linker.core_func("host", "roll", [](Call<App> call) { return 3 + call.data().rolls++; }));
  const CoreInstance instance = need(linker.instantiate(store, module).run());
  // What the embedder writes is recorded, too.
  const uint8_t hundred[] = {100, 0, 0, 0};
  need(need(instance.memory("memory")).write(store, 0, hundred));
  std::printf("played: %d\n", need(need(instance.func<int32_t()>("play")).call(store).run()));
  need(store.close_recording());

  Replay replay = need(Replay::open(path));
  const ReplayReport report = need(replay.run());
  std::printf("replayed %d events: %s, the host rolled %d times\n", static_cast<int>(report.events),
              report.kind == ReplayReport::Kind::finished ? "the same" : report.message.c_str(),
              store.data().rolls);
  std::remove(path.c_str());
}
