// Source lines in a backtrace.
//
//   add_source(trap, [&](const Frame& frame) { return debug_info_of(frame.module); });
//   std::fputs(trap.to_string().c_str(), stderr);

#pragma once

#include <functional>

#include "debug/dwarf/debug_info.hpp"
#include "reprise/trap.hpp"

namespace reprise::debug {

/// The debug information of the module that a frame is in; null if there is none.
using FindDebugInfo = std::function<const DebugInfo*(const Frame&)>;

/// Fills `source` of each frame that debug information says something about, and adds a frame for
/// each function that was inlined there, so that the trap reads like the source: such a frame has
/// the function index and offset of the one it was inlined into, and its name ends in "(inlined)".
/// For people only: a trap that is compared or recorded stays as the engine made it.
void add_source(Trap& trap, const FindDebugInfo& find);

/// The same, where all frames are of one module.
void add_source(Trap& trap, const DebugInfo& info);

}  // namespace reprise::debug
