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
  *live_ += sizeof(Page);
  PageRef made(page, [live = live_](const Page* p) {
    *live -= sizeof(Page);
    delete p;
  });
  place = made;
  return made;
}

ExtentRef PagePool::keep(const Extent& extent) {
  if (std::ranges::none_of(extent, [](const PageRef& page) { return page != nullptr; }))
    return nullptr;
  *live_ += sizeof(Extent);
  return {new Extent(extent), [live = live_](const Extent* e) {
            *live -= sizeof(Extent);
            delete e;
          }};
}

namespace {

/// The pages from `at` on; shared with what was there before, if all are the same.
ExtentRef freeze_extent(const uint8_t* at, size_t count, PagePool& pool, const ExtentRef& before) {
  Extent extent;
  bool is_same = true;
  for (size_t i = 0; i < count; ++i) {
    const PageRef known = before ? (*before)[i] : nullptr;
    extent[i] = pool.keep(at + i * kSnapshotPage, known);
    is_same &= extent[i] == known;
  }
  return is_same ? before : pool.keep(extent);
}

}  // namespace

namespace {

MemoryImage freeze_pages(const uint8_t* base, uint64_t pages, PagePool& pool,
                         const MemoryImage* known) {
  MemoryImage image{.pages = pages, .extents = {}};
  for (size_t page = 0; page < image.page_count(); page += kExtentPages) {
    const size_t extent = page / kExtentPages;
    // One that has grown since is not the same.
    const bool was_whole = known != nullptr && extent < known->extents.size() &&
                           (known->pages == image.pages || extent + 1 < known->extents.size());
    image.extents.push_back(freeze_extent(base + page * kSnapshotPage,
                                          std::min(kExtentPages, image.page_count() - page), pool,
                                          was_whole ? known->extents[extent] : nullptr));
  }
  return image;
}

}  // namespace

MemoryImage freeze_bytes(std::vector<uint8_t> bytes, PagePool& pool, const MemoryImage* before) {
  constexpr uint64_t kPage = runtime::Memory::kPageBytes;
  const uint64_t pages = (bytes.size() + kPage - 1) / kPage;
  bytes.resize(pages * kPage);
  return freeze_pages(bytes.data(), pages, pool, before);
}

std::vector<uint8_t> thaw_bytes(const MemoryImage& image) {
  std::vector<uint8_t> bytes(image.page_count() * kSnapshotPage);
  for (size_t i = 0; i < image.page_count(); ++i)
    if (const Page* page = image.page(i))
      std::memcpy(bytes.data() + i * kSnapshotPage, page->data(), kSnapshotPage);
  return bytes;
}

std::vector<MemoryImage> freeze_memories(runtime::StoreCore& store, PagePool& pool,
                                         const Snapshot* before) {
  std::vector<MemoryImage> images;
  for (uint32_t i = 0; i < store.memory_count(); ++i) {
    const runtime::Memory& memory = store.memory(runtime::MemoryId(i));
    const MemoryImage* known =
        before != nullptr && i < before->memories.size() ? &before->memories[i] : nullptr;
    images.push_back(freeze_pages(memory.base(), memory.pages(), pool, known));
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
    for (size_t page = 0; page < images[i].page_count(); ++page, at += kSnapshotPage) {
      const Page* const kept = images[i].page(page);
      const Page& content = kept != nullptr ? *kept : kZeros;
      // A page that nobody touched stays untouched.
      if (std::memcmp(at, content.data(), kSnapshotPage) != 0)
        std::memcpy(at, content.data(), kSnapshotPage);
    }
  }
  return ok();
}

namespace {

/// Those that are taken because the tick is near lie at an eighth of the interval before it, at an
/// eighth of that, and so on, until going on from there is as quick as putting it back.
constexpr uint64_t kNearStep = 8;
constexpr uint64_t kNearest = 4096;
/// One that takes longer is not taken only because the tick is near.
constexpr std::chrono::milliseconds kNearCost{20};

}  // namespace

uint64_t SnapshotStore::next_near(uint64_t ticks, uint64_t to) const {
  if (cost_ > kNearCost) return to;
  for (uint64_t back = interval_ / kNearStep; back >= kNearest; back /= kNearStep)
    if (to - ticks > back) return to - back;
  return to;
}

bool SnapshotStore::is_due(uint64_t ticks, uint64_t to) const {
  const Snapshot* before = latest_at_tick(ticks);
  const uint64_t distance = ticks - (before ? before->time.ticks : 0);
  if (distance >= interval_) return std::chrono::steady_clock::now() - last_ >= rest_ * cost_;
  return to > ticks && to - ticks >= kNearest && to - ticks < interval_ &&
         distance >= (kNearStep / 2) * (to - ticks);
}

void SnapshotStore::add(Snapshot snapshot, std::chrono::steady_clock::duration cost) {
  const uint64_t ticks = snapshot.time.ticks;
  const Snapshot* before = latest_at_tick(ticks);
  const bool is_near = ticks - (before ? before->time.ticks : 0) < interval_;
  state_bytes_ += snapshot.state_bytes();
  if (const auto same = all_.find(ticks); same != all_.end()) erase(same);
  all_.emplace(ticks, Kept{std::move(snapshot), is_near});
  if (is_near) near_.push_back(ticks);
  while (near_.size() > kMaxNear || (bytes() > budget_ && near_.size() > 1))
    erase(all_.find(near_.front()));
  while (all_.size() > 1 && (bytes() > budget_ || all_.size() > kMaxSnapshots + kMaxNear)) thin();
  cost_ = cost;
  last_ = std::chrono::steady_clock::now();
}

SnapshotStore::Map::iterator SnapshotStore::erase(Map::iterator at) {
  if (at->second.is_near) std::erase(near_, at->first);
  state_bytes_ -= at->second.snapshot.state_bytes();
  return all_.erase(at);
}

void SnapshotStore::thin() {
  interval_ *= 2;
  uint64_t kept = 0;
  for (auto at = all_.begin(); at != all_.end();) {
    if (!at->second.is_near && at->first - kept >= interval_) {
      kept = at->first;
      ++at;
    } else {
      at = erase(at);
    }
  }
}

void SnapshotStore::clear() {
  all_.clear();
  near_.clear();
  state_bytes_ = 0;
}

void SnapshotStore::adopt(std::vector<Snapshot> snapshots, uint64_t interval) {
  clear();
  interval_ = interval;
  for (Snapshot& snapshot : snapshots) {
    state_bytes_ += snapshot.state_bytes();
    const uint64_t ticks = snapshot.time.ticks;
    all_.emplace(ticks, Kept{std::move(snapshot), false});
  }
}

const Snapshot* SnapshotStore::latest_at_tick(uint64_t ticks) const {
  const auto behind = all_.upper_bound(ticks);
  return behind == all_.begin() ? nullptr : &std::prev(behind)->second.snapshot;
}

const Snapshot* SnapshotStore::latest_before_event(uint64_t event) const {
  // Events only grow with ticks: the map is in their order, too.
  const auto behind = std::ranges::partition_point(
      all_, [&](const auto& entry) { return entry.second.snapshot.time.event <= event; });
  return behind == all_.begin() ? nullptr : &std::prev(behind)->second.snapshot;
}

}  // namespace reprise::debug
