#include "trace/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "trace/drain.hpp"

namespace reprise::trace {
namespace {

// A long record's length is written in three bytes of LEB128 whatever it is, so that the payload
// can be encoded in place before its length is known.
constexpr uint32_t kWideHeader = 4;
static_assert(kMaxPayload < (1 << 21) && kWideHeader == kMaxFraming);

void put_wide_header(uint8_t* at, uint8_t first, size_t length) {
  at[0] = first;
  at[1] = static_cast<uint8_t>(length | 0x80);
  at[2] = static_cast<uint8_t>((length >> 7) | 0x80);
  at[3] = static_cast<uint8_t>(length >> 14);
}

}  // namespace

// ---- RecordBuilder ----

// Fragments went out that nothing claims.
void RecordBuilder::give_up() {
  kind_ = Kind::discarded;
  at_ = start_ + header_;
  finish();
}

void RecordBuilder::leb_s64(int64_t v) {
  while (true) {
    const auto byte = static_cast<uint8_t>(v & 0x7f);
    v >>= 7;
    if ((v == 0 && !(byte & 0x40)) || (v == -1 && (byte & 0x40))) return u8(byte);
    u8(byte | 0x80);
  }
}

void RecordBuilder::finish_wide(size_t length) {
  REPRISE_CHECK(!finished_);
  finished_ = true;
  const auto number = static_cast<uint8_t>(kind_);
  put_wide_header(start_, is_compact(kind_) ? number | 63 : number, length);
  commit(header_ + length);
}

// From the short form of the header to the long one: at most 62 bytes move, once.
void RecordBuilder::widen() {
  const size_t length = static_cast<size_t>(at_ - start_) - header_;
  std::memmove(start_ + kWideHeader, start_ + header_, length);
  header_ = kWideHeader;
  at_ = start_ + header_ + length;
  end_ = start_ + header_ + kMaxPayload;
  wide_ = true;
}

// Sends what there is as a fragment.
void RecordBuilder::spill() {
  const size_t length = static_cast<size_t>(at_ - start_) - header_;
  if (role_of(kind_) == Role::definition && writer_.recording()) {
    writer_.stop(fmt::format("a definition is longer than {} bytes", kMaxPayload));
  }
  if (length != 0) {
    put_wide_header(start_, static_cast<uint8_t>(Kind::fragment), length);
    commit(header_ + length);
    spilled_ = true;
  }
  start_ = writer_.reserve(Writer::kRoom);
  at_ = start_ + header_;
  end_ = at_ + kMaxPayload;
}

void RecordBuilder::make_room(size_t n) {
  REPRISE_CHECK(n <= kMaxPayload);
  if (!wide_) widen();
  if (static_cast<size_t>(end_ - at_) < n) spill();
}

void RecordBuilder::bytes_slow(Bytes b) {
  if (!wide_) widen();
  while (!b.empty()) {
    if (at_ == end_) spill();
    const size_t n = std::min(b.size(), static_cast<size_t>(end_ - at_));
    copy_bytes(at_, b.data(), n);
    at_ += n;
    b = b.subspan(n);
  }
}

// ---- Writer ----

Result<std::unique_ptr<Writer>> Writer::create(std::unique_ptr<Sink> sink, WriterOptions options,
                                               SessionBegin begin) {
  if (options.pressure == Pressure::evict) {
    return fail(
        ErrorKind::unsupported,
        "evicting old segments needs segments that begin with a snapshot of the program, and a "
        "recording makes none: choose wait or stop");
  }
  if (options.chunk_bytes < kMinChunkBytes || options.chunk_bytes > kMaxChunkBytes) {
    return fail(ErrorKind::usage, fmt::format("a chunk has between {} and {} bytes, not {}",
                                              kMinChunkBytes, kMaxChunkBytes, options.chunk_bytes));
  }
  if (options.ring_bytes < 2 * uint64_t{options.chunk_bytes}) {
    return fail(ErrorKind::usage, "the ring must hold two chunks");
  }
  SessionId session{};
  if (begin.id.empty()) {
    session = make_session_id();
    begin.id = session;
  } else if (begin.id.size() == session.size()) {
    std::memcpy(session.data(), begin.id.data(), session.size());
  } else {
    return fail(ErrorKind::usage, "a session id has 16 bytes");
  }

  std::unique_ptr<Writer> writer(new Writer);
  REPRISE_ASSIGN(writer->ring_,
                 Ring::create_at_first(options.ring_paths, {.capacity = options.ring_bytes,
                                                            .stream = options.stream,
                                                            .session = session,
                                                            .trace = options.trace_path}));
  writer->data_ = writer->ring_->at(0);
  writer->mask_ = writer->ring_->capacity() - 1;
  writer->committed_ = &writer->ring_->committed_word();
  writer->scratch_ = std::make_unique<uint8_t[]>(Writer::kRoom);
  writer->drain_ = std::make_unique<Drain>(std::move(sink), options, *writer->ring_);
  REPRISE_TRY(writer->drain_->start());
  writer->append(begin);
  return writer;
}

void Writer::call_slowly(uint32_t function, Bytes arguments) {
  RecordBuilder record(*this, Kind::call);
  record.leb_u64(function);
  record.bytes(arguments);
  record.finish();
}

void Writer::result_slowly(Bytes values) {
  if (values.size() <= kMaxCompactLength || values.size() > kMaxPayload) {
    RecordBuilder record(*this, Kind::result);
    record.bytes(values);
    return record.finish();
  }
  uint8_t* p = reserve(kRoom);
  put_wide_header(p, static_cast<uint8_t>(Kind::result) | 63, values.size());
  copy_bytes(p + kWideHeader, values.data(), values.size());
  commit(kWideHeader + values.size());
}

Writer::~Writer() {
  if (drain_ && !closed_) drain_->abandon();
}

// Where the guest's thread looks up: at the line where the drain is to be woken, at the end of the
// free part of the ring, and when the recording is over.
uint8_t* Writer::reserve_slow(size_t n) {
  while (!stopped_) {
    if (drain_->failed()) {
      end_recording();
      break;
    }
    const uint64_t free_end = ring_->drained() + ring_->capacity();
    if (head_ + n <= free_end) {
      if (drain_due_ != 0 && head_ >= drain_due_) drain_->wake();
      drain_due_ = head_ + drain_->options().chunk_bytes;
      limit_ = std::min(free_end, drain_due_ + n);
      is_short_ = measure_shortness();
      return ring_->at(head_);
    }
    if (drain_->options().pressure == Pressure::stop) {
      stop("the ring was full and the recording was asked to stop rather than to wait");
      break;
    }
    drain_->wait_until_drained(head_ + n - ring_->capacity());
  }
  return scratch_.get();
}

// Until the guest's thread looks up again it appends a chunk, and a record beyond.
bool Writer::measure_shortness() const {
  if (stopped_ || drain_->failed() || drain_->options().pressure != Pressure::wait) return false;
  const uint64_t free = ring_->drained() + ring_->capacity() - head_;
  const uint64_t wanted = uint64_t{drain_->options().chunk_bytes} + 2 * kRoom;
  return free < std::min(wanted, ring_->capacity() / 2);
}

void Writer::end_recording() {
  stopped_ = true;
  limit_ = 0;  // every reservation takes the slow path, to the scratch
}

void Writer::stop(std::string_view reason) {
  if (stopped_) return;
  drain_->note_stop(reason);
  end_recording();
}

void Writer::poison(std::string_view reason) {
  if (drain_->status().poisoned.empty()) append(Poisoned{reason});
  drain_->poison(reason);
}

void Writer::add_component(const Component& record, std::shared_ptr<const void> keep_alive,
                           Bytes bytes) {
  if (!stopped_) drain_->add_component(record, std::move(keep_alive), bytes);
}

WriterStatus Writer::status() const {
  return drain_->status();
}

Result<void> Writer::flush() {
  if (!drain_->wait_until_drained(head_)) return fail(ErrorKind::io, status().stopped);
  return ok();
}

Result<void> Writer::close(const End& end) {
  REPRISE_CHECK(!closed_);
  append(end);
  closed_ = true;
  const std::string stopped = stopped_ ? status().stopped : std::string();
  const End early{static_cast<uint8_t>(Outcome::stopped), 0, stopped};
  REPRISE_TRY(drain_->finish(stopped_ ? &early : nullptr));
  if (stopped_) return fail(ErrorKind::limit, stopped);
  return ok();
}

}  // namespace reprise::trace
