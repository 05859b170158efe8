// The chunker: cuts a session's event stream into chunks and hands them to a sink. It knows nothing
// of threads or rings: it is given the bytes that are pending, which end at the end of a stored
// record, and is told when to cut. The writer's drain, the trace builder and recovery share it.
//
// While cutting it walks over the headers of the records, so that each chunk's header can say what
// is the first record, event and call in it, and so that definitions can be said again when a new
// segment starts. That costs the drain a few nanoseconds a record and the guest's thread nothing.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "trace/calls.hpp"
#include "trace/chunk.hpp"
#include "trace/index.hpp"
#include "trace/record.hpp"
#include "trace/sink.hpp"

namespace reprise::trace {

struct ChunkerOptions {
  Codec codec = Codec::none;
  int level = 0;
  uint32_t stream = 0;
  uint32_t chunk_bytes = 128 << 10;
  uint64_t segment_bytes = 64 << 20;
  std::function<ChunkTime()> clock{};
  /// Asked before each chunk goes out; false: the bytes that it was made of are not to be trusted.
  std::function<bool()> intact{};
};

/// The most bytes of definitions that a session may have: they are repeated at each segment's
/// start.
inline constexpr size_t kMaxDefinitionBytes = 64 << 20;

class Chunker {
 public:
  Chunker(Sink& sink, ChunkerOptions options);

  /// Continues a stream that was written before: the state at the end of what stands in the sink.
  struct Resume {
    uint64_t position = 0;
    StreamCounts counts;
    bool in_fragments = false;
    uint64_t fragment_reference = 0;
    std::vector<uint64_t> open_calls;
    std::vector<uint64_t> open_guest_calls;
    uint32_t segment = 0;
    uint32_t sequence = 0;
    uint64_t previous = kNoChunk;
  };
  void resume(Resume at);

  /// Position in the event stream up to which chunks were handed to the sink.
  uint64_t position() const { return position_; }
  uint64_t stored() const { return stored_; }
  bool in_fragments() const { return in_fragments_; }
  const StreamCounts& counts() const { return counts_; }

  /// Cuts one chunk from `pending`, which starts at position() and ends with a whole record: a full
  /// one if there is enough, else whatever there is. `pending` must not be empty.
  Result<void> cut(Bytes pending);
  /// Whether `pending` bytes are enough for a full chunk.
  bool full(uint64_t pending) const { return pending >= options_.chunk_bytes; }

  /// Writes whole stored records to side chunks. Definitions among them are remembered.
  Result<void> side(Bytes records);
  /// Writes the index of this stream.
  Result<void> write_index();

 private:
  Result<void> begin_segment();
  Result<void> side_chunks(Bytes records, uint8_t flags);
  Result<void> emit(ChunkHeader header, Bytes raw, Codec codec);
  bool scan_compact(Bytes pending);
  Result<void> scan_one(Bytes at_record);
  Result<uint64_t> segment_boundary(Bytes pending);
  Result<void> remember(Bytes stored);
  ChunkHeader header_here(ChunkKind kind) const;

  Sink& sink_;
  ChunkerOptions options_;
  Packer packer_;
  Index index_;

  uint64_t position_ = 0;  // cut up to here
  uint64_t scan_ = 0;      // start of the first record whose header hasn't been walked over
  StreamCounts counts_;    // at scan_
  bool in_fragments_ = false;
  uint64_t fragment_reference_ = 0;
  OpenCalls calls_;
  OpenCalls guest_calls_;

  bool started_ = false;
  uint32_t segment_ = 0;
  uint64_t segment_start_ = 0;
  uint32_t sequence_ = 0;
  uint64_t previous_ = kNoChunk;
  uint64_t stored_ = 0;
  std::vector<uint8_t> definitions_;  // stored records
};

}  // namespace reprise::trace
