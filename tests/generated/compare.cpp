// generated_modules FIRST COUNT [FOLDER]: makes two modules of each of COUNT numbers from FIRST on,
// one in each dialect, runs each in folded code, with ticks counted, in observed code, and
// collecting at each allocation, and fails if the runs differ. Into FOLDER, if there is one, it
// writes each module of the shared dialect and what came of it, for node.mjs.

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "run_module.hpp"

namespace {

using namespace reprise::generated;

void write(const std::string& path, const void* data, size_t size) {
  std::ofstream(path, std::ios::binary)
      .write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
}

/// What is wrong; empty if nothing is.
std::string compare(const GeneratedModule& module, std::string& json, uint64_t& traps) {
  const auto folded = run_module(module, Code::folded);
  if (!folded) return folded.error().to_string();
  json = folded->to_json();
  for (const Call& call : folded->calls) traps += call.outcome == "trap";
  uint64_t ticks = 0;
  for (const Code code : {Code::collected, Code::counted, Code::observed}) {
    const auto other = run_module(module, code);
    constexpr const char* kWords[] = {"folded", "counted", "observed", "collected"};
    const char* const word = kWords[static_cast<size_t>(code)];
    if (!other) return other.error().to_string();
    if (other->to_json() != json || other->traps != folded->traps)
      return fmt::format("folded: {}{}\n{}: {}{}", json, folded->traps, word, other->to_json(),
                         other->traps);
    if (code == Code::observed && other->ticks != ticks)
      return fmt::format("{} ticks counted, {} observed", ticks, other->ticks);
    ticks = other->ticks;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    fmt::print(stderr, "usage: generated_modules FIRST COUNT [FOLDER]\n");
    return 2;
  }
  const uint64_t first = std::strtoull(argv[1], nullptr, 10);
  const uint64_t count = std::strtoull(argv[2], nullptr, 10);
  uint64_t failed = 0, calls = 0, traps = 0;
  for (uint64_t seed = first; seed < first + count; seed++) {
    for (const Dialect dialect : {Dialect::shared, Dialect::whole}) {
      const GeneratedModule module = generate_module(choices_from(seed), dialect);
      std::string json;
      const std::string wrong = compare(module, json, traps);
      calls += module.functions.size() * 3;
      if (!wrong.empty()) {
        failed++;
        fmt::print("{}{}: {}\n", seed, dialect == Dialect::whole ? ", whole" : "", wrong);
      }
      if (argc == 4 && !json.empty() && dialect == Dialect::shared) {
        const std::string path = fmt::format("{}/{}", argv[3], seed);
        write(path + ".wasm", module.binary.data(), module.binary.size());
        write(path + ".json", json.data(), json.size());
      }
    }
  }
  fmt::print("{} modules, {} calls of which {} trapped, {} modules differ\n", 2 * count, calls,
             traps, failed);
  return failed == 0 && calls > traps ? 0 : 1;
}
