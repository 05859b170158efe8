// The writer: how a running session becomes a trace.
//
// The guest's thread appends records to the ring (ring.hpp): a few stores, no system call, no
// allocation. A thread of the writer's own drains the ring into chunks and hands them to the sink.
// The two meet only when the ring is full (`Pressure`), and once per chunk when the drain is woken.
//
//   auto writer = Writer::create(std::move(sink), {}, SessionBegin{.engine = "reprise 0.1.0"});
//   (*writer)->append(Function{.id = 0, .name = "now", ...});
//   uint64_t id = (*writer)->call(0, arguments);   // committed: the host may run now
//   (*writer)->result(values);
//   auto end = (*writer)->close({.outcome = 0});
//
// Appending never fails and never reports: when the recording has ended early (a full disk, a full
// ring under Pressure::stop, a fault), records go nowhere and the run continues as if nothing
// happened. `status()` and `close()` say what became of the recording.
//
// Threads: append, begin, call..., poison and close belong to one thread at a time (the guest's).
// status() may be asked from any thread.

#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trace/chunk.hpp"
#include "trace/record.hpp"
#include "trace/ring.hpp"
#include "trace/sink.hpp"

namespace reprise::trace {

/// What to do when the ring is full.
enum class Pressure : uint8_t {
  wait,   // the guest's thread waits for the drain
  stop,   // the recording ends there; the run goes on
  evict,  // forget the oldest segment; refused until segments can start at snapshots
};

enum class Draining : uint8_t {
  background,  // a thread of the writer's own
  inline_,     // the appending thread, whenever a chunk is full: for recordings kept in memory
};

struct WriterOptions {
  Pressure pressure = Pressure::wait;
  Draining draining = Draining::background;
  Codec codec = Codec::none;
  int level = 0;  // the codec's own scale; 0: its fastest usual one
  uint32_t stream = 0;
  /// Raw bytes per chunk: 4 KiB to 1 MiB.
  uint32_t chunk_bytes = 128 << 10;
  /// A new segment starts at the first record after this many bytes; 0: one segment.
  uint64_t segment_bytes = 64 << 20;
  /// A chunk that isn't full is written after this long.
  uint32_t flush_milliseconds = 250;
  /// The ring's file is made at the first of these where it can be; none: memory that dies with the
  /// process. See ring_paths().
  std::vector<std::string> ring_paths{};
  uint64_t ring_bytes = 1 << 20;
  /// For the ring's header and the people who find it.
  std::string trace_path{};
  bool index = true;
  /// Stamps chunks; empty: the system's clocks.
  std::function<ChunkTime()> clock{};
};

struct WriterStatus {
  bool recording = true;
  std::string stopped;   // why the recording ended before close(), if it did
  std::string poisoned;  // the first reason given to poison(), if any
  uint64_t bytes = 0;    // of the event stream, drained
  uint64_t stored = 0;   // bytes handed to the sink
};

class Writer;

/// One record, encoded straight into the ring. Has ByteWriter's appending methods, so that the
/// encoders of values write through it. `finish()` makes the record visible; without it nothing
/// happened. A payload beyond kMaxPayload goes out in fragments on the way. One builder at a time.
class RecordBuilder {
 public:
  RecordBuilder(Writer& writer, Kind kind);
  ~RecordBuilder() {
    if (spilled_ && !finished_) [[unlikely]]
      give_up();
  }
  RecordBuilder(const RecordBuilder&) = delete;
  RecordBuilder& operator=(const RecordBuilder&) = delete;

