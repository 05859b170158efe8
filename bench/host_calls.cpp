// Calls of a component to its host, with recording off, to nothing, to memory and to a file. The
// budget for the guest's thread is 10 ns more for a scalar call that is recorded, 15 ns with a
// small payload, 0.05 ns for each byte beyond. The column "CPU" is the guest's thread alone; the
// drain of a recording has a thread of its own, whose work "Time" shows only where the two share a
// core. "latency" is the time from one call to the next, with a look at the clock in each.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "code/interpreter.hpp"
#include "embed/component_program.hpp"
#include "reprise/bind.hpp"
#include "text/wat.hpp"
#include "trace/sink.hpp"

namespace reprise {
namespace {

constexpr int kCalls = 10'000;  // of the host, in each iteration
constexpr size_t kBytes = 4096;

constexpr std::string_view kComponent = R"((component
  (import "bench:host/calls" (instance $host
    (export "scalar" (func (param "x" u32) (result u32)))
    (export "text" (func (param "x" string) (result u32)))
    (export "bytes" (func (param "x" u32) (result (list u8))))))
  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 16) "sixteen letters.")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $scalar (canon lower (func $host "scalar")))
  (core func $text (canon lower (func $host "text") (memory $bytes)))
  (core func $list (canon lower (func $host "bytes") (memory $bytes) (realloc $realloc)))
  (core module $Main
    (import "" "scalar" (func $scalar (param i32) (result i32)))
    (import "" "text" (func $text (param i32 i32) (result i32)))
    (import "" "bytes" (func $bytes (param i32 i32)))
    (func (export "scalar") (param $left i32) (result i32)
      (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $scalar (local.get $left))))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.get $sum))
    (func (export "text") (param $left i32) (result i32)
      (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $text (i32.const 16) (i32.const 16))))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.get $sum))
    (func (export "bytes") (param $left i32) (result i32)
      (loop $next
        (call $bytes (local.get $left) (i32.const 64))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 0)))
  (core instance $main (instantiate $Main (with "" (instance
    (export "scalar" (func $scalar))
    (export "text" (func $text))
    (export "bytes" (func $list))))))
  (func (export "scalar") (param "calls" u32) (result u32) (canon lift (core func $main "scalar")))
  (func (export "text") (param "calls" u32) (result u32) (canon lift (core func $main "text")))
  (func (export "bytes") (param "calls" u32) (result u32) (canon lift (core func $main "bytes")))
))";

constexpr const char* kFile = "/dev/shm/reprise_bench.trace";

enum Sink : int64_t { kOff, kNothing, kMemory, kDisk };

std::unique_ptr<trace::Sink> make_sink(int64_t kind) {
  if (kind == kMemory) return std::make_unique<trace::MemorySink>();
  if (kind == kDisk) return std::move(*trace::FileSink::create(kFile));
  return std::make_unique<trace::CallbackSink>([](Bytes, Bytes) -> Result<void> { return ok(); });
}

/// When the host was called.
using Moments = std::vector<std::chrono::steady_clock::time_point>;

/// The times between them, of those in one iteration.
void count_latency(benchmark::State& state, const Moments& moments) {
  std::vector<double> between;
  for (size_t i = 1; i < moments.size(); ++i) {
    if (i % kCalls == 0) continue;
    between.push_back(
        std::chrono::duration<double, std::nano>(moments[i] - moments[i - 1]).count());
  }
  std::sort(between.begin(), between.end());
  const auto at = [&](double part) {
    return between[static_cast<size_t>(part * static_cast<double>(between.size() - 1))];
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99.9_ns"] = at(0.999);
  state.counters["most_ns"] = at(1);
}

void host_calls(benchmark::State& state, const char* name, bool is_timed = false) {
  const auto engine = code::make_engine();
  auto binary = text::encode_component(kComponent);
  auto component = component::read_component(std::move(*binary), engine->types());
  auto loaded = std::make_shared<component::LoadedComponent>(*engine, std::move(*component));
  embed::HostLibrary library;
  const auto define = [&](const char* function, auto body) {
    (void)library.func("bench:host/calls", function, detail::bind<int>(body));
  };
  const std::vector<uint8_t> bytes(kBytes, 5);
  Moments moments;
  if (is_timed) {
    moments.reserve(static_cast<size_t>(state.max_iterations) * kCalls);
    define("scalar", [&](Call<int>, uint32_t x) {
      moments.push_back(std::chrono::steady_clock::now());
      return x + 1;
    });
  } else {
    define("scalar", [](Call<int>, uint32_t x) { return x + 1; });
  }
  define("text", [](Call<int>, std::string x) { return static_cast<uint32_t>(x.size()); });
  define("bytes", [&](Call<int>, uint32_t) { return bytes; });

  int data = 0;
  auto session = embed::Session::create(engine, {}, &data);
  if (state.range(0) != kOff) {
    auto recorder = replay::Recorder::create(make_sink(state.range(0)), {});
    (void)(*session)->record(std::move(*recorder));
  }
  auto program = embed::ComponentProgram::link(**session, std::move(loaded), library);
  if (!program) return state.SkipWithError(program.error().to_string().c_str());
  auto instantiated = (*program)->instantiate();
  instantiated.start();
  const embed::Exported* function = (*program)->find("", name);
  if (function == nullptr) return state.SkipWithError("no such export");
  const uint32_t calls = kCalls;
  const auto* argument = reinterpret_cast<const uint8_t*>(&calls);
  for (auto _ : state) {
    auto call = (*program)->call(*function, {argument, argument + sizeof calls});
    call.start();
    if (!call.take()) return state.SkipWithError("the guest trapped");
  }
  state.SetItemsProcessed(state.iterations() * kCalls);
  if (is_timed) count_latency(state, moments);
  if (auto* recorder = (*session)->recorder()) (void)recorder->close_clean();
  std::remove(kFile);
}

// The sinks in turn, again and again: what else the machine does hits all of them.
#define REPRISE_HOST_CALLS(name, iterations) \
  BENCHMARK_CAPTURE(host_calls, name, #name) \
      ->ArgName("sink")                      \
      ->DenseRange(kOff, kDisk)              \
      ->Iterations(iterations)               \
      ->Repetitions(7)                       \
      ->Unit(benchmark::kMicrosecond)        \
      ->ReportAggregatesOnly()
REPRISE_HOST_CALLS(scalar, 100);
REPRISE_HOST_CALLS(text, 100);
REPRISE_HOST_CALLS(bytes, 10);
BENCHMARK_CAPTURE(host_calls, latency, "scalar", true)
    ->ArgName("sink")
    ->DenseRange(kOff, kDisk)
    ->Iterations(100)
    ->Repetitions(3)
    ->Unit(benchmark::kMicrosecond)
    ->ReportAggregatesOnly();

}  // namespace
}  // namespace reprise

BENCHMARK_MAIN();
