#include "trace/index.hpp"

#include <algorithm>

#include "base/crc32c.hpp"
#include "trace/walk.hpp"

namespace reprise::trace {

void Index::add(const ChunkHeader& header, uint64_t offset) {
  const bool starts = (header.flags & chunk_flag::kSegmentStart) != 0;
  if (seen_++ % stride_ != 0 && !starts) return;
  if (entries_.size() >= kMaxIndexEntries) {
    stride_ *= 2;
    size_t kept = 0;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (i % 2 == 0) entries_[kept++] = entries_[i];
    }
    entries_.resize(kept);
  }
  entries_.push_back(
      {offset, header.first_event, header.time.monotonic_ns, header.segment, starts});
}

std::optional<IndexEntry> Index::find(uint64_t event) const {
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), event,
      [](uint64_t wanted, const IndexEntry& entry) { return wanted < entry.first_event; });
  if (after == entries_.begin()) return std::nullopt;
  return *std::prev(after);
}

std::optional<IndexEntry> Index::find_segment(uint64_t event) const {
  std::optional<IndexEntry> found;
  for (const IndexEntry& entry : entries_) {
    if (entry.first_event > event) break;
    if (entry.segment_start) found = entry;
  }
  return found;
}

std::vector<uint8_t> Index::encode() const {
  ByteWriter out;
  out.leb_u64(entries_.size());
  IndexEntry before;
  for (const IndexEntry& entry : entries_) {
    out.u8(entry.segment_start ? 1 : 0);
    out.leb_u64(entry.segment);
    out.leb_u64(entry.offset - before.offset);
    out.leb_u64(entry.first_event - before.first_event);
    // Clocks of a machine that was suspended or moved may step back; the number wraps round then.
    out.leb_u64(entry.monotonic_ns - before.monotonic_ns);
    before = entry;
  }
  return out.take();
}

Result<Index> Index::decode(Bytes payload, uint32_t stream) {
  Index index(stream);
  ByteReader in(payload);
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count > kMaxIndexEntries) return fail(ErrorKind::malformed, "index has too many entries");
  IndexEntry entry;
  for (uint64_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(const uint8_t flags, in.u8());
    REPRISE_ASSIGN(entry.segment, in.leb_u32());
    REPRISE_ASSIGN(const uint64_t offset, in.leb_u64());
    REPRISE_ASSIGN(const uint64_t events, in.leb_u64());
    REPRISE_ASSIGN(const uint64_t time, in.leb_u64());
    entry.segment_start = (flags & 1) != 0;
    if (i > 0 && offset == 0) return fail(ErrorKind::malformed, "index entries are out of order");
    if (offset > UINT64_MAX - entry.offset || events > UINT64_MAX - entry.first_event) {
      return fail(ErrorKind::malformed, "index entry is out of range");
    }
    entry.offset += offset;
    entry.first_event += events;
    entry.monotonic_ns += time;
    index.entries_.push_back(entry);
  }
  return index;
}

Result<Index> Index::build(Source& source, uint32_t stream) {
  Index index(stream);
  ChunkWalk walk(source);
  while (true) {
    REPRISE_ASSIGN(const ChunkStep step, walk.next());
    if (step.kind == ChunkStep::Kind::end || step.kind == ChunkStep::Kind::torn) return index;
    if (step.kind != ChunkStep::Kind::chunk || step.header.stream != stream) continue;
    if (step.header.kind == ChunkKind::events || step.header.kind == ChunkKind::side) {
      index.add(step.header, step.offset);
    }
  }
}

Result<std::optional<Index>> Index::load(Source& source, uint32_t stream) {
  REPRISE_ASSIGN(const uint64_t size, source.size());
  const uint64_t span = std::min<uint64_t>(size, kChunkHeaderSize + uint64_t{kMaxStoredBytes});
  std::vector<uint8_t> tail(span);
  REPRISE_ASSIGN(const size_t got, source.read(size - span, tail));
  tail.resize(got);
  // Backwards from where the last header can be: the index is the last chunk and ends with the
  // file.
  for (size_t back = kChunkHeaderSize; back <= tail.size(); ++back) {
    const Bytes at = Bytes(tail).subspan(tail.size() - back);
    if (at[0] != kChunkMagic[0]) continue;
    const auto header = decode_header(at);
    if (!header || !*header ||
        (*header)->header_length + uint64_t{(*header)->stored_length} != back) {
      continue;
    }
    if ((*header)->kind != ChunkKind::index || (*header)->stream != stream) return std::nullopt;
    const Bytes payload = at.subspan((*header)->header_length);
    if (crc32c(payload) != (*header)->payload_crc || (*header)->codec != Codec::none) {
      return std::nullopt;
    }
    auto index = decode(payload, stream);
    if (!index) return std::nullopt;
    return std::move(*index);
  }
  return std::nullopt;
}

}  // namespace reprise::trace
