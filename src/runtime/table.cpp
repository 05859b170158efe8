// Tables: creation, growth, and elements that come when they are needed.

#include "runtime/table.hpp"

#include <algorithm>

#include "runtime/store.hpp"

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

Result<Table> Table::create_lazy(const wasm::TableType& type, uint64_t max_elements, Pool& pool,
                                 std::shared_ptr<const ElementImage> image, Instance& instance) {
  ElementSlots taken = pool.take_elements(type.limits.minimum);
  if (taken.slots == nullptr) return fail(ErrorKind::limit, "no memory for the table's elements");
  Table table;
  table.type_ = type;
  table.max_size_ = std::min(type.limits.maximum.value_or(max_elements), max_elements);
  table.elements_ = std::move(taken.slots);
  table.size_ = table.capacity_ = type.limits.minimum;
  table.lazy_ = std::make_unique<Lazy>(&pool, std::move(image), &instance);
  return table;
}

/// What is lazy to the end goes back to the pool, cleared.
Table::~Table() {
  if (lazy_ == nullptr) return;
  if (lazy_->written.size() < kFewWritten) {
    for (uint32_t index : lazy_->written) elements_[index] = kNullRef;
  } else {
    std::fill_n(elements_.get(), size_, kNullRef);
  }
  lazy_->pool->give_back(ElementSlots{std::move(elements_), capacity_});
}

Slot Table::resolve_lazy(uint64_t index) const {
  const uint32_t function = (*lazy_->image)[index];
  if (function == 0) return kNullRef;
  Instance& instance = *lazy_->instance;
  const Slot reference = ref_of_func(instance.store->function_of(instance, function - 1));
  if (elements_[index] == kNullRef && lazy_->written.size() < kFewWritten)
    lazy_->written.push_back(static_cast<uint32_t>(index));
  return elements_[index] = reference;
}

void Table::settle() const {
  for (uint64_t i = 0; i < size_; ++i)
    if (elements_[i] == kNullRef) resolve_lazy(i);
  lazy_.reset();
}

Result<void> Table::grow_to(uint64_t size, Slot value) {
  if (size > max_size_) return fail(ErrorKind::limit, "the table's maximum is reached");
  if (lazy_ != nullptr) settle();
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
  if (lazy_ != nullptr) settle();
  size_ = size;
  return ok();
}

}  // namespace reprise::runtime
