// Snapshots: moments of a run that it can be taken back to without beginning anew.
//
// A snapshot is taken at a tick. It holds the stack, tables, globals and the heap as bytes without
// addresses (runtime/freeze.hpp), where the replay stands, and the memories in pages of 4 KiB.
// Pages are shared: with the snapshot before, where nothing was written, and with any other page of
// the same content; a page of zeros is none. So a snapshot costs what was changed since the last
// one, and the time to compare memory with it.
//
// They are taken every so many ticks. When they take more memory than they may, every other one is
// given up, and from then on they are taken half as often: where one wants to go is as likely to be
// long ago as lately.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "debug/time.hpp"
#include "runtime/store.hpp"

namespace reprise::debug {

inline constexpr size_t kSnapshotPage = 4096;
using Page = std::array<uint8_t, kSnapshotPage>;
/// Null: all zeros.
using PageRef = std::shared_ptr<const Page>;

/// Pages by their content, and how many there are.
class PagePool {
 public:
  /// `bytes` are kSnapshotPage bytes; `before` is what the page was before, or null.
  PageRef keep(const uint8_t* bytes, const PageRef& before);
  uint64_t bytes() const { return *live_ * kSnapshotPage; }

 private:
  std::shared_ptr<uint64_t> live_ = std::make_shared<uint64_t>(0);
  std::unordered_map<uint64_t, std::weak_ptr<const Page>> by_hash_;
  size_t sweep_at_ = 1024;
};

struct MemoryImage {
  uint64_t pages = 0;  // of 64 KiB
  std::vector<PageRef> content;
};

struct Snapshot {
  Time time;
  /// Embed's Replayer::freeze.
  std::vector<uint8_t> state;
  std::vector<MemoryImage> memories;
  /// Bytes that the guest had printed.
  uint64_t printed = 0;
};

std::vector<MemoryImage> freeze_memories(runtime::StoreCore& store, PagePool& pool,
                                         const Snapshot* before);
Result<void> thaw_memories(runtime::StoreCore& store, const std::vector<MemoryImage>& images);

class SnapshotStore {
 public:
  SnapshotStore(uint64_t budget, uint64_t interval)
      : budget_(budget), interval_(interval == 0 ? 1 : interval) {}

  /// One would be taken at that tick.
  bool is_due(uint64_t ticks) const;
  uint64_t interval() const { return interval_; }
  void add(Snapshot snapshot);
  /// The last one at or before the tick.
  const Snapshot* latest_at_tick(uint64_t ticks) const;
  /// The last one at which the event was still to come.
  const Snapshot* latest_before_event(uint64_t event) const;
  PagePool& pool() { return pool_; }
  void clear() { all_.clear(); }

  size_t count() const { return all_.size(); }
  uint64_t bytes() const { return pool_.bytes() + state_bytes_; }

 private:
  void thin();

  static constexpr size_t kMaxSnapshots = 1024;

  uint64_t budget_;
  uint64_t interval_;
  uint64_t state_bytes_ = 0;
  PagePool pool_;
  std::map<uint64_t, Snapshot> all_;  // by ticks
};

}  // namespace reprise::debug
