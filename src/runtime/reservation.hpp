// Address space that is reserved once and filled as it is needed: what never moves is built on this
// (linear memories, VM stacks, the store's function records). Reserving costs no memory; committing
// is one `mprotect`, and fresh pages read as zero.

#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "reprise/result.hpp"

namespace reprise::runtime {

class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        committed_(std::exchange(other.committed_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    std::swap(committed_, other.committed_);
    return *this;
  }
  ~Reservation();

  /// Reserves `size` bytes (rounded up to whole pages), none of them accessible.
  static Result<Reservation> reserve(size_t size);

  /// Makes the first `size` bytes readable and writable; never fewer than they are.
  Result<void> commit(size_t size);

  /// Gives the pages of [0, size) back to the system: they read as zero again.
  void discard(size_t size);

  /// Makes what lies from `size` on inaccessible and gives its pages back: it reads as zero when it
  /// is committed anew.
  Result<void> protect_beyond(size_t size);

  /// Maps a private copy of a file over whole pages that are committed: [begin, begin + size). What
  /// was there is gone; discard() shows the file's contents again.
  Result<void> map(int fd, size_t begin, size_t size);
  /// Such a stretch is zero from now on.
  Result<void> unmap(size_t begin, size_t size);

  /// Up to whole pages.
  static size_t rounded(size_t size);

  uint8_t* base() const { return base_; }
  size_t size() const { return size_; }
  size_t committed() const { return committed_; }
  bool contains(const void* p) const {
    const auto* q = static_cast<const uint8_t*>(p);
    return q >= base_ && q < base_ + size_;
  }

 private:
  uint8_t* base_ = nullptr;
  size_t size_ = 0;
  size_t committed_ = 0;
};

/// An array of records that never move: ids index it, and a pointer to an element stays good for
/// the life of the array. T must be trivially destructible and mean something when all zero.
template <class T>
class StableArray {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  static Result<StableArray> reserve(size_t max_count) {
    REPRISE_ASSIGN(Reservation memory, Reservation::reserve(max_count * sizeof(T)));
    return StableArray(std::move(memory), max_count);
  }

  StableArray() = default;
  /// Over memory that is all zero as far as it is committed.
  StableArray(Reservation memory, size_t max_count) : memory_(std::move(memory)), max_(max_count) {}

  /// Gives the memory away, as it is.
  Reservation release() {
    size_ = 0;
    return std::move(memory_);
  }

  /// Appends `count` zeroed elements; the index of the first, or an error of kind limit.
  Result<size_t> extend(size_t count) {
    if (count > max_ - size_) return fail(ErrorKind::limit, "too many objects in one store");
    const size_t need = (size_ + count) * sizeof(T);
    if (need > memory_.committed()) {
      // Commit in steps that grow, so that the number of system calls stays logarithmic.
      const size_t wish = need + need / 2 + 65536;
      const size_t all = max_ * sizeof(T);
      REPRISE_TRY(memory_.commit(wish < all ? wish : all));
    }
    return std::exchange(size_, size_ + count);
  }

  /// Forgets the elements from `size` on (a half-built instance is undone).
  void truncate(size_t size) {
    if (size >= size_) return;
    __builtin_memset(static_cast<void*>(data() + size), 0, (size_ - size) * sizeof(T));
    size_ = size;
  }

  /// Makes all elements zero.
  void clear() { memory_.discard(memory_.committed()); }

  T* data() const { return reinterpret_cast<T*>(memory_.base()); }
  size_t size() const { return size_; }
  T& operator[](size_t i) const { return data()[i]; }

 private:
  Reservation memory_;
  size_t size_ = 0;
  size_t max_ = 0;
};

}  // namespace reprise::runtime
