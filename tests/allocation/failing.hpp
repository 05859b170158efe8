// Allocations that fail when a test says so: those of memory mappings, and those from the heap that
// are as large as a guest wants them (kGuestSized and more).

#pragma once

#include <cstddef>
#include <cstdint>

namespace reprise::testing {

inline constexpr size_t kGuestSized = 32768;

/// While it is there, `count` allocations are granted, and none after.
class FailAfter {
 public:
  explicit FailAfter(uint64_t count);
  ~FailAfter();
  FailAfter(const FailAfter&) = delete;
  FailAfter& operator=(const FailAfter&) = delete;

  /// One was refused.
  static bool has_failed();
};

}  // namespace reprise::testing