  void u8(uint8_t v) {
    room(1);
    *at_++ = v;
  }
  void u32_le(uint32_t v) { raw(&v, sizeof v); }
  void u64_le(uint64_t v) { raw(&v, sizeof v); }
  void leb_u32(uint32_t v) { leb_u64(v); }
  void leb_u64(uint64_t v) {
    room(10);
    while (v >= 0x80) {
      *at_++ = static_cast<uint8_t>(v) | 0x80;
      v >>= 7;
    }
    *at_++ = static_cast<uint8_t>(v);
  }
  void leb_s32(int32_t v) { leb_s64(v); }
  void leb_s64(int64_t v);
  void bytes(Bytes b) {
    if (b.size() <= static_cast<size_t>(end_ - at_)) [[likely]] {
      copy_bytes(at_, b.data(), b.size());
      at_ += b.size();
    } else {
      bytes_slow(b);
    }
  }
  void name(std::string_view s) {
    leb_u64(s.size());
    bytes(as_bytes(s));
  }
  /// `n` bytes (at most kMaxPayload) to be filled by the caller before the next call on this.
  uint8_t* lend(size_t n) {
    room(n);
    uint8_t* p = at_;
    at_ += n;
    return p;
  }
  void finish() {
    const size_t length = static_cast<size_t>(at_ - start_) - header_;
    if (wide_ || finished_) [[unlikely]]
      return finish_wide(length);
    finished_ = true;
    if (is_compact(kind_)) {
      start_[0] = static_cast<uint8_t>(static_cast<uint32_t>(kind_) | length);
    } else {
      start_[0] = static_cast<uint8_t>(kind_);
      start_[1] = static_cast<uint8_t>(length);
    }
    commit(header_ + length);
  }

 private:
  void finish_wide(size_t length);
  void give_up();
  void commit(size_t n);
  void raw(const void* p, size_t n) {
    room(n);
    std::memcpy(at_, p, n);
    at_ += n;
  }
  void room(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n) [[unlikely]]
      make_room(n);
  }
  void make_room(size_t n);
  void bytes_slow(Bytes b);
  void widen();
  void spill();

  Writer& writer_;
  uint8_t* start_;  // of the stored record, in the ring
  uint8_t* at_;
  uint8_t* end_;
  Kind kind_;
  uint32_t header_;
  bool wide_ = false;
  bool spilled_ = false;
  bool finished_ = false;
};

class Writer {
 public:
  /// Takes the sink, makes the ring, starts the drain and appends `begin` as the first record. An
  /// empty `begin.id` is replaced by fresh random bytes.
  static Result<std::unique_ptr<Writer>> create(std::unique_ptr<Sink> sink, WriterOptions options,
                                                SessionBegin begin);
  /// Without close(): drains what there is and leaves the trace without an end record.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // ---- Hot ----

  /// The entry half of a call; gives the call's id. When it returns, the half is safe from SIGKILL.
  uint64_t call(uint32_t function, Bytes arguments) {
    const size_t length = 1 + arguments.size();
    if (function < 0x80 && length <= kMaxCompactLength && head_ + kRoom <= limit_) [[likely]] {
      uint8_t* p = at_head();
      p[0] = static_cast<uint8_t>(static_cast<uint32_t>(Kind::call) | length);
      p[1] = static_cast<uint8_t>(function);
      copy_short(p + 2, arguments);
      advance(1 + length);
    } else {
      call_slowly(function, arguments);
    }
    return calls_++;
  }
  /// The same with the arguments' digest in place of their bytes.
  uint64_t call(uint32_t function, uint64_t length, Digest digest) {
    append(CallDigest{function, length, digest});
    return calls_++;
  }
  /// For who encodes arguments straight into the ring with a RecordBuilder of kind `call` (the
  /// function's id as LEB128 first): to be called when it is finished; gives the call's id.
  uint64_t count_call() { return calls_++; }
  uint64_t count_guest_call() { return guest_calls_++; }

  /// The result half of the innermost open call.
  void result(Bytes values) {
    if (values.size() > kMaxCompactLength || head_ + kRoom > limit_) [[unlikely]]
      return result_slowly(values);
    uint8_t* p = at_head();
    p[0] = static_cast<uint8_t>(static_cast<uint32_t>(Kind::result) | values.size());
    copy_short(p + 1, values);
    advance(1 + values.size());
  }
  /// The result half of any open call.
  void result_of(uint64_t call, Bytes values) { append(ResultOf{call + 1, values}); }

  uint64_t guest_call(uint32_t function, uint32_t instance, Bytes arguments) {
    append(GuestCall{function, instance, arguments});
    return guest_calls_++;
  }

  // ---- Any record ----

  /// Appends a record. Kinds of role `definition` must fit kMaxPayload; one that does not ends the
  /// recording. Call, CallDigest and GuestCall go through the functions above, which count them.
  template <class R>
  void append(const R& record) {
    RecordBuilder builder(*this, R::kKind);
    encode(builder, record);
    builder.finish();
  }

