#include "debug/snapshots.hpp"

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"

namespace reprise::debug {

namespace {

constexpr Page kZeros{};

}  // namespace

PageRef PagePool::keep(const uint8_t* bytes, const PageRef& before) {
  const Page& known = before ? *before : kZeros;
  if (std::memcmp(bytes, known.data(), kSnapshotPage) == 0) return before;
  if (std::memcmp(bytes, kZeros.data(), kSnapshotPage) == 0) return nullptr;
  if (by_hash_.size() >= sweep_at_) {
    std::erase_if(by_hash_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<size_t>(1024, 2 * by_hash_.size());
  }
  std::weak_ptr<const Page>& place = by_hash_[xxh3_64({bytes, kSnapshotPage})];
  if (PageRef same = place.lock(); same && std::memcmp(bytes, same->data(), kSnapshotPage) == 0)
    return same;
  auto* page = new Page;
  std::memcpy(page->data(), bytes, kSnapshotPage);
  ++*live_;
  PageRef made(page, [live = live_](const Page* p) {
    --*live;
    delete p;
  });
  place = made;
  return made;
}

std::vector<MemoryImage> freeze_memories(runtime::StoreCore& store, PagePool& pool,
                                         const Snapshot* before) {
  std::vector<MemoryImage> images;
  for (uint32_t i = 0; i < store.memory_count(); ++i) {
    const runtime::Memory& memory = store.memory(runtime::MemoryId(i));
    const std::vector<PageRef>* known =
        before != nullptr && i < before->memories.size() ? &before->memories[i].content : nullptr;
    MemoryImage& image = images.emplace_back();
    image.pages = memory.pages();
    const size_t count = memory.byte_size() / kSnapshotPage;
    image.content.reserve(count);
    for (size_t page = 0; page < count; ++page)
      image.content.push_back(
          pool.keep(memory.base() + page * kSnapshotPage,
                    known != nullptr && page < known->size() ? (*known)[page] : nullptr));
  }
  return images;
}

Result<void> thaw_memories(runtime::StoreCore& store, const std::vector<MemoryImage>& images) {
  if (images.size() != store.memory_count())
    return fail(ErrorKind::malformed, "the snapshot is of another program");
  for (uint32_t i = 0; i < images.size(); ++i) {
    runtime::Memory& memory = store.memory(runtime::MemoryId(i));
    REPRISE_TRY(memory.resize(images[i].pages));
    uint8_t* at = memory.base();
    for (const PageRef& page : images[i].content) {
      const Page& content = page ? *page : kZeros;
      // A page that nobody touched stays untouched.
      if (std::memcmp(at, content.data(), kSnapshotPage) != 0)
        std::memcpy(at, content.data(), kSnapshotPage);
      at += kSnapshotPage;
    }
  }
  return ok();
}

bool SnapshotStore::is_due(uint64_t ticks) const {
  const Snapshot* before = latest_at_tick(ticks);
  return ticks - (before ? before->time.ticks : 0) >= interval_;
}

void SnapshotStore::add(Snapshot snapshot) {
  state_bytes_ += snapshot.state.size();
  const uint64_t ticks = snapshot.time.ticks;
  all_.insert_or_assign(ticks, std::move(snapshot));
  while (all_.size() > 1 && (bytes() > budget_ || all_.size() > kMaxSnapshots)) thin();
}

void SnapshotStore::thin() {
  interval_ *= 2;
  uint64_t kept = 0;
  for (auto at = all_.begin(); at != all_.end();) {
    if (at->first - kept >= interval_) {
      kept = at->first;
      ++at;
    } else {
      state_bytes_ -= at->second.state.size();
      at = all_.erase(at);
    }
  }
}

const Snapshot* SnapshotStore::latest_at_tick(uint64_t ticks) const {
  const auto behind = all_.upper_bound(ticks);
  return behind == all_.begin() ? nullptr : &std::prev(behind)->second;
}

const Snapshot* SnapshotStore::latest_before_event(uint64_t event) const {
  // Events only grow with ticks.
  const auto behind = std::partition_point(all_.begin(), all_.end(), [&](const auto& entry) {
    return entry.second.time.event <= event;
  });
  return behind == all_.begin() ? nullptr : &std::prev(behind)->second;
}

}  // namespace reprise::debug
