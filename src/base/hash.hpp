// XXH3-64: the digest of values and state in traces. Fast, well mixed, and no defence against
// somebody who wants a collision: names of content are SHA-256 (sha256.hpp).

#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace reprise {

/// Of all of `bytes`; equal to what Xxh3 gives for the same bytes in pieces.
uint64_t xxh3_64(Bytes bytes);

/// The digest of bytes that come in pieces. Needs no allocation.
class Xxh3 {
 public:
  Xxh3();
  void update(Bytes bytes);
  uint64_t digest() const;
  void reset();

 private:
  static constexpr size_t kStateSize = 576;
  alignas(64) unsigned char state_[kStateSize];
};

}  // namespace reprise
