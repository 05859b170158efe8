// Tables: creation and growth.

#include "runtime/table.hpp"

#include <algorithm>

namespace reprise::runtime {

Result<Table> Table::create(const wasm::TableType& type, Slot initial, uint64_t max_elements) {
  Table table;
  table.type_ = type;
  table.max_size_ = std::min(type.limits.maximum.value_or(max_elements), max_elements);
  if (type.limits.minimum > max_elements)
    return fail(ErrorKind::limit, "a table of " + std::to_string(type.limits.minimum) +
                                      " elements is larger than this store allows");
  REPRISE_TRY(table.grow_to(type.limits.minimum, initial));
  return table;
}

Result<void> Table::grow_to(uint64_t size, Slot value) {
  if (size > max_size_) return fail(ErrorKind::limit, "the table's maximum is reached");
  if (size > capacity_) {
    // The first allocation is exact; later ones double, so that growing one by one stays linear.
    const uint64_t wish =
        capacity_ == 0 ? size : std::min(std::max(size, capacity_ * 2), max_size_);
    auto* grown = static_cast<Slot*>(std::realloc(elements_.get(), wish * sizeof(Slot)));
    if (grown == nullptr) return fail(ErrorKind::limit, "no memory for the table's elements");
    static_cast<void>(elements_.release());
    elements_.reset(grown);
    capacity_ = wish;
  }
  if (size > size_) {
    std::fill(elements_.get() + size_, elements_.get() + size, value);
    size_ = size;
  }
  return ok();
}

Result<void> Table::resize(uint64_t size) {
  if (size > size_) return grow_to(size, kNullRef);
  size_ = size;
  return ok();
}

}  // namespace reprise::runtime
