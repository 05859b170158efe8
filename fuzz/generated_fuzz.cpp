// Any bytes make a valid module (tests/generated), the first of them says in which dialect. It runs
// the same in folded code, with ticks counted, in observed code, and collecting all the time.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "run_module.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::generated;
  const Dialect dialect = size != 0 && data[0] % 2 != 0 ? Dialect::whole : Dialect::shared;
  const GeneratedModule module = generate_module({data, size}, dialect);
  const auto folded = run_module(module, Code::folded);
  const auto counted = run_module(module, Code::counted);
  const auto observed = run_module(module, Code::observed);
  const auto collected = run_module(module, Code::collected);
  if (!folded || !counted || !observed || !collected) {
    std::fprintf(stderr, "not valid: %s\n", folded ? "?" : folded.error().to_string().c_str());
    std::abort();
  }
  for (const auto* other : {&counted, &observed, &collected})
    if (folded->to_json() != (*other)->to_json() || folded->traps != (*other)->traps) std::abort();
  if (counted->ticks != observed->ticks) std::abort();
  return 0;
}
