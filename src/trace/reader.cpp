// How the stream is put together again. The chunks of a stream carry its bytes from some position
// on; what is expected next is `position`. A chunk that begins there continues the stream; one that
// begins earlier (its beginning was read from the ring already) continues it too, less the overlap;
// one that begins later shows a gap, and the stream starts over at the first record that begins in
// it, with the numbers that its header gives. Bytes from the ring are a chunk without a header.

#include "trace/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/hash.hpp"
#include "trace/calls.hpp"
#include "trace/ring_view.hpp"
#include "trace/walk.hpp"

namespace reprise::trace {
namespace {

constexpr uint64_t kRingBite = 256 << 10;
constexpr size_t kNoLoss = SIZE_MAX;

struct Stream {
  uint64_t position = 0;  // of the event stream's next byte
  StreamCounts counts;
  bool started = false;
  bool lost = false;            // the next chunk starts over at its first record
  bool in_lost_record = false;  // fragments went by whose beginning is missing
  bool calls_known = true;      // false: calls may be open that were not seen to begin
  size_t open_loss = kNoLoss;   // a loss whose events can be counted at the next chunk
  OpenCalls calls;
  OpenCalls guest_calls;
  std::vector<uint8_t> carry;      // the beginning of a stored record
  std::vector<uint8_t> fragments;  // the beginning of a payload
  bool in_fragments = false;
  std::unordered_map<uint64_t, uint64_t> definitions;  // kind and id -> digest of the payload
  std::optional<uint64_t> segment_position;            // a segment begins there, with these open:
  std::vector<uint64_t> segment_calls;
  std::vector<uint64_t> segment_guest_calls;
  std::optional<SessionId> session;
  bool ended = false;
};

}  // namespace

struct Reader::State {
  explicit State(std::unique_ptr<Source> from, ReadOptions how)
      : source(std::move(from)), options(how), walk(*source) {}

  Result<std::optional<Record>> next();
  Result<bool> load_chunk();
  Result<bool> load_ring();
  Result<bool> begin_events(const ChunkStep& step);
  void start_over(Stream& stream, const ChunkStep& step);
  Result<std::optional<Record>> parse();
  Result<std::optional<Record>> take(Stream& stream, Kind kind, Bytes payload);
  Result<std::optional<Record>> take_event(Stream& stream, Kind kind, Bytes payload);
  Result<std::optional<Record>> take_side(Stream& stream, Kind kind, Bytes payload);
  Result<bool> define(Stream& stream, Kind kind, Bytes payload);
  Result<void> number_calls(Stream& stream, Record& record);
  void break_off(std::string what);
  void check_numbers(Stream& stream);
  Result<Stream*> stream_of(uint32_t id);
  size_t note(Loss loss);

  std::unique_ptr<Source> source;
  ReadOptions options;
  ChunkWalk walk;
  std::map<uint32_t, Stream> streams;
  std::unique_ptr<RingView> ring;
  std::optional<Error> error;  // once one was given, it is given again
  bool stopped = false;        // at damage
  bool sought = false;

  // What is being taken apart: `bytes` from `at` on.
  std::vector<uint8_t> bytes;
  size_t at = 0;
  bool active = false;
  bool from_ring = false;
  ChunkStep step;
  uint32_t stream_id = 0;
  Stream* stream = nullptr;
  size_t numbers_at = SIZE_MAX;  // where in `bytes` the header's numbers hold

