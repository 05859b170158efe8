// Snapshots: moments of a run that it can be taken back to without beginning anew.
//
// A snapshot is taken at a tick. It holds the stack, tables, globals and the heap as bytes without
// addresses (runtime/freeze.hpp), where the replay stands, and the memories in pages of 4 KiB.
// Pages are shared: with the snapshot before, where nothing was written, and with any other page of
// the same content; a page of zeros is none. So a snapshot costs what was changed since the last
// one, and the time to compare memory with it. The heap's objects are in it as they lie in this
// process; in an index they are in a form for all, and in pages, too.
//
// They are taken every so many ticks, but never for more than a share of the time: where comparing
// memory takes long, less often. When they take more memory than they may, every other one is given
// up, and from then on they are taken half as often: where one wants to go is as likely to be long
// ago as lately. On the way to a tick that somebody wants to see, some more are taken the nearer it
// is, as the next thing that is wanted is often a little earlier.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "debug/time.hpp"
#include "embed/replayer.hpp"
#include "runtime/store.hpp"

namespace reprise::debug {

inline constexpr size_t kSnapshotPage = 4096;
using Page = std::array<uint8_t, kSnapshotPage>;
/// Null: all zeros.
using PageRef = std::shared_ptr<const Page>;
/// Pages that follow each other. Null: all zeros.
inline constexpr size_t kExtentPages = 256;
using Extent = std::array<PageRef, kExtentPages>;
using ExtentRef = std::shared_ptr<const Extent>;

/// Pages by their content, and how much there is of them.
class PagePool {
 public:
  /// `bytes` are kSnapshotPage bytes; `before` is what the page was before, or null.
  PageRef keep(const uint8_t* bytes, const PageRef& before);
  ExtentRef keep(const Extent& extent);
  uint64_t bytes() const { return *live_; }

 private:
  std::shared_ptr<uint64_t> live_ = std::make_shared<uint64_t>(0);
  std::unordered_map<uint64_t, std::weak_ptr<const Page>> by_hash_;
  size_t sweep_at_ = 1024;
};

/// A memory, or the heap.
struct MemoryImage {
  uint64_t pages = 0;  // of 64 KiB
  std::vector<ExtentRef> extents;

  size_t page_count() const { return pages * (runtime::Memory::kPageBytes / kSnapshotPage); }
  const Page* page(size_t i) const {
    const size_t extent = i / kExtentPages;
    if (extent >= extents.size() || !extents[extent]) return nullptr;
    return (*extents[extent])[i % kExtentPages].get();
  }
};

struct Snapshot {
  Time time;
  embed::Replayer::Frozen run;
  std::vector<MemoryImage> memories;
  /// In an index, in place of run.heap: runtime/portable_heap.hpp. Empty if there are no objects.
  std::vector<uint8_t> heap_state;
  MemoryImage heap_objects;
  /// Bytes that the guest had printed.
  uint64_t printed = 0;

  uint64_t state_bytes() const { return run.state.size() + run.heap.size() + heap_state.size(); }
};

/// Of bytes, as if zeros were behind them.
MemoryImage freeze_bytes(std::vector<uint8_t> bytes, PagePool& pool, const MemoryImage* before);
std::vector<uint8_t> thaw_bytes(const MemoryImage& image);

std::vector<MemoryImage> freeze_memories(runtime::StoreCore& store, PagePool& pool,
                                         const Snapshot* before);
Result<void> thaw_memories(runtime::StoreCore& store, const std::vector<MemoryImage>& images);

class SnapshotStore {
 public:
  /// Running takes at least `rest` times as long as taking snapshots.
  SnapshotStore(uint64_t budget, uint64_t interval, uint32_t rest)
      : budget_(budget), interval_(interval == 0 ? 1 : interval), rest_(rest) {}

  /// One would be taken at that tick, on the way to the tick `to`.
  bool is_due(uint64_t ticks, uint64_t to) const;
  uint64_t interval() const { return interval_; }
  /// Where the next one would be that is taken because `to` is near; `to` if there is none.
  uint64_t next_near(uint64_t ticks, uint64_t to) const;
  void add(Snapshot snapshot, std::chrono::steady_clock::duration cost);
  /// The last one at or before the tick.
  const Snapshot* latest_at_tick(uint64_t ticks) const;
  /// The last one at which the event was still to come.
  const Snapshot* latest_before_event(uint64_t event) const;
  PagePool& pool() { return pool_; }
  void clear();
  /// In place of those that are there.
  void adopt(std::vector<Snapshot> snapshots, uint64_t interval);
  /// Up to the first error.
  template <class Visit>
  Result<void> each(Visit visit) const {
    for (const auto& [ticks, kept] : all_) REPRISE_TRY(visit(kept.snapshot));
    return ok();
  }

  size_t count() const { return all_.size(); }
  uint64_t bytes() const { return pool_.bytes() + state_bytes_; }

 private:
  struct Kept {
    Snapshot snapshot;
    bool is_near = false;
  };
  using Map = std::map<uint64_t, Kept>;  // by ticks

  void thin();
  Map::iterator erase(Map::iterator at);

  static constexpr size_t kMaxSnapshots = 1024;
  static constexpr size_t kMaxNear = 64;

  uint64_t budget_;
  uint64_t interval_;
  uint32_t rest_;
  uint64_t state_bytes_ = 0;
  PagePool pool_;
  Map all_;
  /// The ticks of those that were near, the oldest first.
  std::deque<uint64_t> near_;
  std::chrono::steady_clock::duration cost_{};
  std::chrono::steady_clock::time_point last_;
};

}  // namespace reprise::debug
