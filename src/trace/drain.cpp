#include "trace/drain.hpp"

#include <chrono>
#include <system_error>

#include "base/sha256.hpp"

namespace reprise::trace {
namespace {

ChunkerOptions chunker_options(const WriterOptions& o, const Ring& ring) {
  return {o.codec, o.level, o.stream, o.chunk_bytes, o.segment_bytes, o.clock, [&ring] {
            return !ring.faulted();
          }};
}

}  // namespace

Writer::Drain::Drain(std::unique_ptr<Sink> sink, const WriterOptions& options, Ring& ring)
    : options_(options),
      sink_(std::move(sink)),
      ring_(ring),
      chunker_(*sink_, chunker_options(options, ring)) {}

Writer::Drain::~Drain() {
  if (thread_.joinable()) abandon();
}

Result<void> Writer::Drain::start() {
  if (inline_mode()) return ok();
  // The one place where the standard library reports by throwing and there is no other way to ask.
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorKind::io,
                std::string("cannot start the trace writer's thread: ") + error.what());
  }
  return ok();
}

void Writer::Drain::wake() {
  if (inline_mode()) return drain_once(false);
  {
    const std::lock_guard lock(mutex_);
    awake_ = true;
  }
  work_.notify_one();
}

bool Writer::Drain::wait_until_drained(uint64_t position) {
  if (inline_mode()) {
    while (!failed() && ring_.drained() < position) drain_once(true);
    return !failed();
  }
  std::unique_lock lock(mutex_);
  wanted_.store(position, std::memory_order_relaxed);
  awake_ = true;
  work_.notify_one();
  progress_.wait(lock, [&] { return failed() || ring_.drained() >= position; });
  return !failed();
}

void Writer::Drain::fail_with(std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_.empty()) {
      stopped_ = reason;
      ring_.set_state(RingState::stopped, reason);
    }
    failed_.store(true, std::memory_order_release);
  }
  progress_.notify_all();
}

void Writer::Drain::note_stop(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (stopped_.empty()) stopped_ = reason;
}

void Writer::Drain::poison(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (poisoned_.empty()) poisoned_ = reason.empty() ? "no reason was given" : reason;
}

void Writer::Drain::add_component(const Component& record, std::shared_ptr<const void> keep_alive,
                                  Bytes bytes) {
  {
    const std::lock_guard lock(mutex_);
    components_.push_back({encode(record), std::move(keep_alive), bytes});
    awake_ = true;
  }
  work_.notify_one();
}

// ---- The drain's own thread ----

void Writer::Drain::run() {
  const std::chrono::milliseconds interval(options_.flush_milliseconds);
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const bool woken = work_.wait_for(lock, interval, [&] { return awake_ || ending_; });
    awake_ = false;
    if (ending_) break;
    lock.unlock();
    drain_once(!woken);
    lock.lock();
  }
}

void Writer::Drain::drain_once(bool all) {
  std::vector<PendingComponent> components;
  {
    const std::lock_guard lock(mutex_);
    components.swap(components_);
  }
  Result<void> done = ok();
  for (const PendingComponent& component : components) {
    if (done && !failed()) done = write_component(component);
  }
  while (done && !failed()) {
    const uint64_t pending = ring_.committed() - chunker_.position();
    if (ring_.faulted()) break;
    const bool wanted = wanted_.load(std::memory_order_relaxed) > chunker_.position();
    if (pending == 0 || !(all || wanted || chunker_.full(pending))) break;
    done = cut_one();
  }
  // A ring that was lost shows as zeros, and those as whatever the chunker makes of them.
  if (ring_.faulted()) return fail_with("the ring's file was truncated or its storage failed");
  if (!done) fail_with(done.error().to_string());
}

Result<void> Writer::Drain::cut_one() {
  if (!ring_noted_ && !ring_.path().empty()) {
    ring_noted_ = true;
    ByteWriter out;
    frame(out, Kind::ring_location, encode(RingLocation{ring_.path()}));
    REPRISE_TRY(chunker_.side(out.view()));
  }
  const uint64_t position = chunker_.position();
  const Bytes pending = ring_.view(position, ring_.committed() - position);
  REPRISE_TRY(chunker_.cut(pending));
  ring_.drain_to(chunker_.position());
  {
    const std::lock_guard lock(mutex_);
    drained_bytes_ = chunker_.position();
    stored_bytes_ = chunker_.stored();
  }
  progress_.notify_all();
  return ok();
}

Result<void> Writer::Drain::write_component(const PendingComponent& pending) {
  REPRISE_ASSIGN(Component record, decode<Component>(pending.record));
  record.sha256 = sha256(pending.bytes);
  record.size = pending.bytes.size();
  ByteWriter out;
  frame(out, Kind::component, encode(record));
  REPRISE_TRY(chunker_.side(out.view()));
  if (record.storage != static_cast<uint8_t>(Storage::embedded)) return ok();
  constexpr size_t kPiece = kMaxPayload - 64;  // leaves room for the blob's other fields
  for (size_t at = 0; at < pending.bytes.size(); at += kPiece) {
    const size_t n = std::min(kPiece, pending.bytes.size() - at);
    ByteWriter piece;
    frame(piece, Kind::blob,
          encode(Blob{record.sha256, record.size, at, pending.bytes.subspan(at, n)}));
    REPRISE_TRY(chunker_.side(piece.view()));
    // The guest must not wait for a large component to be written.
    while (chunker_.full(ring_.committed() - chunker_.position())) REPRISE_TRY(cut_one());
  }
  return ok();
}

// ---- The end ----

void Writer::Drain::end_thread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
  drain_once(true);
}

void Writer::Drain::abandon() {
  end_thread();
  if (failed()) return;
  ring_.set_state(RingState::closed, "the writer was given up without being closed");
  ring_.unlink();
}

Result<void> Writer::Drain::finish(const End* last) {
  end_thread();
  if (!failed()) {
    Result<void> done = write_end(last);
    if (!done) fail_with(done.error().to_string());
  }
  if (failed()) return fail(ErrorKind::io, status().stopped);
  ring_.set_state(RingState::closed, {});
  ring_.unlink();
  return ok();
}

Result<void> Writer::Drain::write_end(const End* last) {
  if (last != nullptr) {
    ByteWriter out;
    // A record whose recording stopped halfway must not become the beginning of this one.
    if (chunker_.in_fragments()) frame(out, Kind::discarded, {});
    frame(out, Kind::end, encode(*last));
    Bytes pending = out.view();
    while (!pending.empty()) {
      const uint64_t before = chunker_.position();
      REPRISE_TRY(chunker_.cut(pending));
      pending = pending.subspan(chunker_.position() - before);
    }
  }
  if (options_.index) REPRISE_TRY(chunker_.write_index());
  return sink_->sync();
}

WriterStatus Writer::Drain::status() const {
  const std::lock_guard lock(mutex_);
  return {stopped_.empty(), stopped_, poisoned_, drained_bytes_, stored_bytes_};
}

}  // namespace reprise::trace
