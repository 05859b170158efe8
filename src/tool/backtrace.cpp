#include "tool/backtrace.hpp"

#include <cstdio>
#include <map>
#include <memory>

#include "debug/dwarf/add_source.hpp"

namespace reprise::tool {

void add_source_lines(Trap& trap, const embed::Program& program) {
  std::map<const wasm::Module*, std::shared_ptr<const debug::DebugInfo>> known;
  debug::add_source(trap, [&](const Frame& frame) -> const debug::DebugInfo* {
    const auto module = program.module_of(frame);
    if (!module) return nullptr;
    auto& info = known[module.get()];
    if (!info)
      if (auto opened = debug::DebugInfo::open(module->bytes(), module)) info = std::move(*opened);
    return info.get();
  });
}

void print_trap(Trap& trap, const embed::Program& program) {
  add_source_lines(trap, program);
  std::fprintf(stderr, "reprise: the guest trapped: %s\n", trap.to_string().c_str());
}

}  // namespace reprise::tool
