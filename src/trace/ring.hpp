// The ring: where the guest's thread puts events, and why a killed process loses none.
//
// The ring is a shared mapping of a file (in /dev/shm unless told otherwise), allocated in full
// when it is made, so that appending needs no system call and cannot run out of space. What a
// thread stored before the process was killed stays in the file, and the committed length beside
// the data says how much of it is whole; `recover` joins that tail to the trace file. Survives the
// process, not the power.
//
// The data is mapped twice, end to end, so that any run of bytes up to the capacity is contiguous
// in memory wherever it starts: no record is split and no padding written. That costs address space
// only.
//
// Positions count bytes of the session's event stream since its start and never wrap; the byte at
// position p lies at p modulo the capacity. drained <= committed <= drained + capacity.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::trace {

using SessionId = std::array<uint8_t, 16>;

enum class RingState : uint64_t { recording = 0, closed = 1, stopped = 2 };

/// The first page of a ring file. The fields that two threads touch have a cache line each.
struct RingPage {
  static constexpr size_t kReasonLimit = 1024;
  static constexpr size_t kTraceLimit = 2048;

  uint8_t magic[8];
  uint32_t version;
  uint32_t stream;
  uint64_t capacity;
  SessionId session;
  uint32_t reason_length;
  uint32_t trace_length;
  alignas(64) std::atomic<uint64_t> committed;
  alignas(64) std::atomic<uint64_t> drained;
  alignas(64) std::atomic<uint64_t> state;
  alignas(64) char reason[kReasonLimit];
  char trace[kTraceLimit];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

inline constexpr uint8_t kRingMagic[8] = {0x8f, 'R', 'p', 'r', 'R', 'n', 'g', '\n'};
inline constexpr size_t kRingPageSize = 4096;
inline constexpr uint64_t kMinRingCapacity = 256 << 10;
inline constexpr uint64_t kMaxRingCapacity = 1 << 30;
static_assert(sizeof(RingPage) <= kRingPageSize);

class Ring {
 public:
  struct Options {
    /// The file. Empty: memory that dies with the process.
    std::string path{};
    /// A power of two.
    uint64_t capacity = 1 << 20;
    uint32_t stream = 0;
    SessionId session{};
    /// Path of the trace that the ring belongs to, for who finds the ring.
    std::string trace{};
  };
  static Result<std::unique_ptr<Ring>> create(const Options& options);
  /// The same at the first of `paths` where it can be. Rings of dead recordings are removed from
  /// the others. No path: memory that dies with the process.
  static Result<std::unique_ptr<Ring>> create_at_first(std::span<const std::string> paths,
                                                       Options options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  uint64_t capacity() const { return capacity_; }
  const std::string& path() const { return path_; }

  /// Where the byte at `position` lies; `capacity` bytes from there are contiguous.
  uint8_t* at(uint64_t position) const { return data_ + (position & mask_); }
  Bytes view(uint64_t position, size_t n) const { return {at(position), n}; }

  uint64_t committed() const { return page_->committed.load(std::memory_order_acquire); }
  /// For who appends: to be stored with release.
  std::atomic<uint64_t>& committed_word() { return page_->committed; }
  uint64_t drained() const { return page_->drained.load(std::memory_order_acquire); }
  void drain_to(uint64_t position) { page_->drained.store(position, std::memory_order_release); }
  /// Says in the ring why the recording ended, for who recovers it.
  void set_state(RingState state, std::string_view reason);
  /// Removes the file: the trace has everything.
  void unlink();

  /// See absorb_ring_fault().
  bool absorb_fault(const void* address) noexcept;
  bool faulted() const { return faulted_.load(std::memory_order_acquire); }

 private:
  Ring() = default;
  int fd_ = -1;
  std::string path_;
  RingPage* page_ = nullptr;
  uint8_t* mapping_ = nullptr;
  size_t mapped_ = 0;
  uint8_t* data_ = nullptr;
  uint64_t capacity_ = 0;
  uint64_t mask_ = 0;
  std::atomic<bool> faulted_{false};
};

/// For the process's SIGBUS handler, and safe in one: when `address` lies in a ring of this process
/// (somebody truncated its file), puts private memory in its place so that the faulting store can
/// go on, and notes that this recording is over. False when the fault is somebody else's. It knows
/// the first kMaxProtectedRings that live at a time.
bool absorb_ring_fault(const void* address) noexcept;
inline constexpr size_t kMaxProtectedRings = 1024;

/// Where the ring of a trace at `trace_path` is put when nothing else is asked for: under a name in
/// /dev/shm derived from the absolute path, else (there is no /dev/shm, or it is full) beside the
/// trace.
std::vector<std::string> ring_paths(const std::string& trace_path);
/// The one of them that is there; empty if none is.
std::string find_ring(const std::string& trace_path);

/// 16 bytes from the operating system's entropy.
SessionId make_session_id();

}  // namespace reprise::trace
