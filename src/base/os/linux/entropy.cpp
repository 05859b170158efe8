// The kernel's random generator. getrandom gives at most 256 bytes uninterrupted and may return
// short beyond that, so it is called until the span is full.

#include "base/os/entropy.hpp"

#include <sys/random.h>

#include <cerrno>

namespace reprise::os {

namespace {

class SystemEntropy final : public Entropy {
 public:
  Expected<void> fill(std::span<uint8_t> out) override {
    while (!out.empty()) {
      const ssize_t n = getrandom(out.data(), out.size(), 0);
      if (n < 0) {
        if (errno == EINTR) continue;
        return std::unexpected(from_posix(errno));
      }
      out = out.subspan(static_cast<size_t>(n));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Entropy> system_entropy() {
  return std::make_unique<SystemEntropy>();
}

}  // namespace reprise::os
