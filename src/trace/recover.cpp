#include "trace/recover.hpp"

#include <unistd.h>

#include <map>

#include "trace/chunker.hpp"
#include "trace/ring_view.hpp"
#include "trace/walk.hpp"

namespace reprise::trace {
namespace {

constexpr uint64_t kBite = 256 << 10;

struct LastChunk {
  uint64_t offset = kNoChunk;
  uint32_t sequence = 0;
  uint32_t segment = 0;
};

// Copies the chunks that hold, except the index, whose offsets may be true no more.
Result<std::map<uint32_t, LastChunk>> copy_chunks(Source& source, Sink& out, uint64_t& chunks) {
  std::map<uint32_t, LastChunk> last;
  ChunkWalk walk(source);
  std::vector<uint8_t> raw, stored;
  while (true) {
    REPRISE_ASSIGN(const ChunkStep step, walk.next());
    if (step.kind == ChunkStep::Kind::damage) continue;
    if (step.kind != ChunkStep::Kind::chunk) return last;
    REPRISE_ASSIGN(const std::optional<std::string> wrong, walk.load(step, raw));
    if (wrong || step.header.kind == ChunkKind::index) continue;
    ChunkHeader header = step.header;
    stored.resize(header.stored_length);
    REPRISE_ASSIGN(const size_t got, source.read(step.offset + header.header_length, stored));
    if (got != stored.size()) return last;
    LastChunk& before = last[header.stream];
    header.previous = before.offset;
    header.sequence = before.offset == kNoChunk ? header.sequence : before.sequence + 1;
    REPRISE_ASSIGN(before.offset, out.append(encode_header(header), stored));
    before.sequence = header.sequence;
    before.segment = header.segment;
    ++chunks;
  }
}

// How many bytes at the start of `bytes` are whole stored records.
size_t whole_records(Bytes bytes) {
  size_t whole = 0;
  while (true) {
    const auto header = read_header(bytes.subspan(whole));
    if (!header || !*header) return whole;
    const size_t size = (*header)->header + size_t{(*header)->length};
    if (size > bytes.size() - whole) return whole;
    whole += size;
  }
}

Chunker::Resume resume_at(const std::optional<StreamEnd>& end, const LastChunk& last) {
  Chunker::Resume at;
  if (end) {
    at.position = end->position;
    at.counts = {end->events, end->calls, end->guest_calls};
    at.in_fragments = end->in_fragments;
    at.fragment_reference = end->fragment_reference;
    at.open_calls = end->open_calls;
    at.open_guest_calls = end->open_guest_calls;
  }
  at.previous = last.offset;
  at.segment = last.segment;
  at.sequence = last.offset == kNoChunk ? 0 : last.sequence + 1;
  return at;
}

// Appends what the ring has beyond the file.
Result<void> join_ring(RingView& ring, const std::optional<StreamEnd>& end, const LastChunk& last,
                       Sink& out, RecoverReport& report) {
  REPRISE_ASSIGN(const RingView::State state, ring.state());
  Chunker chunker(out, {.stream = ring.stream(), .segment_bytes = 0, .clock = {}});
  chunker.resume(resume_at(end, last));
  std::vector<uint8_t> pending;
  if (end) pending = end->carry;
  uint64_t position = chunker.position() + pending.size();
  if (end && end->lost) {
    report.missing_bytes = state.committed - std::min(state.committed, position);
  }
  while (report.missing_bytes == 0 && position < state.committed) {
    const size_t before = pending.size();
    REPRISE_ASSIGN(const bool any, ring.read(position, kBite, pending));
    if (!any) {
      report.missing_bytes = state.committed - position;
      break;
    }
    position += pending.size() - before;
    report.ring_bytes += pending.size() - before;
    const size_t whole = whole_records(pending);
    Bytes rest = Bytes(pending).first(whole);
    while (!rest.empty()) {
      const uint64_t from = chunker.position();
      REPRISE_TRY(chunker.cut(rest));
      rest = rest.subspan(chunker.position() - from);
    }
    pending.erase(pending.begin(), pending.begin() + static_cast<ptrdiff_t>(whole));
    // The ring ends with a whole record; a start of one that never ends is no event stream.
    if (pending.size() > kMaxPayload + kMaxRecordHeader) break;
  }
  report.events = chunker.counts().events;
  report.stopped = state.state == RingState::stopped ? state.reason : std::string();
  ByteWriter note;
  frame(note, Kind::recovered,
        encode(Recovered{position - report.ring_bytes, report.ring_bytes, report.stopped}));
  return chunker.side(note.view());
}

}  // namespace

Result<RecoverReport> recover(Source& trace, RingView* ring, Sink& out) {
  RecoverReport report;
  // First the records, for what the trace says and where it ends; then the chunks as they are.
  REPRISE_ASSIGN(auto reader, Reader::open(std::make_unique<BorrowedSource>(trace)));
  SessionId id{};
  while (true) {
    REPRISE_ASSIGN(const std::optional<Record> record, reader->next());
    if (!record) break;
    if (ring == nullptr || record->kind != Kind::session_begin ||
        record->stream != ring->stream()) {
      continue;
    }
    const auto begin = decode<SessionBegin>(record->payload);
    if (begin && begin->id.size() == id.size()) {
      std::memcpy(id.data(), begin->id.data(), id.size());
      if (id != ring->session()) {
        return fail(ErrorKind::usage, "the ring belongs to another recording than the trace");
      }
    }
  }
  report.file = reader->summary();
  REPRISE_ASSIGN(auto last, copy_chunks(trace, out, report.chunks));
  if (ring != nullptr) {
    const std::optional<StreamEnd> end = reader->stream_end(ring->stream());
    report.events = end ? end->events : 0;
    REPRISE_TRY(join_ring(*ring, end, last[ring->stream()], out, report));
  }
  REPRISE_TRY(out.sync());
  return report;
}

Result<RecoverReport> recover(const std::string& trace_path, const std::string& ring_path,
                              const std::string& out_path) {
  const std::string path = ring_path.empty() ? find_ring(trace_path) : ring_path;
  std::unique_ptr<Source> source = std::make_unique<MemorySource>(std::vector<uint8_t>());
  // A trace that was lost, or never came to a file, may have its ring yet.
  if (path.empty() || ::access(trace_path.c_str(), F_OK) == 0) {
    REPRISE_ASSIGN(source, FileSource::open(trace_path));
  }
  std::unique_ptr<RingView> ring;
  if (!path.empty()) {
    REPRISE_ASSIGN(ring, RingView::open(path));
  }
  REPRISE_ASSIGN(auto sink, FileSink::create(out_path));
  return recover(*source, ring.get(), *sink);
}

}  // namespace reprise::trace
