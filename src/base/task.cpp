#include "reprise/task.hpp"

#include <cstdio>
#include <cstdlib>

namespace reprise::detail {

void suspended_inside_no_suspend() {
  std::fputs("reprise: internal check failed: suspended inside a NoSuspend region\n", stderr);
  std::abort();
}

}  // namespace reprise::detail
