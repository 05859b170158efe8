// The reader: a trace as a sequence of records.
//
//   REPRISE_ASSIGN(auto reader, Reader::open("run.trace"));
//   while (true) {
//     REPRISE_ASSIGN(std::optional<Record> record, reader->next());
//     if (!record) break;                       // nothing more for now
//     if (record->kind == Kind::call) {
//       REPRISE_ASSIGN(Call call, decode<Call>(record->payload));
//       ...
//   }
//   ReadSummary summary = reader->summary();    // ended? damaged? what is missing?
//
// Damage is not an error: the reader says where, steps over it to the next chunk whose checksum
// holds, and counts what was lost. Errors are for what makes going on senseless: the operating
// system refuses, the trace needs a feature that is not known here, or a limit is exceeded.
//
// A trace may grow while it is read: after next() gave nothing, ask again later. With attach_ring()
// the records that the writer has committed but not yet drained are seen too.
//
// Memory: one stored and one raw chunk, one record of at most `max_record_bytes`, and per stream
// the definitions' hashes and the open calls, each with a limit below, whatever the file says.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace/chunk.hpp"
#include "trace/record.hpp"
#include "trace/source.hpp"

namespace reprise::trace {

inline constexpr uint64_t kNoEvent = UINT64_MAX;
inline constexpr uint64_t kNoCall = UINT64_MAX;

struct ReadOptions {
  /// The longest record put together from fragments.
  uint64_t max_record_bytes = 1 << 28;
  uint32_t max_streams = 4096;
  uint32_t max_definitions = 1 << 20;  // per stream
  uint32_t max_open_calls = 1 << 20;   // per stream
  uint32_t max_losses = 1000;          // remembered; further ones are only counted
  /// Stop at the first damage instead of looking for the next whole chunk.
  bool stop_at_damage = false;
  /// Hand out definitions again at each segment's start.
  bool repeat_definitions = false;
};

/// One record. Views live until the reader's next step.
struct Record {
  Kind kind{};
  Bytes payload;
  uint32_t stream = 0;
  /// Number among the stream's events; kNoEvent for side records.
  uint64_t event = kNoEvent;
  /// The call that this record begins or ends (calls to the host and guest calls count apart);
  /// kNoCall for other kinds, or when damage has hidden which one it is.
  uint64_t call = kNoCall;
  /// Of the chunk in which the record ends.
  uint64_t chunk_offset = 0;
  ChunkTime time;
  bool from_ring = false;
};

/// Something that is not there or cannot be believed.
struct Loss {
  uint64_t offset = 0;  // in the file
  uint64_t bytes = 0;   // of the file that were stepped over
  uint32_t stream = 0;
  /// Events missing before the next one that is delivered; unset when nothing follows to tell.
  std::optional<uint64_t> events;
  std::string what;
};

struct ReadSummary {
  bool ended = false;             // every stream has its end record
  uint64_t events = 0;            // delivered
  uint64_t file_bytes = 0;        // looked at
  uint64_t torn_bytes = 0;        // of an unfinished chunk at the end of the file
  uint64_t unfinished_bytes = 0;  // of a record whose rest is not there
  uint64_t loss_count = 0;
  std::vector<Loss> losses;
  bool intact() const { return loss_count == 0 && torn_bytes == 0 && unfinished_bytes == 0; }
};

/// Where a stream stands after what was read of it: what is needed to write its continuation.
struct StreamEnd {
  uint64_t position = 0;       // of the first stored record that isn't whole, or of the end
  std::vector<uint8_t> carry;  // the bytes of that record which are there
  uint64_t events = 0;
  uint64_t calls = 0;
  uint64_t guest_calls = 0;
  bool in_fragments = false;
  uint64_t fragment_reference = 0;
  std::vector<uint64_t> open_calls;
  std::vector<uint64_t> open_guest_calls;
  bool lost = false;  // the end of the stream is damaged: nothing can be joined to it
};

class Reader {
 public:
  static Result<std::unique_ptr<Reader>> open(const std::string& path, ReadOptions options = {});
  static Result<std::unique_ptr<Reader>> open(std::unique_ptr<Source> source,
                                              ReadOptions options = {});
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Reads the tail that the writer has not drained yet from this ring file too.
  Result<void> attach_ring(const std::string& path);
  /// Whether somebody is still writing to the ring that is attached.
  bool writer_lives() const;

  /// The next record in the order of the file; nothing when there is no more for now.
  Result<std::optional<Record>> next();

  /// How things stand; final when nothing more is to come.
  ReadSummary summary() const;

  /// Nothing when no chunk of the stream was seen.
  std::optional<StreamEnd> stream_end(uint32_t stream) const;

  /// Starts over at the chunk at `offset`, as found in an index, forgetting what was read.
  void seek(uint64_t offset);

 private:
  Reader();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::trace
