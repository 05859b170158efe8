// A table: references in a row, one slot each, growing to a limit.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "reprise/result.hpp"
#include "runtime/value.hpp"
#include "wasm/types.hpp"

namespace reprise::runtime {

class Table {
 public:
  static Result<Table> create(const wasm::TableType& type, Slot initial, uint64_t max_elements);

  const wasm::TableType& type() const { return type_; }
  uint64_t size() const { return size_; }
  uint64_t max_size() const { return max_size_; }
  /// Changes when the table grows.
  Slot* elements() const { return elements_.get(); }
  std::span<Slot> all() const { return {elements_.get(), size_}; }

  bool contains(uint64_t index, uint64_t count) const {
    return count <= size_ && index <= size_ - count;
  }

  /// Appends references until the table has `size` of them; changes nothing when that fails.
  Result<void> grow_to(uint64_t size, Slot value);
  /// Makes it longer or shorter, for a state that is put back. New elements are null.
  Result<void> resize(uint64_t size);

 private:
  struct Free {
    void operator()(Slot* p) const { std::free(p); }
  };
  std::unique_ptr<Slot[], Free> elements_;
  uint64_t size_ = 0;
  uint64_t capacity_ = 0;
  uint64_t max_size_ = 0;
  wasm::TableType type_;
};

}  // namespace reprise::runtime
