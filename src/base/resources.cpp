#include "reprise/resources.hpp"

#include "reprise/limits.hpp"

namespace reprise {

Result<uint32_t> ResourceTable::add(void* object, detail::TypeTag tag, void (*destroy)(void*)) {
  if (live_ >= max_live_) return std::unexpected(Limits::exceeded("host-resources", max_live_));
  if (next_ == UINT32_MAX) return fail(ErrorKind::limit, "the store has named 2^32 resources");
  const uint32_t ordinal = next_++;
  const uint32_t page = ordinal >> kPageBits;
  if (page >= pages_.size()) pages_.resize(page + 1);
  if (!pages_[page]) pages_[page] = std::make_unique<Page>();
  pages_[page]->entries[ordinal & (kPageSize - 1)] = {object, tag, destroy};
  ++pages_[page]->live;
  ++live_;
  return ordinal;
}

void ResourceTable::forget(uint32_t ordinal) {
  std::unique_ptr<Page>& page = pages_[ordinal >> kPageBits];
  page->entries[ordinal & (kPageSize - 1)] = {};
  --live_;
  if (--page->live == 0) page.reset();
}

bool ResourceTable::drop(uint32_t ordinal) {
  const Entry* entry = find(ordinal);
  if (!entry) return false;
  const Entry gone = *entry;
  forget(ordinal);  // first: its destructor may look at the table
  gone.destroy(gone.object);
  return true;
}

void ResourceTable::clear() {
  for (size_t page = pages_.size(); page-- > 0;)
    for (uint32_t i = kPageSize; i-- > 0 && pages_[page];)
      drop(static_cast<uint32_t>(page << kPageBits) + i);
}

}  // namespace reprise