  std::vector<uint8_t> delivered;  // a payload put together from fragments
  ChunkStep tail;                  // how the file ended when it was last looked at
  uint64_t events = 0;
  uint64_t loss_count = 0;
  std::vector<Loss> losses;
};

Result<Stream*> Reader::State::stream_of(uint32_t id) {
  const auto found = streams.find(id);
  if (found != streams.end()) return &found->second;
  if (streams.size() >= options.max_streams) {
    return fail(ErrorKind::limit,
                fmt::format("the trace has more than {} streams", streams.size()));
  }
  return &streams[id];
}

size_t Reader::State::note(Loss loss) {
  ++loss_count;
  if (options.stop_at_damage) stopped = true;
  if (losses.size() >= options.max_losses) return kNoLoss;
  losses.push_back(std::move(loss));
  return losses.size() - 1;
}

// ---- Getting bytes ----

Result<bool> Reader::State::load_chunk() {
  while (!stopped) {
    REPRISE_ASSIGN(step, walk.next());
    if (step.kind == ChunkStep::Kind::damage) {
      note({step.offset, step.bytes, 0, std::nullopt, step.what});
      continue;
    }
    tail = step;
    if (step.kind != ChunkStep::Kind::chunk) return false;
    const ChunkKind kind = step.header.kind;
    if (kind > ChunkKind::index) continue;
    REPRISE_ASSIGN(const std::optional<std::string> wrong, walk.load(step, bytes));
    if (wrong) continue;  // the walk's next step is the damage
    if (kind == ChunkKind::index) continue;
    stream_id = step.header.stream;
    REPRISE_ASSIGN(stream, stream_of(stream_id));
    at = 0;
    from_ring = false;
    if (kind == ChunkKind::side) {
      numbers_at = SIZE_MAX;
      active = true;
      return true;
    }
    REPRISE_ASSIGN(const bool any, begin_events(step));
    if (any) return true;
  }
  return false;
}

// Joins the chunk to its stream. False when it brings nothing new.
Result<bool> Reader::State::begin_events(const ChunkStep& chunk) {
  const ChunkHeader& header = chunk.header;
  Stream& s = *stream;
  numbers_at = header.first_record;
  const bool gap = !s.started || s.lost || header.position > s.position;
  if (gap && (s.started || header.position != 0 || sought)) {
    start_over(s, chunk);
    if (stopped) return false;
  } else if (header.position < s.position) {
    const uint64_t overlap = s.position - header.position;
    if (overlap >= header.raw_length) return false;
    at = overlap;
  }
  s.started = true;
  s.position = header.position + header.raw_length;
  if (!s.carry.empty()) {
    // A stored record goes on here: put it before the new bytes.
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(at));
    numbers_at = numbers_at >= at ? numbers_at - at + s.carry.size() : SIZE_MAX;
    bytes.insert(bytes.begin(), s.carry.begin(), s.carry.end());
    s.carry.clear();
    at = 0;
  }
  active = true;
  return true;
}

void Reader::State::start_over(Stream& s, const ChunkStep& chunk) {
  const ChunkHeader& header = chunk.header;
  const bool segment = s.segment_position == header.position;
  const bool expected = !s.started && (segment || sought);
  const bool in_fragments = (header.flags & chunk_flag::kInFragments) != 0;
  // With no record that begins in this chunk there is nothing to start from, nor to count by, yet.
  const bool still_lost = header.first_record >= header.raw_length;
  if (!expected && s.open_loss == kNoLoss) {
    const uint64_t missing = header.position - std::min(header.position, s.position);
    s.open_loss = note({chunk.offset, 0, stream_id, std::nullopt,
                        fmt::format("{} bytes of the event stream are missing", missing)});
  }
  const uint64_t first = header.first_event + (in_fragments ? 1 : 0);
  if (!still_lost && s.open_loss != kNoLoss) {
    if (first >= s.counts.events) losses[s.open_loss].events = first - s.counts.events;
    s.open_loss = kNoLoss;
  }
  s.lost = still_lost;
  s.carry.clear();
  s.fragments.clear();
  s.in_fragments = false;
  s.in_lost_record = in_fragments;
  s.calls_known = segment || header.first_call + header.first_guest_call == 0;
  s.calls.reset(segment ? s.segment_calls : std::vector<uint64_t>());
  s.guest_calls.reset(segment ? s.segment_guest_calls : std::vector<uint64_t>());
  if (!still_lost) s.counts = {header.first_event, header.first_call, header.first_guest_call};
  at = header.first_record;
}

