// Randomness as an interface handed in: unpredictable bytes from the machine, or a stream that a
// seed determines (for `wasi:random/insecure`, and for tests; never in place of the secure kind).

#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/os/errno.hpp"

namespace reprise::os {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual Expected<void> fill(std::span<uint8_t> out) = 0;

  /// Eight of its bytes.
  Expected<uint64_t> u64();
};

/// The kernel's generator (getrandom).
std::unique_ptr<Entropy> system_entropy();

/// A fast generator whose stream is a function of its seed (xoshiro256**): evenly distributed, of
/// long period, and easy to predict.
std::unique_ptr<Entropy> seeded_entropy(uint64_t seed);

}  // namespace reprise::os
