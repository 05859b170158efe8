// Suspends, resumes, cancels, interrupts and fails at random, and checks that nothing is left
// behind: every question to the limiter is settled, nobody waits when nothing is there to wait,
// memories have the sizes that were granted, and (with the first byte's lowest bit) the recording
// replays.
//
// Each byte of the input is one step; its lower half says what, its upper half with which
// operation.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "embed/api_state.hpp"
#include "embed/replayer.hpp"
#include "reprise/linker.hpp"
#include "turns.hpp"

using namespace reprise;

namespace {

constexpr std::string_view kModule = R"((module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1 64)
  (memory $shared (export "shared") 1 1 shared)
  (table (export "table") 1 64 funcref)
  (func (export "wait") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0)) (drop) (table.grow (ref.null func) (local.get 0)))
  (func (export "trap") (param i32) (result i32) unreachable)
  (func (export "spin") (param i32) (result i32)
    (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (i32.gt_s (local.get 0) (i32.const -40))))
    (call $wait (local.get 0)))
  (func (export "sleep") (param i32) (result i32)
    (memory.atomic.wait32 $shared (i32.const 0) (i32.const 0) (i64.extend_i32_u (local.get 0))))
  (func (export "await") (param i32) (result i32)
    (memory.atomic.wait32 $shared (i32.const 4) (i32.const 0) (i64.const -1)))
))";

void check(bool good) {
  if (!good) std::abort();
}

struct World {
  std::vector<std::coroutine_handle<>> waiting;
  int asked = 0, settled = 0;
  bool answer = true, is_slow = true;
};

struct Wait {
  World& world;
  std::coroutine_handle<> self;
  explicit Wait(World& w) : world(w) {}
  ~Wait() { std::erase(world.waiting, self); }
  bool await_ready() const { return !world.is_slow; }
  void await_suspend(std::coroutine_handle<> h) { world.waiting.push_back(self = h); }
  void await_resume() {}
};

class RandomLimiter final : public AsyncLimiter {
 public:
  explicit RandomLimiter(World& world) : world_(world) {}
  Decision allow(Suspend& suspend, ResourceRequest) override {
    ++world_.asked;
    if (!world_.is_slow) return world_.answer;
    return ask(suspend, &world_);
  }
  void settled(const ResourceRequest&, bool) override { ++world_.settled; }

 private:
  static Task<bool> ask(Suspend& suspend, World* world) {
    static_cast<void>(suspend);
    co_await Wait(*world);
    co_return world->answer;
  }
  World& world_;
};

struct App {
  World* world;
};

void fire(World& world, size_t which) {
  if (world.waiting.empty()) return;
  const auto at = world.waiting.begin() + static_cast<std::ptrdiff_t>(which % world.waiting.size());
  const std::coroutine_handle<> handle = *at;
  world.waiting.erase(at);
  handle.resume();
}

