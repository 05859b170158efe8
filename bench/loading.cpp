// Loading a module: reading its sections (all that happens before the first call), then validating
// its function bodies, or validating and lowering them, all at once; in bytes of the module a
// second. And what a lowered function takes: allocations per function, and per byte of its body.
//
// The modules are generated, of 10 and of 30 MB, with bodies of the mix of instructions that
// compilers make; in addition every *.wasm in the folder that REPRISE_BENCH_MODULES names.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "base/bytes.hpp"
#include "code/interpreter.hpp"
#include "runtime/engine.hpp"
#include "wasm/reader.hpp"
#include "wasm/validate.hpp"

namespace {

using namespace reprise;
using Module = std::shared_ptr<const std::vector<uint8_t>>;

void put(ByteWriter& out, std::initializer_list<uint8_t> bytes) {
  for (const uint8_t byte : bytes) out.u8(byte);
}

/// A body as compilers make them: loads through pointers in locals, arithmetic with constants, a
/// branch out of a loop, a call, a store. Some 190 bytes.
void add_body(ByteWriter& code, std::mt19937& random, uint32_t functions) {
  ByteWriter body;
  put(body, {1, 6, 0x7f});  // six locals, i32
  const auto local = [&](uint8_t op) { put(body, {op, static_cast<uint8_t>(random() % 8)}); };
  const auto constant = [&] {
    body.u8(0x41);
    body.leb_s32(static_cast<int32_t>(random()) >> (random() % 28));
  };
  const auto access = [&](uint8_t op) {
    put(body, {op, 2});
    body.leb_u32(random() % 512);
  };
  put(body, {0x02, 0x40, 0x03, 0x40});  // block, loop
  for (int statement = 0; statement < 6; ++statement) {
    local(0x20);  // get
    local(0x20);
    access(0x28);  // i32.load
    constant();
    body.u8(0x6a);  // i32.add
    access(0x36);   // i32.store
    local(0x20);
    constant();
    body.u8(0x71);  // i32.and
    local(0x22);    // tee
    body.u8(0x1a);  // drop
  }
  local(0x20);
  put(body, {0x45, 0x0d, 1});  // eqz, out
  local(0x20);
  local(0x20);
  body.u8(0x10);  // call
  body.leb_u32(random() % functions);
  local(0x21);                       // set
  put(body, {0x0c, 0, 0x0b, 0x0b});  // again; end, end
  local(0x20);
  body.u8(0x0b);
  code.sized(body);
}

Module generated(size_t megabytes) {
  std::mt19937 random(1);
  ByteWriter bodies;
  uint32_t functions = 0;
  while (bodies.size() < megabytes * 1'000'000) add_body(bodies, random, ++functions);
  ByteWriter out;
  put(out, {0, 'a', 's', 'm', 1, 0, 0, 0});
  const auto section = [&](uint8_t id, const ByteWriter& content) {
    out.u8(id);
    out.sized(content);
  };
  ByteWriter types;
  put(types, {1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f});
  section(1, types);
  ByteWriter declared;
  declared.leb_u32(functions);
  for (uint32_t i = 0; i < functions; ++i) declared.u8(0);
  section(3, declared);
  ByteWriter memories;
  put(memories, {1, 0, 1});
  section(5, memories);
  ByteWriter code;
  code.leb_u32(functions);
  code.bytes(bodies.view());
  section(10, code);
  return std::make_shared<const std::vector<uint8_t>>(out.take());
}

enum class Depth { sections, bodies, code };

void load(benchmark::State& state, const Module& bytes, Depth depth) {
  const auto engine = code::make_engine();
  for (auto _ : state) {
    auto module = wasm::read_module({.bytes = *bytes, .owner = bytes}, engine->types());
    if (!module) return state.SkipWithError(module.error().to_string().c_str());
    if (depth == Depth::bodies) {
      if (auto valid = wasm::validate_module(**module); !valid)
        return state.SkipWithError(valid.error().to_string().c_str());
    }
    if (depth == Depth::code) {
      auto loaded = engine->load(*module);
      const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
      if (auto lowered = loaded->lower_all(); !lowered)
        return state.SkipWithError(lowered.error().to_string().c_str());
      const auto taken = static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd - before);
      const auto functions =
          static_cast<double>((*module)->functions.size() - (*module)->imported_functions);
      state.counters["bytes_a_function"] = taken / functions;
      state.counters["bytes_a_byte"] = taken / static_cast<double>(bytes->size());
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes->size()));
}

void add(const std::string& name, const Module& bytes) {
  for (const auto& [what, depth] :
       {std::pair{"sections", Depth::sections}, {"bodies", Depth::bodies}, {"code", Depth::code}}) {
    benchmark::RegisterBenchmark((name + "/" + what).c_str(), load, bytes, depth)
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const size_t megabytes : {10, 30})
    add("generated_" + std::to_string(megabytes) + "MB", generated(megabytes));
  if (const char* folder = std::getenv("REPRISE_BENCH_MODULES")) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".wasm") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      add(entry.path().stem().string(),
          std::make_shared<const std::vector<uint8_t>>(std::istreambuf_iterator<char>(file),
                                                       std::istreambuf_iterator<char>()));
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
