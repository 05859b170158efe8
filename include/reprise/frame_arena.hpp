// Where the frames of coroutines lie: an arena that belongs to one task.
//
// A coroutine that takes a Suspend& (or a Call<T>, which lends one) gets its frame from the arena
// of that Suspend, without malloc: blocks of 64 bytes' multiples, cut from chunks, kept in one list
// a size when they are free again. Frames of one task mostly nest, but nothing depends on it. A
// coroutine without either gets its frame from malloc.
//
//   Task<int> later(Suspend&) { co_return 3; }     // its frame lies in the Suspend's frames()
//
// Allocation can fail: at kMaxBytes, or when the system has no more. Then no coroutine is made, and
// the Task that its caller gets is one that ended with an error (task.hpp).
//
// Cost: a frame costs 16 bytes more than it needs, for the way back. Under address sanitizer a free
// block is poisoned, so that the use of a dead frame is found in here, too.
//
// Thread rules: those of the Suspend that owns it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace reprise {

class FrameArena {
 public:
  /// Of all live frames of one task.
  static constexpr size_t kMaxBytes = size_t{64} << 20;

  FrameArena() = default;
  FrameArena(const FrameArena&) = delete;
  FrameArena& operator=(const FrameArena&) = delete;
  /// All frames must be gone.
  ~FrameArena();

  /// Null when it cannot be.
  void* allocate(size_t bytes) noexcept;
  /// From malloc, for a coroutine that has no arena.
  static void* allocate_without_arena(size_t bytes) noexcept;
  /// Gives a frame of either kind back.
  static void release(void* frame) noexcept;

  struct Counts {
    uint64_t frames = 0;  // made so far
    uint64_t live = 0;    // of them, still there
    uint64_t chunks = 0;  // taken from the system so far
  };
  const Counts& counts() const { return counts_; }

  /// For tests of what happens then: after `count` more frames, allocation fails.
  void fail_after(uint64_t count) { allowed_ = count; }

 private:
  struct Header {
    FrameArena* owner;  // null: from malloc, without arena
    size_t bytes;       // with this header
  };
  struct Free {
    Free* next;
  };
  struct Chunk {
    Chunk* next;
    size_t bytes;
  };
  static constexpr size_t kStep = 64;
  static constexpr size_t kLargest = 4096;
  static constexpr size_t kChunk = 16384;

  Header* take(size_t bytes);
  void give_back(Header* block);

  std::array<Free*, kLargest / kStep + 1> free_{};
  Chunk* chunks_ = nullptr;
  std::byte* next_ = nullptr;
  size_t left_ = 0;
  size_t held_ = 0;
  uint64_t allowed_ = UINT64_MAX;
  Counts counts_;
};

}  // namespace reprise
