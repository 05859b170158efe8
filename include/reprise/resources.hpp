// Resources that the host owns and guests hold handles to: files, streams, sockets, an embedder's
// own.
//
// A resource is named by an ordinal that is given out once in the life of a store and never again.
// The same number is the representation behind guest handles and the resource's name in a
// recording, so recording needs no translation and a stale name can never mean something else.
//
//   ResourceTable table;
//   uint32_t file = table.push(std::make_unique<File>("a")).value();
//   if (File* f = table.get<File>(file)) f->rename("b");
//   std::unique_ptr<File> last = table.take<File>(file);
//
// Lookup is two loads and a compare. A page of ordinals is freed when all its resources are gone,
// so memory follows what is alive. Limits: `max_live` at a time, 2^32 - 2 over the life of a store.
// Thread rules: those of the store.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "reprise/result.hpp"

namespace reprise {

namespace detail {
/// A different address for each type: enough to tell host types apart without RTTI.
template <class R>
inline constexpr char kTypeTag = 0;
using TypeTag = const char*;
template <class R>
constexpr TypeTag type_tag() {
  return &kTypeTag<R>;
}
}  // namespace detail

class ResourceTable {
 public:
  explicit ResourceTable(uint32_t max_live = 1'000'000) : max_live_(max_live) {}
  ResourceTable(const ResourceTable&) = delete;
  ResourceTable& operator=(const ResourceTable&) = delete;
  ~ResourceTable() { clear(); }

  /// Takes the resource in and names it.
  template <class R>
  Result<uint32_t> push(std::unique_ptr<R> resource) {
    auto ordinal = add(resource.get(), detail::type_tag<R>(),
                       [](void* object) { delete static_cast<R*>(object); });
    if (ordinal) (void)resource.release();
    return ordinal;
  }

  /// Null when there is no such resource, or it is of another type.
  template <class R>
  R* get(uint32_t ordinal) const {
    const Entry* entry = find(ordinal);
    return entry && entry->tag == detail::type_tag<R>() ? static_cast<R*>(entry->object) : nullptr;
  }

  /// Takes the resource out; null as for get().
  template <class R>
  std::unique_ptr<R> take(uint32_t ordinal) {
    R* object = get<R>(ordinal);
    if (object) forget(ordinal);
    return std::unique_ptr<R>(object);
  }

  /// Destroys the resource. False when there is none of that name.
  bool drop(uint32_t ordinal);
  /// Destroys all, the youngest first, because the younger may lean on the older.
  void clear();

  uint32_t live() const { return live_; }
  /// The ordinal that the next resource gets.
  uint32_t next() const { return next_; }

 private:
  struct Entry {
    void* object = nullptr;
    detail::TypeTag tag = nullptr;
    void (*destroy)(void*) = nullptr;
  };
  static constexpr uint32_t kPageBits = 8;
  static constexpr uint32_t kPageSize = 1u << kPageBits;
  struct Page {
    std::array<Entry, kPageSize> entries;
    uint32_t live = 0;
  };

  Result<uint32_t> add(void* object, detail::TypeTag tag, void (*destroy)(void*));
  void forget(uint32_t ordinal);
  const Entry* find(uint32_t ordinal) const {
    const uint32_t page = ordinal >> kPageBits;
    if (page >= pages_.size() || !pages_[page]) return nullptr;
    const Entry& entry = pages_[page]->entries[ordinal & (kPageSize - 1)];
    return entry.object ? &entry : nullptr;
  }

  std::vector<std::unique_ptr<Page>> pages_;
  uint32_t next_ = 0;
  uint32_t live_ = 0;
  uint32_t max_live_;
};

}  // namespace reprise
