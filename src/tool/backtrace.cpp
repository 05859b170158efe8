#include "tool/backtrace.hpp"

#include <cstdio>

#include "debug/program_lines.hpp"

namespace reprise::tool {

void print_trap(Trap& trap, const embed::Program& program) {
  debug::add_source_lines(trap, program);
  std::fprintf(stderr, "reprise: the guest trapped: %s\n", trap.to_string().c_str());
}

}  // namespace reprise::tool
