// The drain: takes what the guest's thread has committed to the ring, and hands it to the sink in
// chunks. It runs on a thread of its own, or on the guest's when that finds a chunk's worth of
// events (Draining::inline_).
//
// What goes wrong here ends the recording and nothing else: the reason is kept, the ring's header
// says it to whoever recovers, and the guest's thread learns it when it next looks.

#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "trace/chunker.hpp"
#include "trace/writer.hpp"

namespace reprise::trace {

class Writer::Drain {
 public:
  Drain(std::unique_ptr<Sink> sink, const WriterOptions& options, Ring& ring);
  ~Drain();

  /// Starts the thread, in background mode.
  Result<void> start();
  bool inline_mode() const { return options_.draining == Draining::inline_; }
  const WriterOptions& options() const { return options_; }

  // ---- Called by the guest's thread ----

  /// A chunk's worth has been committed.
  void wake();
  /// Waits until `position` is drained, or the recording has ended (false).
  bool wait_until_drained(uint64_t position);
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// The guest's side records no more, for `reason`; what was committed is still drained.
  void note_stop(std::string_view reason);
  void poison(std::string_view reason);
  void add_component(const Component& record, std::shared_ptr<const void> keep_alive, Bytes bytes);
  /// Drains everything and ends the thread; then writes `last`, if there is one, behind the events
  /// (for a recording that has stopped), the index, and syncs. The ring's file is removed when all
  /// went well.
  Result<void> finish(const End* last);
  /// Drains everything and ends the thread.
  void abandon();

  WriterStatus status() const;

 private:
  struct PendingComponent {
    std::vector<uint8_t> record;  // a Component without its hash, encoded
    std::shared_ptr<const void> keep_alive;
    Bytes bytes;
  };

  void run();
  /// One round: components, full chunks, and with `all` what is left.
  void drain_once(bool all);
  Result<void> cut_one();
  Result<void> write_component(const PendingComponent& component);
  Result<void> write_end(const End* last);
  void end_thread();
  /// The sink or the ring failed.
  void fail_with(std::string_view reason);

  WriterOptions options_;
  std::unique_ptr<Sink> sink_;
  Ring& ring_;
  Chunker chunker_;
  bool ring_noted_ = false;

  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> wanted_{0};  // somebody waits for the drain to get here
  mutable std::mutex mutex_;         // guards what follows, and the conditions
  std::condition_variable work_;
  std::condition_variable progress_;
  bool awake_ = false;
  bool ending_ = false;
  std::string stopped_;
  std::string poisoned_;
  std::vector<PendingComponent> components_;
  uint64_t drained_bytes_ = 0;
  uint64_t stored_bytes_ = 0;

  std::thread thread_;
};

}  // namespace reprise::trace
