// The index: where the chunks of a stream are, for going to an event without reading what comes
// before. A cleanly closed trace ends with one. It holds nothing that the chunks' headers don't
// say, so it can be rebuilt by walking over them. Beyond kMaxIndexEntries every other entry is
// given up: a coarser index means reading a little more after the jump.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "trace/chunk.hpp"
#include "trace/source.hpp"

namespace reprise::trace {

inline constexpr size_t kMaxIndexEntries = 16384;

struct IndexEntry {
  uint64_t offset = 0;  // of the chunk in the file
  uint64_t first_event = 0;
  uint64_t monotonic_ns = 0;
  uint32_t segment = 0;
  bool segment_start = false;
  bool operator==(const IndexEntry&) const = default;
};

class Index {
 public:
  explicit Index(uint32_t stream = 0) : stream_(stream) {}

  uint32_t stream() const { return stream_; }
  const std::vector<IndexEntry>& entries() const { return entries_; }

  void add(const ChunkHeader& header, uint64_t offset);
  /// The last chunk that starts at or before `event`, or nothing.
  std::optional<IndexEntry> find(uint64_t event) const;
  /// The same, but the start of a segment: from there definitions are known.
  std::optional<IndexEntry> find_segment(uint64_t event) const;

  std::vector<uint8_t> encode() const;
  static Result<Index> decode(Bytes payload, uint32_t stream);

  /// By walking over the chunks of `source`, stepping over damage.
  static Result<Index> build(Source& source, uint32_t stream);
  /// The one at the end of the file, if the trace was closed with one.
  static Result<std::optional<Index>> load(Source& source, uint32_t stream);

 private:
  uint32_t stream_;
  std::vector<IndexEntry> entries_;
  uint64_t stride_ = 1;  // one chunk of so many has an entry; segment starts always have
  uint64_t seen_ = 0;
};

}  // namespace reprise::trace
