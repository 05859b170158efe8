// Where the encoded arguments and results of one import's calls are. A door keeps them for the next
// call (HostImport::door): they save it two allocations.

#pragma once

#include <utility>

#include "base/bytes.hpp"

namespace reprise::runtime {

struct CallBuffers {
  ByteWriter arguments;
  ByteWriter results;
};

/// The buffers of one call, for one phase of it. `kept` gives its own away meanwhile, so that a
/// call of the same import that begins before this one has ended makes new ones.
class LentBuffers {
 public:
  explicit LentBuffers(CallBuffers& kept) : kept_(kept), lent_(std::move(kept)) {}
  ~LentBuffers() {
    if (!is_usual(lent_.arguments) || !is_usual(lent_.results)) [[unlikely]]
      return;
    lent_.arguments.clear();
    lent_.results.clear();
    kept_ = std::move(lent_);
  }
  LentBuffers(const LentBuffers&) = delete;
  LentBuffers& operator=(const LentBuffers&) = delete;

  ByteWriter& arguments() { return lent_.arguments; }
  ByteWriter& results() { return lent_.results; }

 private:
  /// What a call of unusual size took is given back to the system.
  static bool is_usual(const ByteWriter& buffer) { return buffer.size() <= size_t{256} << 10; }

  CallBuffers& kept_;
  CallBuffers lent_;
};

}  // namespace reprise::runtime
