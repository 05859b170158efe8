#include "trace/chunker.hpp"

#include <time.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/crc32c.hpp"

namespace reprise::trace {
namespace {

uint64_t nanoseconds(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

ChunkTime system_time() {
  return {nanoseconds(CLOCK_REALTIME), nanoseconds(CLOCK_MONOTONIC)};
}

}  // namespace

Chunker::Chunker(Sink& sink, ChunkerOptions options)
    : sink_(sink), options_(std::move(options)), index_(options_.stream) {
  if (!options_.clock) options_.clock = system_time;
}

void Chunker::resume(Resume at) {
  position_ = scan_ = at.position;
  counts_ = at.counts;
  in_fragments_ = at.in_fragments;
  fragment_reference_ = at.fragment_reference;
  calls_.reset(std::move(at.open_calls));
  guest_calls_.reset(std::move(at.open_guest_calls));
  segment_ = at.segment;
  segment_start_ = at.position;
  sequence_ = at.sequence;
  previous_ = at.previous;
  started_ = at.previous != kNoChunk;
}

ChunkHeader Chunker::header_here(ChunkKind kind) const {
  ChunkHeader header;
  header.kind = kind;
  header.stream = options_.stream;
  header.segment = segment_;
  header.sequence = sequence_;
  header.position = position_;
  header.first_event = counts_.events;
  header.first_call = counts_.calls;
  header.first_guest_call = counts_.guest_calls;
  header.previous = previous_;
  return header;
}

Result<void> Chunker::emit(ChunkHeader header, Bytes raw, Codec codec) {
  const Packed packed = packer_.pack(raw, codec, options_.level);
  header.codec = packed.codec;
  header.raw_length = static_cast<uint32_t>(raw.size());
  header.stored_length = static_cast<uint32_t>(packed.bytes.size());
  header.payload_crc = crc32c(packed.bytes);
  header.time = options_.clock();
  const auto bytes = encode_header(header);
  if (options_.intact && !options_.intact())
    return fail(ErrorKind::io, "the memory of the recording was lost");
  REPRISE_ASSIGN(const uint64_t offset, sink_.append(bytes, packed.bytes));
  previous_ = offset;
  ++sequence_;
  stored_ += bytes.size() + packed.bytes.size();
  if (header.kind != ChunkKind::index) index_.add(header, offset);
  return ok();
}

Result<void> Chunker::remember(Bytes stored) {
  if (stored.size() > kMaxDefinitionBytes - definitions_.size()) {
    return fail(ErrorKind::limit, "the trace's definitions are longer than their limit of 64 MiB");
  }
  definitions_.insert(definitions_.end(), stored.begin(), stored.end());
  return ok();
}

// Nearly every record is a short call or result: their headers are one byte.
bool Chunker::scan_compact(Bytes pending) {
  const uint64_t at = scan_ - position_;
  const uint8_t first = pending[at];
  const size_t length = first & 0x3f;
  if (first < 0x40 || length > kMaxCompactLength || in_fragments_) return false;
  if (length >= pending.size() - at) return false;
  scan_ += 1 + length;
  ++counts_.events;
  if ((first & 0xc0) == static_cast<uint8_t>(Kind::result)) {
    calls_.close(0);
  } else {
    calls_.open(counts_.calls++);
  }
  return true;
}

Result<void> Chunker::scan_one(Bytes at_record) {
  REPRISE_ASSIGN(const std::optional<RecordHeader> header, read_header(at_record));
  if (!header || header->header + size_t{header->length} > at_record.size()) {
    return fail(ErrorKind::malformed, "the event stream ends inside a record");
  }
  const size_t size = header->header + size_t{header->length};
  const Bytes payload = at_record.subspan(header->header, header->length);
  scan_ += size;
  if (header->kind == Kind::fragment) {
    // A field that refers to a call is the first of its record, so it stands in the first fragment.
    if (!in_fragments_) fragment_reference_ = call_reference(header->kind, payload);
    in_fragments_ = true;
    return ok();
  }
  ++counts_.events;
  const CallEffect effect = call_effect(header->kind);
  uint64_t reference = 0;
  if (effect == CallEffect::closes_call || effect == CallEffect::closes_guest_call) {
    const bool spread = in_fragments_ && header->kind != Kind::result;
    reference = spread ? fragment_reference_ : call_reference(header->kind, payload);
  }
  switch (effect) {
    case CallEffect::none:
      if (!in_fragments_ && role_of(header->kind) == Role::definition) {
        REPRISE_TRY(remember(at_record.first(size)));
      }
      break;
    case CallEffect::opens_call:
      calls_.open(counts_.calls++);
      break;
    case CallEffect::opens_guest_call:
      guest_calls_.open(counts_.guest_calls++);
      break;
    case CallEffect::closes_call:
      calls_.close(reference);
      break;
    case CallEffect::closes_guest_call:
      guest_calls_.close(reference);
      break;
  }
  in_fragments_ = false;
  return ok();
}

// Where the next segment may start: the first record start from scan_ on that continues no
// fragments.
Result<uint64_t> Chunker::segment_boundary(Bytes pending) {
  uint64_t at = scan_;
  bool in_fragments = in_fragments_;
  while (in_fragments && at < position_ + pending.size()) {
    const Bytes rest = pending.subspan(at - position_);
    REPRISE_ASSIGN(const std::optional<RecordHeader> header, read_header(rest));
    if (!header) return fail(ErrorKind::malformed, "the event stream ends inside a record");
    in_fragments = header->kind == Kind::fragment;
    at += header->header + header->length;
  }
  return in_fragments ? UINT64_MAX : at;
}

Result<void> Chunker::cut(Bytes pending) {
  REPRISE_CHECK(!pending.empty());
  if (!started_) REPRISE_TRY(begin_segment());
  uint64_t size = std::min<uint64_t>(pending.size(), options_.chunk_bytes);
  if (options_.segment_bytes != 0 && position_ - segment_start_ >= options_.segment_bytes) {
    REPRISE_ASSIGN(const uint64_t boundary, segment_boundary(pending));
    if (boundary == position_) {
      ++segment_;
      REPRISE_TRY(begin_segment());
    } else {
      size = std::min(size, boundary - position_);
    }
  }

  ChunkHeader header = header_here(ChunkKind::events);
  const uint64_t end = position_ + size;
  header.first_record = static_cast<uint32_t>(std::min(scan_, end) - position_);
  if (scan_ > position_) header.flags |= chunk_flag::kInRecord;
  if (in_fragments_) header.flags |= chunk_flag::kInFragments;
  while (scan_ < end) {
    if (!scan_compact(pending)) REPRISE_TRY(scan_one(pending.subspan(scan_ - position_)));
  }
  REPRISE_TRY(emit(header, pending.first(size), options_.codec));
  position_ = end;
  return ok();
}

Result<void> Chunker::begin_segment() {
  started_ = true;
  segment_start_ = position_;
  SegmentBegin begin{segment_, counts_.events, calls_.ids(), guest_calls_.ids()};
  ByteWriter out;
  frame(out, Kind::segment_begin, encode(begin));
  out.bytes(definitions_);
  return side_chunks(out.view(), chunk_flag::kSegmentStart);
}

Result<void> Chunker::side_chunks(Bytes records, uint8_t flags) {
  const size_t limit = std::max<size_t>(options_.chunk_bytes, kMaxPayload + kMaxRecordHeader);
  while (!records.empty()) {
    size_t size = 0;
    while (size < records.size()) {
      REPRISE_ASSIGN(const std::optional<RecordHeader> header, read_header(records.subspan(size)));
      REPRISE_CHECK(header.has_value());
      const size_t next = size + header->header + header->length;
      if (size != 0 && next > limit) break;
      size = next;
    }
    ChunkHeader header = header_here(ChunkKind::side);
    header.flags = flags;
    REPRISE_TRY(emit(header, records.first(size), options_.codec));
    records = records.subspan(size);
    flags = 0;
  }
  return ok();
}

Result<void> Chunker::side(Bytes records) {
  if (!started_) REPRISE_TRY(begin_segment());
  for (Bytes rest = records; !rest.empty();) {
    REPRISE_ASSIGN(const std::optional<RecordHeader> header, read_header(rest));
    REPRISE_CHECK(header.has_value());
    const size_t size = header->header + size_t{header->length};
    if (role_of(header->kind) == Role::definition) REPRISE_TRY(remember(rest.first(size)));
    rest = rest.subspan(size);
  }
  return side_chunks(records, 0);
}

Result<void> Chunker::write_index() {
  if (!started_) REPRISE_TRY(begin_segment());
  const std::vector<uint8_t> payload = index_.encode();
  return emit(header_here(ChunkKind::index), payload, Codec::none);
}

}  // namespace reprise::trace
