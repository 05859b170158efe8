// What an instance costs, and its end: a module with 20,000 functions, all of them in its table,
// and 4 MB of data. With the engine's pool, and with nothing kept. A call and a grow beside it.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "code/interpreter.hpp"
#include "runtime/activation.hpp"
#include "runtime/instantiate.hpp"
#include "text/wat.hpp"
#include "wasm/reader.hpp"

namespace {

using namespace reprise;
using runtime::StoreCore;

constexpr int kFunctions = 20'000;
constexpr size_t kDataBytes = 4 << 20;

std::string module_text() {
  std::string text = "(module (memory 80) (table 20000 funcref) (elem (i32.const 0)";
  for (int i = 0; i < kFunctions; ++i) text += " " + std::to_string(i);
  text += ")";
  for (int i = 0; i < kFunctions - 2; ++i) text += "(func (result i32) (i32.const 7))";
  text += R"((func (export "call") (result i32) (call_indirect (result i32) (i32.const 77))))";
  text += R"((func (export "grow") (result i32) (memory.grow (i32.const 1))))";
  text += "(data (i32.const 65536) \"" + std::string(kDataBytes, 'd') + "\"))";
  return text;
}

struct Setup {
  explicit Setup(bool pooled) {
    runtime::EngineOptions options;
    if (!pooled) options.pool = {.memories = 0, .stacks = 0, .stores = 0, .tables = 0};
    engine = code::make_engine(options);
    auto bytes = text::encode_module(module_text());
    auto module = wasm::read_module(std::move(*bytes), engine->types());
    loaded = engine->load(*module);
    // The image is made for the second instance.
    for (int i = 0; i < 3; ++i) make();
  }

  std::unique_ptr<StoreCore> make() {
    auto store = StoreCore::create(engine, {});
    if (!store || !runtime::instantiate(**store, loaded, {})) std::abort();
    return std::move(*store);
  }

  std::shared_ptr<const runtime::Engine> engine;
  std::shared_ptr<runtime::ModuleCode> loaded;
};

/// Store and instance; pausing the clock would cost more than what is measured, so both ends are
/// measured together, and teardown is what remains.
void instantiate_and_destroy(benchmark::State& state, bool pooled) {
  Setup setup(pooled);
  for (auto _ : state) benchmark::DoNotOptimize(setup.make());
}

void batches(benchmark::State& state, bool pooled, bool measure_teardown) {
  Setup setup(pooled);
  constexpr int kBatch = 50;
  for (int i = 0; i < 2; ++i) {  // as many slots as a batch takes
    std::vector<std::unique_ptr<StoreCore>> warm;
    for (int n = 0; n < kBatch; ++n) warm.push_back(setup.make());
  }
  std::vector<std::unique_ptr<StoreCore>> stores;
  stores.reserve(kBatch);
  while (state.KeepRunningBatch(kBatch)) {
    const auto begin = std::chrono::steady_clock::now();
    for (int n = 0; n < kBatch; ++n) stores.push_back(setup.make());
    const auto middle = std::chrono::steady_clock::now();
    stores.clear();
    const auto end = std::chrono::steady_clock::now();
    const std::chrono::duration<double> took = measure_teardown ? end - middle : middle - begin;
    state.SetIterationTime(took.count());
  }
}

void call(benchmark::State& state, const char* name) {
  Setup setup(true);
  auto store = setup.make();
  const auto function =
      std::get<runtime::FuncId>(*store->find_export(runtime::InstanceId(0), name));
  for (auto _ : state) {
    auto results = runtime::call(*store, function, {});
    if (!results) std::abort();
    benchmark::DoNotOptimize(results);
  }
}

void grow_from_host(benchmark::State& state) {
  Setup setup(true);
  auto store = setup.make();
  uint64_t grown = 0;
  for (auto _ : state) {
    if (++grown == 60'000) {
      state.PauseTiming();
      store = setup.make();
      grown = 0;
      state.ResumeTiming();
    }
    const auto plan = store->plan_memory_growth(runtime::MemoryId(0), 1);
    if (!plan || !store->commit(*plan)) std::abort();
  }
}

BENCHMARK_CAPTURE(instantiate_and_destroy, pooled, true)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(instantiate_and_destroy, fresh, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(batches, pooled_instantiate, true, false)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(batches, pooled_teardown, true, true)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(call, call_from_host, "call");
BENCHMARK(grow_from_host);

}  // namespace

BENCHMARK_MAIN();
