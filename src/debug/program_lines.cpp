#include "debug/program_lines.hpp"

#include <map>
#include <memory>

#include "debug/dwarf/add_source.hpp"

namespace reprise::debug {

void add_source_lines(Trap& trap, const embed::Program& program) {
  std::map<const wasm::Module*, std::shared_ptr<const DebugInfo>> known;
  add_source(trap, [&](const Frame& frame) -> const DebugInfo* {
    const auto module = program.module_of(frame);
    if (!module) return nullptr;
    auto& info = known[module.get()];
    if (!info)
      if (auto opened = DebugInfo::open(module->bytes(), module)) info = std::move(*opened);
    return info.get();
  });
}

}  // namespace reprise::debug
