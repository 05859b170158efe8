// What the examples share: to end with a message when something fails, as an example may.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace example {

/// The value of a Result or an Outcome; without one the program ends.
template <class Expected>
auto need(Expected expected) {
  if (!expected) {
    std::fprintf(stderr, "%s\n", expected.error().to_string().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<typename Expected::value_type>) return *std::move(expected);
}

}  // namespace example
