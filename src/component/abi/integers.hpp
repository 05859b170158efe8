// Flat values that are all integers. Lifting and lowering them cannot trap and needs nothing of the
// instance, so it comes down to their widths; that is worth a way of its own, because the calls
// that programs make most often are of this kind (clocks, handles' numbers, lengths).
//
//   if (const auto integers = Integers::of(types, wit::kMaxFlatParams))
//     integers->lift(call.args(), encoded);
//
// The results are those of lift_values and lower_values (dynamic.hpp).

#pragma once

#include <array>
#include <optional>

#include "component/abi/context.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::component::abi {

class Integers {
 public:
  /// Nothing if one of them is no integer, or there are more than may travel flat.
  static std::optional<Integers> of(std::span<const Type> types, uint32_t max_flat);

  uint32_t count() const { return count_; }

  void lift(const Slot* flat, ByteWriter& out) const {
    uint8_t* at = out.extend(encoded_size_);
    for (uint32_t i = 0; i < count_; ++i) {
      wit::store_bits(at, flat[i], values_[i].size);
      at += values_[i].size;
    }
  }

  /// False if the encoded bytes are fewer or more; nothing is written then.
  bool lower(Bytes encoded, Slot* flat) const {
    if (encoded.size() != encoded_size_) return false;
    const uint8_t* at = encoded.data();
    for (uint32_t i = 0; i < count_; ++i) {
      const Value value = values_[i];
      flat[i] = value.extended(wit::load_bits(at, value.size));
      at += value.size;
    }
    return true;
  }

  /// From one guest to another: what lifting and lowering make of them, without the bytes.
  void pass(const Slot* from, Slot* to) const {
    for (uint32_t i = 0; i < count_; ++i) {
      const Value value = values_[i];
      to[i] = value.extended(from[i] & (~uint64_t{0} >> (64 - 8 * value.size)));
    }
  }

 private:
  struct Value {
    uint8_t size = 0;
    bool is_signed = false;

    /// As the flat value: of 32 bits if it is narrower than that, extended by its sign if it has
    /// one.
    Slot extended(uint64_t bits) const {
      if (!is_signed || size >= 4) return bits;
      const uint32_t unused = 32 - 8 * size;
      return static_cast<uint32_t>(static_cast<int32_t>(static_cast<uint32_t>(bits) << unused) >>
                                   unused);
    }
  };

  std::array<Value, wit::kMaxFlatParams> values_{};
  uint32_t count_ = 0;
  uint32_t encoded_size_ = 0;
};

}  // namespace reprise::component::abi
