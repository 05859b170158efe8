// Where the encoded arguments and results of one import's calls are. A door keeps them for the next
// call (HostImport::door): they save it two allocations.

#pragma once

#include <memory>
#include <utility>

#include "base/bytes.hpp"

namespace reprise::runtime {

struct CallBuffers {
  ByteWriter arguments;
  ByteWriter results;
  bool is_lent = false;
};

/// The buffers of one call, for one phase of it: those that are kept, or its own, if it begins
/// before another call of the same import has ended.
class LentBuffers {
 public:
  explicit LentBuffers(CallBuffers& kept) : buffers_(&kept) {
    if (std::exchange(kept.is_lent, true)) [[unlikely]]
      buffers_ = (own_ = std::make_unique<CallBuffers>()).get();
  }
  ~LentBuffers() {
    if (!is_usual(buffers_->arguments) || !is_usual(buffers_->results)) [[unlikely]]
      *buffers_ = {};
    buffers_->arguments.clear();
    buffers_->results.clear();
    buffers_->is_lent = false;
  }
  LentBuffers(const LentBuffers&) = delete;
  LentBuffers& operator=(const LentBuffers&) = delete;

  ByteWriter& arguments() { return buffers_->arguments; }
  ByteWriter& results() { return buffers_->results; }

 private:
  /// What a call of unusual size took is given back to the system.
  static bool is_usual(const ByteWriter& buffer) { return buffer.size() <= size_t{256} << 10; }

  CallBuffers* buffers_;
  std::unique_ptr<CallBuffers> own_;
};

}  // namespace reprise::runtime
