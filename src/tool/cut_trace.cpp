#include "tool/cut_trace.hpp"

#include "trace/ring.hpp"
#include "trace/ring_view.hpp"

namespace reprise::tool {

std::string beyond_the_cut(const std::string& trace) {
  if (trace::find_ring(trace).empty()) return {};
  if (trace::is_being_recorded(trace)) return "the recording is still going on";
  return "what was recorded beyond that is in the ring: reprise trace recover " + trace;
}

}  // namespace reprise::tool
