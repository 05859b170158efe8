#include "component/abi/integers.hpp"

namespace reprise::component::abi {

std::optional<Integers> Integers::of(std::span<const Type> types, uint32_t max_flat) {
  Integers integers;
  if (types.size() > max_flat || types.size() > integers.values_.size()) return std::nullopt;
  for (Type type : types) {
    if (type->shape != Shape::scalar || !type->bitwise) return std::nullopt;
    const auto size = static_cast<uint8_t>(type->min_encoded_size);
    integers.values_[integers.count_++] = {size, wit::is_signed(type->kind)};
    integers.encoded_size_ += size;
  }
  return integers;
}

}  // namespace reprise::component::abi
