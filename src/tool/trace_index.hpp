// reprise trace index.

#pragma once

#include "tool/commands.hpp"

namespace reprise::tool {

/// Adds it to `reprise trace`.
void add_trace_index(CLI::App& trace, Tool& tool);

}  // namespace reprise::tool
