// The words and codes of core types: one table for reading text and for writing it (spec:
// binary/types).

#pragma once

#include <cstdint>
#include <string_view>

namespace reprise::text {

struct AbstractHeap {
  std::string_view name;
  std::string_view reference;  // abbreviation of `(ref null name)`
  uint8_t code;
};
inline constexpr AbstractHeap kAbstractHeaps[] = {
    {"any", "anyref", 0x6e},       {"eq", "eqref", 0x6d},
    {"i31", "i31ref", 0x6c},       {"struct", "structref", 0x6b},
    {"array", "arrayref", 0x6a},   {"none", "nullref", 0x71},
    {"func", "funcref", 0x70},     {"nofunc", "nullfuncref", 0x73},
    {"extern", "externref", 0x6f}, {"noextern", "nullexternref", 0x72},
    {"exn", "exnref", 0x69},       {"noexn", "nullexnref", 0x74},
};

struct NumberType {
  std::string_view name;
  uint8_t code;
};
inline constexpr NumberType kNumberTypes[] = {
    {"i32", 0x7f}, {"i64", 0x7e}, {"f32", 0x7d}, {"f64", 0x7c}, {"v128", 0x7b}};

/// By ExternKind.
inline constexpr std::string_view kExternWords[] = {"func", "table", "memory", "global", "tag"};

inline constexpr uint8_t kRef = 0x64, kRefNull = 0x63;
inline constexpr uint8_t kFunc = 0x60, kStruct = 0x5f, kArray = 0x5e;
inline constexpr uint8_t kSub = 0x50, kSubFinal = 0x4f, kRec = 0x4e;
inline constexpr uint8_t kI8 = 0x78, kI16 = 0x77;
inline constexpr uint8_t kEmptyBlock = 0x40;

}  // namespace reprise::text
