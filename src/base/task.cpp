#include "reprise/task.hpp"

#include <cstdio>
#include <cstdlib>

#include "reprise/host.hpp"
#include "reprise/operation.hpp"

namespace reprise {

std::string_view to_string(SuspensionPoint point) {
  static constexpr std::string_view kNames[] = {
#define SUSPENSION_POINT(name, ...) #name,
#include "reprise/suspension_points.def"
#undef SUSPENSION_POINT
  };
  return kNames[static_cast<size_t>(point)];
}

}  // namespace reprise

namespace reprise::detail {

void suspended_inside_no_suspend() {
  std::fputs("reprise: internal check failed: suspended inside a NoSuspend region\n", stderr);
  std::abort();
}

Error no_room_for_frame() {
  return {ErrorKind::limit, "no memory for the frame of a coroutine", {}, {}};
}

Error nothing_to_take() {
  return {
      ErrorKind::usage, "there is no result: it has not ended, or was cancelled or moved", {}, {}};
}

Error would_wait() {
  return {ErrorKind::usage, "the task wanted to wait for something, and was cancelled", {}, {}};
}

}  // namespace reprise::detail
