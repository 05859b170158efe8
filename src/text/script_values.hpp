// Values and patterns of scripts, at a cursor.

#pragma once

#include "text/cursor.hpp"
#include "text/script.hpp"

namespace reprise::text {

/// Values nest no deeper than this.
inline constexpr uint32_t kMaxValueDepth = 100;

Result<Value> parse_value(Cursor& cursor);
Result<Pattern> parse_pattern(Cursor& cursor);

}  // namespace reprise::text
