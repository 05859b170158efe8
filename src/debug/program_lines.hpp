// Source lines in the backtrace of a whole program, whose frames may be of several modules.

#pragma once

#include "embed/program.hpp"

namespace reprise::debug {

/// Adds source lines where the program's modules have debug information.
void add_source_lines(Trap& trap, const embed::Program& program);

}  // namespace reprise::debug
