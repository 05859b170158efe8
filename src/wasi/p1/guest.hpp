// A guest's memory during one call of WASI 0.1: checked ranges, little-endian numbers, iovecs.

#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "reprise/trap.hpp"

namespace reprise::wasi::p1 {

struct Iovec {
  uint64_t address = 0;
  uint64_t length = 0;
};

/// Of a subscription of poll_oneoff, which begins with the guest's userdata.
inline constexpr uint64_t kSubscriptionSize = 48;

class Guest {
 public:
  static constexpr uint64_t kIovecSize = 8;

  Guest(std::span<uint8_t> memory, const uint64_t* slots) : memory_(memory), slots_(slots) {}

  uint32_t u32(size_t slot) const { return static_cast<uint32_t>(slots_[slot]); }
  uint64_t u64(size_t slot) const { return slots_[slot]; }

  TrapOr<std::span<uint8_t>> range(uint64_t address, uint64_t length) const {
    if (address > memory_.size() || length > memory_.size() - address) {
      return std::unexpected(Trap::of(TrapKind::memory_out_of_bounds));
    }
    return memory_.subspan(address, length);
  }

  template <class T>
  TrapOr<T> load(uint64_t address) const {
    auto bytes = range(address, sizeof(T));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    T value;
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
  }

  template <class T>
  TrapOr<void> store(uint64_t address, T value) const {
    auto bytes = range(address, sizeof(T));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    std::memcpy(bytes->data(), &value, sizeof value);
    return {};
  }

  TrapOr<void> store_bytes(uint64_t address, std::span<const uint8_t> bytes) const {
    auto to = range(address, bytes.size());
    if (!to) return std::unexpected(std::move(to.error()));
    if (!bytes.empty()) std::memcpy(to->data(), bytes.data(), bytes.size());
    return {};
  }

  /// The i-th of the iovecs that the parameter at `slot` points to.
  TrapOr<Iovec> iovec(size_t slot, uint32_t i) const {
    const uint64_t at = u32(slot) + uint64_t{i} * kIovecSize;
    auto address = load<uint32_t>(at);
    if (!address) return std::unexpected(std::move(address.error()));
    auto length = load<uint32_t>(at + 4);
    if (!length) return std::unexpected(std::move(length.error()));
    return Iovec{*address, *length};
  }

 private:
  std::span<uint8_t> memory_;
  const uint64_t* slots_;
};

}  // namespace reprise::wasi::p1
