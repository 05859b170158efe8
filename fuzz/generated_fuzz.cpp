// Any bytes make a valid module (tests/generated), which runs the same in folded code, with ticks
// counted, and in observed code.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "run_module.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::generated;
  const GeneratedModule module = generate_module({data, size});
  const auto folded = run_module(module, Code::folded);
  const auto counted = run_module(module, Code::counted);
  const auto observed = run_module(module, Code::observed);
  if (!folded || !counted || !observed) {
    std::fprintf(stderr, "not valid: %s\n", folded ? "?" : folded.error().to_string().c_str());
    std::abort();
  }
  const bool same = folded->to_json() == counted->to_json() &&
                    folded->to_json() == observed->to_json() && folded->traps == counted->traps &&
                    folded->traps == observed->traps && counted->ticks == observed->ticks;
  if (!same) std::abort();
  return 0;
}