  /// Adds the bytes of a component or module, hashed and written by the drain: `record.sha256` and
  /// `record.size` are filled in there. With Storage::embedded the bytes themselves follow as
  /// blobs.
  void add_component(const Component& record, std::shared_ptr<const void> keep_alive, Bytes bytes);

  /// Says that the trace is no faithful recording from here on, and why. The first reason counts.
  void poison(std::string_view reason);
  /// Ends the recording (not the run): nothing that follows is recorded.
  void stop(std::string_view reason);

  bool recording() const { return !stopped_; }
  /// The ring is so full that what comes next might have to wait for the drain. It is noticed once
  /// a chunk, and asked before something that can wait otherwise.
  bool is_short() { return is_short_ && (is_short_ = measure_shortness()); }
  /// Bytes appended so far.
  uint64_t position() const { return head_; }
  WriterStatus status() const;

  /// Waits until everything appended so far has reached the sink. For tests and snapshots.
  Result<void> flush();
  /// Appends the end record, drains, writes the index, syncs, and removes the ring's file. An error
  /// says why the recording had ended before; the ring's file is then kept for `recover`.
  Result<void> close(const End& end);

  Ring& ring() { return *ring_; }

 private:
  friend class RecordBuilder;
  class Drain;

  Writer() = default;

  // What is reserved at once: the longest stored record there is.
  static constexpr size_t kRoom = kMaxPayload + kMaxFraming;

  // What a compact record holds goes in overlapping moves of a fixed width, which take a few
  // instructions where a call of memcpy takes twenty.
  template <size_t kWidth>
  static void copy_ends(uint8_t* to, const uint8_t* from, size_t n) {
    std::memcpy(to, from, kWidth);
    std::memcpy(to + n - kWidth, from + n - kWidth, kWidth);
  }
  static void copy_short(uint8_t* to, Bytes from) {
    const uint8_t* p = from.data();
    const size_t n = from.size();
    if (n >= 32) return copy_ends<32>(to, p, n);
    if (n >= 16) return copy_ends<16>(to, p, n);
    if (n >= 8) return copy_ends<8>(to, p, n);
    if (n >= 4) return copy_ends<4>(to, p, n);
    for (size_t i = 0; i < n; ++i) to[i] = p[i];
  }
  void call_slowly(uint32_t function, Bytes arguments);
  void result_slowly(Bytes values);

  /// `n` contiguous bytes at the head. Always succeeds: when recording is over they lead nowhere.
  uint8_t* reserve(size_t n) {
    if (head_ + n > limit_) [[unlikely]]
      return reserve_slow(n);
    return at_head();
  }
  uint8_t* reserve_slow(size_t n);
  bool measure_shortness() const;
  void commit(size_t n) {
    if (stopped_) [[unlikely]]
      return;
    advance(n);
  }
  // While the recording goes on, which `head_ + n <= limit_` says, too.
  uint8_t* at_head() const { return data_ + (head_ & mask_); }
  void advance(size_t n) {
    head_ += n;
    committed_->store(head_, std::memory_order_release);
  }
  void end_recording();

  // The guest thread's own. `limit_` is where it must look up from its work: the ring's end as last
  // seen, or the line at which the drain is woken, whichever comes first.
  uint64_t head_ = 0;
  uint64_t limit_ = 0;
  // The ring's, at hand.
  uint8_t* data_ = nullptr;
  uint64_t mask_ = 0;
  std::atomic<uint64_t>* committed_ = nullptr;
  uint64_t drain_due_ = 0;
  std::unique_ptr<Ring> ring_;
  uint64_t calls_ = 0;
  uint64_t guest_calls_ = 0;
  bool stopped_ = false;
  bool is_short_ = false;
  bool closed_ = false;
  std::unique_ptr<uint8_t[]> scratch_;  // where records go when recording is over

  std::unique_ptr<Drain> drain_;
};

inline RecordBuilder::RecordBuilder(Writer& writer, Kind kind)
    : writer_(writer), kind_(kind), header_(is_compact(kind) ? 1 : 2) {
  start_ = writer_.reserve(Writer::kRoom);
  at_ = start_ + header_;
  end_ = at_ + kMaxCompactLength;
}

inline void RecordBuilder::commit(size_t n) {
  writer_.commit(n);
}

}  // namespace reprise::trace
