// SHA-256 (FIPS 180-4) by OpenSSL: the name of a component's bytes.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace reprise {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest sha256(Bytes bytes);

/// The digest of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(Bytes bytes);
  /// Ends it; update() may not follow.
  Sha256Digest finish();

 private:
  void* context_;
};

/// Lower-case hexadecimal.
std::string to_hex(Bytes bytes);

}  // namespace reprise
