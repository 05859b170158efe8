// A table: references in a row, one slot each, growing to a limit.
//
// A table of functions that a module fills with constant segments begins *lazy*: its elements are
// zero, and a list that all instances of the module share (module_image.hpp) says which functions
// they stand for. A call through the table finds zero where it finds null, and asks resolve(); so
// calls through elements that are there cost nothing more, and an instance pays for the elements it
// uses. Whoever looks at elements in any other way gets all of them filled in first.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "reprise/result.hpp"
#include "runtime/pool.hpp"
#include "runtime/value.hpp"
#include "wasm/types.hpp"

namespace reprise::runtime {

struct Instance;

class Table {
 public:
  static Result<Table> create(const wasm::TableType& type, Slot initial, uint64_t max_elements);
  /// Lazy: all of it null, but for what `image` names functions of `instance` for.
  static Result<Table> create_lazy(const wasm::TableType& type, uint64_t max_elements, Pool& pool,
                                   std::shared_ptr<const ElementImage> image, Instance& instance);
  ~Table();
  Table(Table&&) noexcept = default;
  Table& operator=(Table&&) noexcept = default;

  const wasm::TableType& type() const { return type_; }
  uint64_t size() const { return size_; }
  uint64_t max_size() const { return max_size_; }
  /// Changes when the table grows.
  Slot* elements() const {
    if (lazy_ != nullptr) [[unlikely]]
      settle();
    return elements_.get();
  }
  std::span<Slot> all() const { return {elements(), size_}; }

  /// For calls: as it is, null perhaps only because nobody has asked for it.
  Slot peek(uint64_t index) const { return elements_.get()[index]; }
  /// Where peek() gave null.
  Slot resolve(uint64_t index) const { return lazy_ == nullptr ? kNullRef : resolve_lazy(index); }

  bool contains(uint64_t index, uint64_t count) const {
    return count <= size_ && index <= size_ - count;
  }

  /// Appends references until the table has `size` of them; changes nothing when that fails.
  Result<void> grow_to(uint64_t size, Slot value);
  /// Makes it longer or shorter, for a state that is put back. New elements are null.
  Result<void> resize(uint64_t size);

 private:
  Table() = default;

  struct Lazy {
    Pool* pool;
    std::shared_ptr<const ElementImage> image;
    Instance* instance;
    /// The first elements that were resolved, up to kFewWritten.
    std::vector<uint32_t> written;
  };
  static constexpr size_t kFewWritten = 1024;

  Slot resolve_lazy(uint64_t index) const;
  void settle() const;

  SlotBlock elements_;
  mutable std::unique_ptr<Lazy> lazy_;
  uint64_t size_ = 0;
  uint64_t capacity_ = 0;
  uint64_t max_size_ = 0;
  wasm::TableType type_;
};

}  // namespace reprise::runtime
