// How the command shows that a guest trapped.

#pragma once

#include "embed/program.hpp"

namespace reprise::tool {

/// Adds source lines where the program's modules have debug information.
void add_source_lines(Trap& trap, const embed::Program& program);
/// Prints the trap and its backtrace to stderr.
void print_trap(Trap& trap, const embed::Program& program);

}  // namespace reprise::tool