// The committed tail that the file doesn't have yet.
Result<bool> Reader::State::load_ring() {
  if (!ring || stopped) return false;
  stream_id = ring->stream();
  REPRISE_ASSIGN(stream, stream_of(stream_id));
  Stream& s = *stream;
  if (s.lost || (s.session && *s.session != ring->session())) return false;
  bytes = s.carry;
  REPRISE_ASSIGN(const bool any, ring->read(s.position, kRingBite, bytes));
  if (!any) return false;
  s.started = true;
  s.position += bytes.size() - s.carry.size();
  s.carry.clear();
  at = 0;
  numbers_at = SIZE_MAX;
  from_ring = true;
  active = true;
  return true;
}

// ---- Taking records ----

Result<std::optional<Record>> Reader::State::next() {
  delivered.clear();
  while (!stopped || active) {
    if (!active) {
      REPRISE_ASSIGN(bool more, load_chunk());
      if (!more) {
        REPRISE_ASSIGN(more, load_ring());
      }
      if (!more) return std::nullopt;
    }
    REPRISE_ASSIGN(std::optional<Record> record, parse());
    if (record) return record;
  }
  return std::nullopt;
}

// The next record of the bytes at hand; nothing when they are used up.
Result<std::optional<Record>> Reader::State::parse() {
  const bool side = !from_ring && step.header.kind == ChunkKind::side;
  while (at < bytes.size()) {
    if (at == numbers_at) check_numbers(*stream);
    const Bytes rest = Bytes(bytes).subspan(at);
    const auto header = read_header(rest);
    if (!header) {
      break_off(header.error().message);
      return std::nullopt;
    }
    const size_t size = *header ? (*header)->header + size_t{(*header)->length} : SIZE_MAX;
    if (size > rest.size()) {
      if (side) {
        break_off("side chunk ends inside a record");
      } else {
        stream->carry.assign(rest.begin(), rest.end());
        active = false;
      }
      return std::nullopt;
    }
    at += size;
    const Bytes payload = rest.subspan((*header)->header, (*header)->length);
    REPRISE_ASSIGN(std::optional<Record> record, side ? take_side(*stream, (*header)->kind, payload)
                                                      : take(*stream, (*header)->kind, payload));
    if (record) return record;
  }
  active = false;
  return std::nullopt;
}

// What follows in these bytes makes no sense: the stream goes on at the next chunk.
void Reader::State::break_off(std::string what) {
  active = false;
  const size_t loss = note({from_ring ? tail.offset : step.offset, bytes.size() - at, stream_id,
                            std::nullopt, std::move(what)});
  if (!from_ring && step.header.kind == ChunkKind::side) return;
  stream->lost = true;
  stream->open_loss = loss;
}

// The chunk's header says which numbers its first record has; they should be those that were
// counted.
void Reader::State::check_numbers(Stream& s) {
  const ChunkHeader& header = step.header;
  const StreamCounts stated{header.first_event, header.first_call, header.first_guest_call};
  if (s.counts == stated) return;
  note({step.offset, 0, stream_id, std::nullopt,
        fmt::format("chunk says that event {} begins in it, but {} were counted",
                    header.first_event, s.counts.events)});
  s.counts = stated;
}

Result<std::optional<Record>> Reader::State::take(Stream& s, Kind kind, Bytes payload) {
  if (kind == Kind::fragment) {
    if (s.in_lost_record) return std::nullopt;
    if (payload.size() > options.max_record_bytes -
                             std::min<uint64_t>(options.max_record_bytes, s.fragments.size())) {
      return fail(ErrorKind::limit, fmt::format("a record is longer than the limit of {} bytes",
                                                options.max_record_bytes));
    }
    s.in_fragments = true;
    s.fragments.insert(s.fragments.end(), payload.begin(), payload.end());
    return std::nullopt;
  }
  if (s.in_lost_record) {
    // Its end is here, its beginning was lost: it counts, and is not handed out.
    s.in_lost_record = false;
    ++s.counts.events;
    const CallEffect effect = call_effect(kind);
    if (effect == CallEffect::opens_call) s.calls.open(s.counts.calls++);
    if (effect == CallEffect::opens_guest_call) s.guest_calls.open(s.counts.guest_calls++);
    if (effect == CallEffect::closes_call || effect == CallEffect::closes_guest_call) {
      // Which call it ended is not known, so neither is which are open.
      s.calls_known = false;
      s.calls.reset({});
      s.guest_calls.reset({});
    }
    return std::nullopt;
  }
  if (!s.in_fragments) return take_event(s, kind, payload);
  if (s.fragments.size() + payload.size() > options.max_record_bytes) {
    return fail(ErrorKind::limit, fmt::format("a record is longer than the limit of {} bytes",
                                              options.max_record_bytes));
  }
  delivered.swap(s.fragments);
  s.fragments.clear();
  s.in_fragments = false;
  delivered.insert(delivered.end(), payload.begin(), payload.end());
  return take_event(s, kind, delivered);
}

