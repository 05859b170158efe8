// Debug information: the input is a core module's bytes. Whatever its custom sections hold, every
// question gets an answer, in bounded time and memory. Start it from tests/guests/debug/*.wasm.

#include <algorithm>

#include "base/check.hpp"
#include "debug/dwarf/context.hpp"
#include "debug/dwarf/format.hpp"
#include "debug/dwarf/rust_name.hpp"
#include "debug/dwarf/variables.hpp"

namespace {

using namespace reprise;
using namespace reprise::debug;

/// A frame in which everything can be read.
class AnyFrame : public FrameState {
 public:
  std::optional<WasmBits> local(uint32_t index) const override { return WasmBits{index, 0}; }
  std::optional<WasmBits> global(uint32_t index) const override { return WasmBits{index, 0}; }
  std::optional<WasmBits> operand(uint32_t index) const override { return WasmBits{index, 0}; }
  bool read_memory(uint64_t address, std::span<uint8_t> out) const override {
    std::ranges::fill(out, static_cast<uint8_t>(address));
    return address < 1 << 20;
  }
};

void show(const std::vector<Variable>& variables, const FrameState& frame) {
  constexpr size_t kEnough = 64;
  for (size_t i = 0; i < std::min(variables.size(), kEnough); ++i)
    if (auto value = variables[i].read(frame)) {
      const FormatLimits limits{.max_elements = 4, .max_length = 500};
      REPRISE_CHECK(format(*value, frame, limits).size() < 1 << 20);
    }
}

void ask(const DebugInfo& info, uint64_t offset, const FrameState& frame) {
  const size_t frames = std::min<size_t>(info.frames_at(offset).size(), 4);
  for (size_t i = 0; i < frames; ++i) show(variables_at(info, offset, i), frame);
  show(globals_at(info, offset), frame);
  (void)evaluate(info, "a.b->c[1]", offset, frame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A name section, too, may hold anything.
  const std::string name = "_R" + std::string(reinterpret_cast<const char*>(data), size);
  REPRISE_CHECK(rust_source_name(name).size() <= std::max<size_t>(name.size(), 8192));
  const auto info = DebugInfo::open({data, size}, nullptr);
  if (!info) return 0;
  const AnyFrame frame;
  // Where the functions are, which is where there is something to ask about.
  size_t asked = 0;
  for (const auto& unit : (*info)->context().units())
    for (const auto& function : unit->functions())
      if (asked++ < 8) ask(**info, (*info)->code_begin() + function.range.begin + 1, frame);
  (*info)->files();
  (*info)->places_of_line("a.c", 1);
  (*info)->places_of_function("run");
  REPRISE_CHECK((*info)->problems().size() <= 32);
  return 0;
}
