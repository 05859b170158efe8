// What suspension costs where nobody suspends, and where somebody does: a call, a growth and an
// instantiation; without a limiter, under an asynchronous one that answers at once, and under one
// that waits. `frames` counts coroutine frames for each operation, `chunks` what the arenas took
// from the system for them.
//
//   bench_suspension [--instructions OPERATION MODE COUNT]
//
// With --instructions the operation is done COUNT times and nothing else: for callgrind, once with
// COUNT and once with twice as many (bench/suspension.sh).

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <optional>

#include "embed/api_state.hpp"
#include "reprise/linker.hpp"

using namespace reprise;

namespace {

constexpr std::string_view kModule = R"((module
  (memory (export "memory") 1 65536)
  (func (export "call") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";

enum class Mode { synchronous, answers_at_once, waits };

struct App {};

class BenchLimiter final : public AsyncLimiter {
 public:
  explicit BenchLimiter(bool waits) : waits_(waits) {}
  Decision allow(Suspend& suspend, ResourceRequest) override {
    if (!waits_) return true;
    return ask(suspend, this);
  }
  void fire() {
    if (waiting_) std::exchange(waiting_, {}).resume();
  }

 private:
  struct Wait {
    BenchLimiter& limiter;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) { limiter.waiting_ = h; }
    void await_resume() {}
  };
  static Task<bool> ask(Suspend& suspend, BenchLimiter* self) {
    static_cast<void>(suspend);
    co_await Wait{*self};
    co_return true;
  }
  bool waits_;
  std::coroutine_handle<> waiting_;
};

/// A store in one of the modes, and the three operations.
class World {
 public:
  explicit World(Mode mode)
      : store_(*Store<App>::create(engine_, App{}, {.stack_slots = 4096})),
        module_(*Module::read(engine_, kModule, "bench.wat")) {
    if (mode != Mode::synchronous) {
      limiter_ = std::make_shared<BenchLimiter>(mode == Mode::waits);
      store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter_));
    }
    instance_ = finish(linker_.instantiate(store_, module_));
    call_ = *instance_->func<int32_t(int32_t)>("call");
    grow_ = *instance_->func<int32_t(int32_t)>("grow");
  }

  void call() { finish(call_->call(store_, 1)); }
  /// By nothing, so that it can be done again and again; the question is the same.
  void grow() { finish(grow_->call(store_, 0)); }
  void instantiate() {
    Store<App> store = *Store<App>::create(engine_, App{}, {.stack_slots = 4096});
    if (limiter_) store.set_limiter(std::shared_ptr<AsyncLimiter>(limiter_));
    finish(linker_.instantiate(store, module_));
    count(store);
  }

  FrameArena::Counts frames() {
    FrameArena::Counts all = elsewhere_;
    count_into(all, store_);
    return all;
  }

 private:
  template <class R>
  R finish(Operation<R> operation) {
    if (!operation.start()) {
      while (!operation.done()) limiter_->fire();
    }
    auto outcome = operation.take();
    if (!outcome) std::abort();
    return *std::move(outcome);
  }
  static void count_into(FrameArena::Counts& all, Store<App>& store) {
    for (const auto& suspend : detail::Access::state(store).idle_suspends) {
      all.frames += suspend->frames().counts().frames;
      all.chunks += suspend->frames().counts().chunks;
    }
  }
  void count(Store<App>& store) { count_into(elsewhere_, store); }

  Engine engine_ = *Engine::create();
  Store<App> store_;
  Module module_;
  Linker<App> linker_;
  std::shared_ptr<BenchLimiter> limiter_;
  std::optional<CoreInstance> instance_;
  std::optional<TypedFunc<int32_t(int32_t)>> call_, grow_;
  FrameArena::Counts elsewhere_;
};

using Action = void (World::*)();

void run(benchmark::State& state, Action action, Mode mode) {
  World world(mode);
  (world.*action)();
  const FrameArena::Counts before = world.frames();
  for (auto _ : state) (world.*action)();
  const FrameArena::Counts after = world.frames();
  const auto each = static_cast<double>(state.iterations());
  state.counters["frames"] = static_cast<double>(after.frames - before.frames) / each;
  state.counters["chunks"] = static_cast<double>(after.chunks - before.chunks) / each;
}

BENCHMARK_CAPTURE(run, call_synchronous, &World::call, Mode::synchronous);
BENCHMARK_CAPTURE(run, call_answers_at_once, &World::call, Mode::answers_at_once);
BENCHMARK_CAPTURE(run, call_waits, &World::call, Mode::waits);
BENCHMARK_CAPTURE(run, grow_synchronous, &World::grow, Mode::synchronous);
BENCHMARK_CAPTURE(run, grow_answers_at_once, &World::grow, Mode::answers_at_once);
BENCHMARK_CAPTURE(run, grow_waits, &World::grow, Mode::waits);
BENCHMARK_CAPTURE(run, instantiate_synchronous, &World::instantiate, Mode::synchronous);
BENCHMARK_CAPTURE(run, instantiate_answers_at_once, &World::instantiate, Mode::answers_at_once);
BENCHMARK_CAPTURE(run, instantiate_waits, &World::instantiate, Mode::waits);

int only(char** arguments) {
  const std::string operation = arguments[0], mode = arguments[1];
  World world(mode == "waits"             ? Mode::waits
              : mode == "answers_at_once" ? Mode::answers_at_once
                                          : Mode::synchronous);
  const Action action = operation == "grow"          ? &World::grow
                        : operation == "instantiate" ? &World::instantiate
                                                     : &World::call;
  for (long i = std::atol(arguments[2]); i > 0; --i) (world.*action)();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], "--instructions") == 0) return only(argv + 2);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