Result<std::optional<Record>> Reader::State::take_event(Stream& s, Kind kind, Bytes payload) {
  Record record{kind,    payload,     stream_id,        s.counts.events++,
                kNoCall, step.offset, step.header.time, from_ring};
  ++events;
  REPRISE_TRY(number_calls(s, record));
  if (role_of(kind) == Role::definition) REPRISE_TRY(define(s, kind, payload));
  if (kind == Kind::end) s.ended = true;
  if (from_ring) record.chunk_offset = tail.offset, record.time = {};
  return record;
}

Result<void> Reader::State::number_calls(Stream& s, Record& record) {
  const auto close = [&](OpenCalls& calls) {
    const uint64_t reference = call_reference(record.kind, record.payload);
    if (const auto id = calls.close(reference)) {
      record.call = *id;
    } else if (reference != 0 && !s.calls_known) {
      record.call = reference - 1;
    }
  };
  const auto open = [&](OpenCalls& calls, uint64_t& count) -> Result<void> {
    if (calls.ids().size() >= options.max_open_calls) {
      return fail(ErrorKind::limit,
                  fmt::format("more than {} calls are open at once", options.max_open_calls));
    }
    record.call = count++;
    calls.open(record.call);
    return ok();
  };
  switch (call_effect(record.kind)) {
    case CallEffect::none:
      return ok();
    case CallEffect::opens_call:
      return open(s.calls, s.counts.calls);
    case CallEffect::opens_guest_call:
      return open(s.guest_calls, s.counts.guest_calls);
    case CallEffect::closes_call:
      close(s.calls);
      return ok();
    case CallEffect::closes_guest_call:
      close(s.guest_calls);
      return ok();
  }
  return ok();
}

Result<std::optional<Record>> Reader::State::take_side(Stream& s, Kind kind, Bytes payload) {
  if (kind == Kind::segment_begin) {
    if (auto begin = decode<SegmentBegin>(payload)) {
      s.segment_position = step.header.position;
      s.segment_calls = std::move(begin->open_calls);
      s.segment_guest_calls = std::move(begin->open_guest_calls);
    }
  }
  if (role_of(kind) == Role::definition) {
    REPRISE_ASSIGN(const bool fresh, define(s, kind, payload));
    if (!fresh && !options.repeat_definitions) return std::nullopt;
  }
  return Record{kind, payload, stream_id, kNoEvent, kNoCall, step.offset, step.header.time, false};
}

// Remembers a definition. False when the same has been said before.
Result<bool> Reader::State::define(Stream& s, Kind kind, Bytes payload) {
  uint64_t id = 0;
  if (kind == Kind::session_begin) {
    const auto begin = decode<SessionBegin>(payload);
    if (!begin) return true;  // who decodes it will see
    if ((begin->required_features & ~kKnownFeatures) != 0) {
      return fail(ErrorKind::unsupported,
                  fmt::format("the trace needs features {:#x}, which are not known here",
                              begin->required_features & ~kKnownFeatures));
    }
    SessionId session{};
    if (begin->id.size() == session.size()) {
      std::memcpy(session.data(), begin->id.data(), session.size());
      s.session = session;
    }
  } else {
    id = ByteReader(payload).leb_u32().value_or(0);
  }
  const uint64_t key = (static_cast<uint64_t>(kind) << 32) | id;
  const uint64_t digest = xxh3_64(payload);
  const auto found = s.definitions.find(key);
  if (found != s.definitions.end()) {
    const bool same = found->second == digest;
    found->second = digest;
    return !same;
  }
  if (s.definitions.size() >= options.max_definitions) {
    return fail(ErrorKind::limit,
                fmt::format("the trace has more than {} definitions", options.max_definitions));
  }
  s.definitions.emplace(key, digest);
  return true;
}

