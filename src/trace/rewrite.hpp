// Rewriting: a trace out of another, record by record. Packing, slicing and redacting are each a
// function that says what becomes of a record.
//
//   REPRISE_TRY(rewrite(*reader, sink, {.codec = Codec::zstd}, [](const Record& r, Emitter& to) {
//     return r.kind == Kind::note ? ok() : to.keep();   // leave out the notes
//   }));
//
// The numbers of calls are kept right: when a call is left out, so is its result, and records that
// name a later call are given its new number. Segments, chunk numbers and the index are made anew;
// the times of the chunks are those of the records in them.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "trace/builder.hpp"
#include "trace/reader.hpp"

namespace reprise::trace {

class Emitter {
 public:
  /// Writes the record as it is.
  Result<void> keep() { return emit(record_->kind, record_->payload); }
  /// Writes another in its place, or more than one. `call` fields are given in the numbers of the
  /// trace that is read.
  Result<void> emit(Kind kind, Bytes payload);
  template <class R>
  Result<void> emit(const R& record) {
    return emit(R::kKind, encode(record));
  }

 private:
  friend Result<struct RewriteReport> rewrite(
      Reader&, Sink&, const ChunkerOptions&,
      const std::function<Result<void>(const Record&, Emitter&)>&);
  struct Stream {
    std::unique_ptr<TraceBuilder> builder;
    std::unordered_map<uint64_t, uint64_t> calls;  // open ones: number there -> number here
    std::unordered_map<uint64_t, uint64_t> guest_calls;
  };
  Emitter(Sink& sink, const ChunkerOptions& options) : sink_(sink), options_(options) {}
  Stream& stream_of(uint32_t id);
  Result<void> emit_closing(Stream& stream, Kind kind, Bytes payload, bool guest);

  Sink& sink_;
  const ChunkerOptions& options_;
  std::map<uint32_t, Stream> streams_;
  const Record* record_ = nullptr;
  ChunkTime time_;
};

struct RewriteReport {
  uint64_t events_read = 0;
  uint64_t events_written = 0;
  ReadSummary read;
};

using Transform = std::function<Result<void>(const Record&, Emitter&)>;

/// Reads `in` to its end. `options.stream` and `options.clock` are not used: streams keep their
/// numbers and chunks their times.
Result<RewriteReport> rewrite(Reader& in, Sink& out, const ChunkerOptions& options,
                              const Transform& transform);

}  // namespace reprise::trace