void check_replay(const std::string& path) {
  embed::ReplaySource source{
      .trace = path,
      .program = *embed::find_recorded_program(path, ""),
      .core_imports = []() -> Result<embed::CoreImports> {
        return [](std::string_view, std::string_view,
                  const wasm::FuncType&) -> Result<std::unique_ptr<runtime::HostImport>> {
          return nullptr;
        };
      }};
  auto replayer = embed::Replayer::open(source, [](replay::Stream, Bytes) {});
  check(replayer.has_value());
  while (!(*replayer)->run()) {
  }
  check((*replayer)->loop().outcome().kind == embed::ReplayOutcome::Kind::finished);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 400) return 0;
  static const Engine plain = *Engine::create(), fuelled = *Engine::create({.fuel = true});
  static const Module plain_module = *Module::read(plain, kModule, "fuzz.wat");
  static const Module fuelled_module = *Module::read(fuelled, kModule, "fuzz.wat");
  const bool burns = data[0] & 4;
  const Engine& engine = burns ? fuelled : plain;
  const Module& module = burns ? fuelled_module : plain_module;
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("suspension_fuzz_" + std::to_string(getpid())))
          .string();
  World world;
  Store<App> store = *Store<App>::create(engine, App{&world}, {.stack_slots = 4096});
  Linker<App> linker;
  check(linker
            .core_func("host", "wait",
                       [](Call<App> call, int32_t x) -> Task<int32_t> {
                         co_await Wait(*call.data().world);
                         co_return x;
                       })
            .has_value());
  const bool recorded = data[0] & 1;
  if (recorded) check(store.record({.path = path, .interruptible = true}).has_value());
  const auto turns = std::make_shared<Turns>();
  check(store.set_scheduler(turns).has_value());
  if (data[0] & 2) store.metering().yield_every_epochs(1);
  if (burns && data[0] & 8) check(store.metering().yield_every(1 + (data[0] >> 4)).has_value());
  store.set_limiter(std::shared_ptr<AsyncLimiter>(std::make_shared<RandomLimiter>(world)));

  std::vector<CoreInstance> instances;
  std::vector<Operation<CoreInstance>> instantiating;
  std::vector<Operation<int32_t>> calls;
  std::vector<Operation<uint64_t>> growing;
  const auto begin = [&](const char* name, uint8_t which) {
    if (instances.empty()) return;
    auto f = instances[which % instances.size()].func<int32_t(int32_t)>(name);
    calls.push_back(f->call(store, which));
    calls.back().start();
  };
  for (size_t i = 1; i < size; ++i) {
    const uint8_t which = data[i] >> 4;
    switch (data[i] & 15) {
      case 0:
        instantiating.push_back(linker.instantiate(store, module));
        instantiating.back().start();
        break;
      case 1:
        begin("wait", which);
        break;
      case 2:
        begin("grow", which);
        break;
      case 3:
        if (which == 0) {
          begin("trap", which);
        } else if (which == 1) {
          store.metering().interrupt().raise();
        } else if (which == 2) {
          store.metering().interrupt_waiting();
        } else {
          begin(which % 3 == 0 ? "spin" : which % 3 == 1 ? "sleep" : "await", which);
        }
        break;
      case 4:
        if (!instances.empty()) {
          growing.push_back(
              instances[which % instances.size()].memory("memory")->grow(store, which));
          growing.back().start();
        }
        break;
      case 5:
        if (!instances.empty()) {
          growing.push_back(instances[which % instances.size()].table("table")->grow(store, which));
          growing.back().start();
        }
        break;
      case 6:
      case 7:
      case 8:
        fire(world, which);
        break;
      case 9:
        if (!calls.empty())
          calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(which % calls.size()));
        break;
      case 10:
        if (!growing.empty())
          growing.erase(growing.begin() + static_cast<std::ptrdiff_t>(which % growing.size()));
        break;
      case 11:
        if (!instantiating.empty()) instantiating.pop_back();
        break;
      case 12:
        world.answer = which & 1;
        world.is_slow = which & 2;
        break;
      case 13:
        for (auto& suspend : detail::Access::state(store).idle_suspends)
          suspend->frames().fail_after(which);
        break;
      case 14:
        if (!instances.empty()) {
          const uint8_t byte = which;
          check(instances[which % instances.size()]
                    .memory("memory")
                    ->write(store, which, {&byte, 1})
                    .has_value());
        }
        break;
      case 15:
        if (which == 0) {
          engine.increment_epoch();
        } else if (which < 8) {
          turns->pass(std::chrono::nanoseconds(which));
        } else if (which < 12 || instances.empty()) {
          turns->next();
        } else {
          check(instances[which % instances.size()]
                    .memory("shared")
                    ->notify(store, 4, which & 1)
                    .has_value());
        }
        break;
      default:
        break;
    }
    std::erase_if(instantiating, [&](auto& operation) {
      if (!operation.done()) return false;
      if (auto made = operation.take()) instances.push_back(*made);
      return true;
    });
    std::erase_if(calls, [](auto& operation) { return operation.done(); });
    std::erase_if(growing, [](auto& operation) { return operation.done(); });
  }
  calls.clear();
  growing.clear();
  instantiating.clear();
  turns->run();
  check(world.waiting.empty());
  check(turns->sleeping() == 0);
  check(world.asked == world.settled);
  check(detail::Access::state(store).works.empty());
  if (recorded) {
    check(store.close_recording().has_value());
    if (!instances.empty()) check_replay(path);
  }
  return 0;
}