// ---- Reader ----

Reader::Reader() = default;
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path, ReadOptions options) {
  REPRISE_ASSIGN(std::unique_ptr<Source> source, FileSource::open(path));
  return open(std::move(source), options);
}

Result<std::unique_ptr<Reader>> Reader::open(std::unique_ptr<Source> source, ReadOptions options) {
  std::unique_ptr<Reader> reader(new Reader);
  reader->state_ = std::make_unique<State>(std::move(source), options);
  // A file that is something else altogether is better refused than reported as all damage.
  uint8_t start[sizeof kChunkMagic];
  REPRISE_ASSIGN(const size_t got, reader->state_->source->read(0, start));
  REPRISE_ASSIGN(const uint64_t size, reader->state_->source->size());
  if (got != 0 && std::memcmp(start, kChunkMagic, std::min(got, sizeof start)) != 0) {
    REPRISE_ASSIGN(const ChunkStep first, ChunkWalk(*reader->state_->source).next());
    if (first.kind != ChunkStep::Kind::damage) {
      return fail(ErrorKind::malformed,
                  fmt::format("this is no trace: nothing in its {} bytes is a chunk of one", size));
    }
  }
  return reader;
}

Result<void> Reader::attach_ring(const std::string& path) {
  REPRISE_ASSIGN(state_->ring, RingView::open(path));
  return ok();
}

bool Reader::writer_lives() const {
  return state_->ring && state_->ring->writer_lives();
}

Result<std::optional<Record>> Reader::next() {
  if (state_->error) return fail(Error(*state_->error));
  auto record = state_->next();
  if (!record) state_->error = record.error();
  return record;
}

void Reader::seek(uint64_t offset) {
  State& s = *state_;
  s.walk = ChunkWalk(*s.source, offset);
  s.streams.clear();
  s.active = false;
  s.stopped = false;
  s.error.reset();
  s.sought = true;
}

std::optional<StreamEnd> Reader::stream_end(uint32_t id) const {
  const auto found = state_->streams.find(id);
  if (found == state_->streams.end() || !found->second.started) return std::nullopt;
  const Stream& s = found->second;
  StreamEnd end;
  end.position = s.position - s.carry.size();
  end.carry = s.carry;
  end.events = s.counts.events;
  end.calls = s.counts.calls;
  end.guest_calls = s.counts.guest_calls;
  end.in_fragments = s.in_fragments || s.in_lost_record;
  end.fragment_reference = call_reference(Kind::fragment, s.fragments);
  end.open_calls = s.calls.ids();
  end.open_guest_calls = s.guest_calls.ids();
  end.lost = s.lost;
  return end;
}

ReadSummary Reader::summary() const {
  const State& s = *state_;
  ReadSummary summary;
  summary.events = s.events;
  summary.losses = s.losses;
  summary.loss_count = s.loss_count;
  summary.file_bytes = s.walk.offset();
  if (s.tail.kind == ChunkStep::Kind::torn) summary.torn_bytes = s.tail.bytes;
  if (s.tail.kind == ChunkStep::Kind::broken) {
    ++summary.loss_count;
    summary.losses.push_back({s.tail.offset, s.tail.bytes, 0, std::nullopt, s.tail.what});
  }
  summary.ended = !s.streams.empty();
  for (const auto& [id, stream] : s.streams) {
    summary.unfinished_bytes += stream.carry.size() + stream.fragments.size();
    summary.ended = summary.ended && stream.ended;
  }
  return summary;
}

}  // namespace reprise::trace
