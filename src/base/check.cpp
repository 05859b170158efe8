#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace reprise {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "reprise: internal check failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace reprise
