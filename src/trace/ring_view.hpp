// A ring seen from outside: by who follows a recording in another process, or recovers one that was
// killed. It reads with pread, never through a mapping, so that a file that shrinks meanwhile is an
// error value and no fault, and it believes nothing that it reads.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "trace/ring.hpp"

namespace reprise::trace {

class RingView {
 public:
  static Result<std::unique_ptr<RingView>> open(const std::string& path);
  ~RingView();
  RingView(const RingView&) = delete;
  RingView& operator=(const RingView&) = delete;

  uint32_t stream() const { return stream_; }
  const SessionId& session() const { return session_; }
  /// Path of the trace that it belongs to, as far as the writer knew.
  const std::string& trace() const { return trace_; }

  struct State {
    RingState state = RingState::recording;
    std::string reason;
    uint64_t committed = 0;
    uint64_t drained = 0;
  };
  Result<State> state();

  /// Whether the process that records is there: it holds a lock on the ring.
  bool writer_lives() const;

  /// Appends to `out` up to `limit` committed bytes from `position` on. Nothing: they are there no
  /// more (the writer has drained and overwritten them), or never were.
  Result<bool> read(uint64_t position, uint64_t limit, std::vector<uint8_t>& out);

 private:
  RingView() = default;
  Result<void> read_at(uint64_t offset, void* out, size_t n);

  int fd_ = -1;
  std::string path_;
  uint32_t stream_ = 0;
  uint64_t capacity_ = 0;
  SessionId session_{};
  std::string trace_;
};

/// Whether somebody is recording to this path now.
bool is_being_recorded(const std::string& trace_path);

}  // namespace reprise::trace
