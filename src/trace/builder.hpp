// The trace builder: writes a trace that is at hand, without a ring or a thread. Tools that make
// one trace of another (pack, slice, redact, recover) and tests build theirs with it.

#pragma once

#include <memory>
#include <vector>

#include "trace/chunker.hpp"

namespace reprise::trace {

class TraceBuilder {
 public:
  /// `sink` outlives the builder.
  TraceBuilder(Sink& sink, ChunkerOptions options) : chunker_(sink, std::move(options)) {}

  /// Appends an event, in fragments when it is long.
  Result<void> append(Kind kind, Bytes payload);
  template <class R>
  Result<void> append(const R& record) {
    return append(R::kKind, encode(record));
  }
  /// Appends a record that is no event (a blob) in a side chunk of its own.
  Result<void> side(Kind kind, Bytes payload);

  /// Cuts what is pending into chunks.
  Result<void> flush();
  /// flush(), and the index.
  Result<void> finish();

  const StreamCounts& appended() const { return appended_; }
  Chunker& chunker() { return chunker_; }

 private:
  Result<void> cut(bool all);

  Chunker chunker_;
  ByteWriter pending_;
  StreamCounts appended_;
};

}  // namespace reprise::trace
