#include "tool/cut_trace.hpp"

#include "trace/ring.hpp"
#include "trace/ring_view.hpp"

namespace reprise::tool {

std::string beyond_the_cut(const std::string& trace) {
  const std::string ring = trace::find_ring(trace);
  if (ring.empty()) return {};
  const auto view = trace::RingView::open(ring);
  if (view && (*view)->writer_lives()) return "the recording is still going on";
  return "what was recorded beyond that is in the ring: reprise trace recover " + trace;
}

}  // namespace reprise::tool
