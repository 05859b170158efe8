// What appending costs the guest's thread: the budget is 10 ns for a scalar call's event, 15 ns
// with a small payload, 0.05 ns for each byte beyond.

#include <benchmark/benchmark.h>

#include "trace/sink.hpp"
#include "trace/writer.hpp"

namespace reprise::trace {
namespace {

std::unique_ptr<Writer> make_writer(const std::string& path, Codec codec) {
  std::unique_ptr<Sink> sink =
      std::make_unique<CallbackSink>([](Bytes, Bytes) -> Result<void> { return ok(); });
  if (!path.empty()) sink = std::move(*FileSink::create(path));
  WriterOptions options;
  options.codec = codec;
  options.index = false;
  return std::move(*Writer::create(std::move(sink), options, SessionBegin{}));
}

// Into a ring that holds it all: what the stores alone cost.
void scalar_call_no_drain(benchmark::State& state) {
  const uint8_t argument[4] = {1, 2, 3, 4}, value[8] = {};
  for (auto _ : state) {
    state.PauseTiming();
    WriterOptions options;
    options.ring_bytes = 64 << 20;
    options.chunk_bytes = 1 << 20;
    options.pressure = Pressure::stop;
    auto writer = std::move(*Writer::create(
        std::make_unique<CallbackSink>([](Bytes, Bytes) -> Result<void> { return ok(); }), options,
        SessionBegin{}));
    state.ResumeTiming();
    for (int i = 0; i < 1000000; ++i) {
      writer->call(7, argument);
      writer->result(value);
    }
    state.PauseTiming();
    writer.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * 2000000);
}
BENCHMARK(scalar_call_no_drain)->Iterations(20);

// One call with its result: two events.
void scalar_call(benchmark::State& state) {
  auto writer = make_writer("", Codec::none);
  const uint8_t argument[4] = {1, 2, 3, 4}, value[8] = {};
  for (auto _ : state) {
    writer->call(7, argument);
    writer->result(value);
  }
  state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(scalar_call);

void digest_call(benchmark::State& state) {
  auto writer = make_writer("", Codec::none);
  const uint8_t value[8] = {};
  for (auto _ : state) {
    writer->call(7, 40, Digest{123456, 4});
    writer->result(value);
  }
  state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(digest_call);

void call_with_payload(benchmark::State& state) {
  auto writer = make_writer("", Codec::none);
  const uint8_t argument[4] = {};
  const std::vector<uint8_t> value(static_cast<size_t>(state.range(0)), 5);
  for (auto _ : state) {
    writer->call(7, argument);
    writer->result(value);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(call_with_payload)->Arg(16)->Arg(64)->Arg(256)->Arg(4096)->Arg(65536)->Arg(1 << 20);

void calls_to_file(benchmark::State& state) {
  auto writer = make_writer("/dev/shm/reprise_bench.trace", static_cast<Codec>(state.range(0)));
  const uint8_t argument[4] = {1, 2, 3, 4};
  uint64_t value = 0;
  for (auto _ : state) {
    ++value;
    writer->call(7, argument);
    writer->result({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  state.SetItemsProcessed(state.iterations() * 2);
  (void)writer->close(End{});
  std::remove("/dev/shm/reprise_bench.trace");
}
BENCHMARK(calls_to_file)->Arg(0)->Arg(1)->Arg(2);

}  // namespace
}  // namespace reprise::trace

BENCHMARK_MAIN();
