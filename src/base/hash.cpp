#include "base/hash.hpp"

#include "base/check.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace reprise {
namespace {
XXH3_state_t* as_state(unsigned char* p) {
  return reinterpret_cast<XXH3_state_t*>(p);
}
const XXH3_state_t* as_state(const unsigned char* p) {
  return reinterpret_cast<const XXH3_state_t*>(p);
}
}  // namespace

uint64_t xxh3_64(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Xxh3::Xxh3() {
  static_assert(sizeof(XXH3_state_t) <= kStateSize && alignof(XXH3_state_t) <= 64);
  XXH3_INITSTATE(as_state(state_));
  reset();
}

void Xxh3::reset() {
  REPRISE_CHECK(XXH3_64bits_reset(as_state(state_)) == XXH_OK);
}

void Xxh3::update(Bytes bytes) {
  if (bytes.empty()) return;
  REPRISE_CHECK(XXH3_64bits_update(as_state(state_), bytes.data(), bytes.size()) == XXH_OK);
}

uint64_t Xxh3::digest() const {
  return XXH3_64bits_digest(as_state(state_));
}

}  // namespace reprise
