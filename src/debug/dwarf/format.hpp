// One text of a value, as its language would write it: "{.x = 1, .y = 2}" in C and C++,
// "Point { x: 1, y: 2 }" in Rust.

#pragma once

#include <string>

#include "debug/dwarf/describe.hpp"

namespace reprise::debug {

std::string format(const Value& value, const FrameState& frame, const FormatLimits& limits = {});

}  // namespace reprise::debug
