// The seeded generator: xoshiro256** (Blackman and Vigna), its state filled by splitmix64 as its
// authors advise, so that seeds that differ in one bit start far apart.

#include "base/os/entropy.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace reprise::os {

namespace {

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(uint64_t seed) {
    for (uint64_t& word : state_) word = split_mix(seed);
  }

  Expected<void> fill(std::span<uint8_t> out) override {
    while (!out.empty()) {
      const uint64_t word = next();
      const size_t n = std::min<size_t>(out.size(), sizeof word);
      for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(word >> (8 * i));
      out = out.subspan(n);
    }
    return {};
  }

 private:
  static uint64_t split_mix(uint64_t& x) {
    uint64_t z = (x += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  std::array<uint64_t, 4> state_{};
};

}  // namespace

Expected<uint64_t> Entropy::u64() {
  std::array<uint8_t, 8> bytes{};
  if (auto filled = fill(bytes); !filled) return std::unexpected(filled.error());
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{bytes[i]} << (8 * i);
  return value;
}

std::unique_ptr<Entropy> seeded_entropy(uint64_t seed) {
  return std::make_unique<SeededEntropy>(seed);
}

}  // namespace reprise::os
