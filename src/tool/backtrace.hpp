// How the command shows that a guest trapped.

#pragma once

#include "embed/program.hpp"

namespace reprise::tool {

/// Prints the trap and its backtrace, with source lines, to stderr.
void print_trap(Trap& trap, const embed::Program& program);

}  // namespace reprise::tool
