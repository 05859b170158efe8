// What there is to do about a trace without an end.

#pragma once

#include <string>

namespace reprise::tool {

/// "what was recorded beyond that is in the ring: reprise trace recover run.trace"; empty if there
/// is nothing to say.
std::string beyond_the_cut(const std::string& trace);

}  // namespace reprise::tool
