// How values look inside the machine: 8-byte slots.
//
// A frame, a table element and a global are made of slots. i32 and f32 are zero-extended to 64
// bits, v128 takes two slots (low half first). A reference is one slot, never a host address, so
// that slots can be saved, compared between runs and moved between machines as they are:
//
//   0                     null, of any type
//   function references   FuncId + 1
//   all others            by the lowest bits: 1 = i31 (value << 1 | 1)
//                         2 = a host's externref token (token << 2 | 2)
//                         0 = offset in the store's heap, a multiple of 8 (structs, arrays,
//                             exceptions)
//
// extern.convert_any and any.convert_extern therefore change nothing.

#pragma once

#include <bit>
#include <cstdint>

#include "base/id.hpp"

namespace reprise::runtime {

using Slot = uint64_t;

using FuncId = Id<struct FuncTag>;
using TableId = Id<struct TableTag>;
using MemoryId = Id<struct MemoryTag>;
using GlobalId = Id<struct GlobalTag>;
using TagId = Id<struct TagTag>;
using InstanceId = Id<struct InstanceTag>;

inline constexpr Slot kNullRef = 0;

constexpr Slot slot_of_i32(uint32_t v) {
  return v;
}
constexpr Slot slot_of_i64(uint64_t v) {
  return v;
}
constexpr Slot slot_of_f32(float v) {
  return std::bit_cast<uint32_t>(v);
}
constexpr Slot slot_of_f64(double v) {
  return std::bit_cast<uint64_t>(v);
}
constexpr float f32_of_slot(Slot s) {
  return std::bit_cast<float>(static_cast<uint32_t>(s));
}
constexpr double f64_of_slot(Slot s) {
  return std::bit_cast<double>(s);
}

constexpr Slot ref_of_func(FuncId id) {
  return Slot{id.value} + 1;
}
/// `ref` must not be null.
constexpr FuncId func_of_ref(Slot ref) {
  return FuncId(static_cast<uint32_t>(ref - 1));
}

/// An externref that carries a number of the host's choice, below 2^62.
constexpr Slot ref_of_extern(uint64_t token) {
  return token << 2 | 2;
}
constexpr bool is_extern_token(Slot ref) {
  return (ref & 3) == 2;
}
constexpr uint64_t extern_token(Slot ref) {
  return ref >> 2;
}

constexpr Slot ref_of_i31(uint32_t v) {
  return Slot{v & 0x7fffffffu} << 1 | 1;
}
constexpr bool is_i31(Slot ref) {
  return ref & 1;
}
constexpr uint32_t i31_unsigned(Slot ref) {
  return static_cast<uint32_t>(ref >> 1);
}
constexpr int32_t i31_signed(Slot ref) {
  return static_cast<int32_t>(static_cast<uint32_t>(ref >> 1) << 1) >> 1;
}

}  // namespace reprise::runtime
