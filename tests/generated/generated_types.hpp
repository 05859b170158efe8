// The types of generated modules, and the choices that make them.

#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "module_generator.hpp"
#include "wasm/opcodes.hpp"

namespace reprise::generated {

/// Value types: those of opcodes.def, in the order of kLetters, then references, all nullable.
using Type = uint8_t;
inline constexpr std::string_view kLetters = "ilfdv";
inline constexpr Type kI = 0, kL = 1, kF = 2, kD = 3, kV = 4;
inline constexpr Type kBase = 5;     // to a struct that has
inline constexpr Type kDerived = 6;  // this subtype
inline constexpr Type kBytes = 7;    // arrays: i8,
inline constexpr Type kWide = 8;     // i64,
inline constexpr Type kRefs = 9;     // (ref null $base)
inline constexpr Type kAny = 10, kExn = 11, kFunc = 12;
inline constexpr Type kTypeCount = 13;
inline constexpr Type kPlainTypeCount = 5;

inline bool is_reference(Type type) {
  return type >= kBase;
}
inline Type type_of(char letter) {
  return letter == 'a' ? kI : static_cast<Type>(kLetters.find(letter));
}

// Types that the whole dialect defines before those of functions: a recursive group of objects,
// tags' types, and types of blocks that take an exception's values.
inline constexpr uint32_t kObjectTypes = 5;
inline constexpr uint32_t kTagTypes = kObjectTypes;  // one for each tag
inline constexpr uint32_t kTags = 3;
inline constexpr uint32_t kPayloadTypes = kTagTypes + kTags;
inline constexpr uint32_t kFixedTypes = kPayloadTypes + 3;

inline uint32_t first_function_type(Dialect dialect) {
  return dialect == Dialect::whole ? kFixedTypes : 0;
}

struct Field {
  Type type;
  uint8_t packing = 0;  // its code
};
/// Of $derived; $base has the first few.
inline constexpr Field kFields[] = {{kI},   {kL}, {kD},       {kI, 0x78}, {kBase},
                                    {kAny}, {kV}, {kI, 0x77}, {kF}};
inline constexpr uint32_t kBaseFields = 6;
inline constexpr Field kElements[] = {{kI, 0x78}, {kL}, {kBase}};  // of arrays, from $bytes on

inline uint32_t object_type(Type type) {
  return type - kBase;
}

/// As in a heap type.
inline void put_heap_type(Type type, ByteWriter& out) {
  constexpr uint8_t kAbstract[] = {0x6e, 0x69, 0x70};
  if (type >= kAny) return out.u8(kAbstract[type - kAny]);
  out.leb_u32(object_type(type));
}

inline void put_type(Type type, ByteWriter& out) {
  constexpr uint8_t kNumbers[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b};
  if (!is_reference(type)) return out.u8(kNumbers[type]);
  if (type < kAny) out.u8(0x63);
  put_heap_type(type, out);
}

inline void put_types(std::span<const Type> types, ByteWriter& out) {
  out.leb_u32(static_cast<uint32_t>(types.size()));
  for (const Type type : types) put_type(type, out);
}

struct Signature {
  std::vector<Type> parameters, results;
};

/// What a clause of try_table catches and passes on.
struct ClauseForm {
  uint8_t kind;
  uint32_t tag;
  std::vector<Type> payload;
  uint32_t block_type;  // for payloads of more than one value
};
inline const std::vector<Type> kTagValues[kTags] = {{kI}, {kL, kD}, {kAny}};
inline const ClauseForm kClauses[] = {{0, 0, {kI}, 0},
                                      {0, 1, {kL, kD}, kPayloadTypes},
                                      {0, 2, {kAny}, 0},
                                      {1, 0, {kI, kExn}, kPayloadTypes + 1},
                                      {1, 1, {kL, kD, kExn}, kPayloadTypes + 2},
                                      {2, 0, {}, 0},
                                      {3, 0, {kExn}, 0}};

class Choices {
 public:
  explicit Choices(Bytes bytes) : bytes_(bytes) {}
  uint8_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }
  /// 0 .. count - 1
  uint32_t below(uint32_t count) { return byte() % count; }
  bool empty() const { return at_ >= bytes_.size(); }
  Type type(Dialect dialect) {
    return static_cast<Type>(dialect == Dialect::whole ? below(20) % kTypeCount
                                                       : below(kPlainTypeCount));
  }

 private:
  Bytes bytes_;
  size_t at_ = 0;
};

/// Instructions that the table says all about, by the type of their result; those without one last.
struct PlainOperations {
  std::array<std::vector<const wasm::OpcodeInfo*>, kPlainTypeCount + 1> by_result;
  explicit PlainOperations(Dialect dialect);
};

}  // namespace reprise::generated
