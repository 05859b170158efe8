// The types of core WebAssembly 3.0 (spec: syntax/types).
//
// A value type is one 32-bit word, and two value types are equal exactly when the words are. That
// holds across modules because a concrete reference (`(ref $t)`) carries not the index that some
// module gave to $t but a TypeId, the canonical id that the engine's TypeRegistry gave to the whole
// recursive group: types that the specification calls equal have the same id everywhere. So
// imports, call_indirect and casts compare integers.
//
//   bits 31..28  kind: i32, i64, f32, f64, v128, ref, ref null; 0 is "bottom"
//   bits 27..0   the heap type of a reference:
//                bit 27 concrete; bit 26 "position within the recursive group being defined", which
//                is seen only by the registry; bits 25..0 the id, or the AbstractHeapType

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.hpp"

namespace reprise::wasm {

/// A canonical type of the engine (see TypeRegistry). Not an index into a module's type section.
using TypeId = Id<struct TypeTag>;

enum class AbstractHeapType : uint8_t {
  any,
  eq,
  i31,
  struct_,
  array,
  none,  // internal values
  func,
  nofunc,
  extern_,
  noextern,
  exn,
  noexn,
  bottom,  // below all of them; only inside validation of unreachable code
};

class HeapType {
 public:
  constexpr HeapType(AbstractHeapType type) : bits_(static_cast<uint32_t>(type)) {}
  constexpr HeapType(TypeId id) : bits_(kConcrete | id.value) {}
  /// The `position`-th member of the recursive group that is being defined.
  static constexpr HeapType group_member(uint32_t position) {
    return from_bits(kConcrete | kGroupMember | position);
  }
  static constexpr HeapType from_bits(uint32_t bits) { return HeapType(bits, 0); }

  constexpr uint32_t bits() const { return bits_; }
  constexpr bool is_concrete() const { return bits_ & kConcrete; }
  constexpr bool is_group_member() const { return bits_ & kGroupMember; }
  constexpr uint32_t group_position() const { return bits_ & kIdMask; }
  /// Only when is_concrete() and not is_group_member().
  constexpr TypeId id() const { return TypeId(bits_ & kIdMask); }
  /// Only when not is_concrete().
  constexpr AbstractHeapType abstract() const { return static_cast<AbstractHeapType>(bits_); }
  constexpr bool operator==(const HeapType&) const = default;

 private:
  static constexpr uint32_t kConcrete = 1u << 27;
  static constexpr uint32_t kGroupMember = 1u << 26;
  static constexpr uint32_t kIdMask = kGroupMember - 1;
  constexpr HeapType(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_;
};

enum class ValueKind : uint8_t { bottom, i32, i64, f32, f64, v128, ref, ref_null };

class ValueType {
 public:
  /// The bottom type: what pops from the stack of unreachable code.
  constexpr ValueType() = default;
  constexpr ValueType(ValueKind kind) : bits_(static_cast<uint32_t>(kind) << 28) {}
  static constexpr ValueType reference(HeapType heap, bool nullable) {
    const ValueKind kind = nullable ? ValueKind::ref_null : ValueKind::ref;
    return from_bits(static_cast<uint32_t>(kind) << 28 | heap.bits());
  }
  static constexpr ValueType from_bits(uint32_t bits) {
    ValueType t;
    t.bits_ = bits;
    return t;
  }

  constexpr uint32_t bits() const { return bits_; }
  constexpr ValueKind kind() const { return static_cast<ValueKind>(bits_ >> 28); }
  constexpr bool is_bottom() const { return bits_ == 0; }
  constexpr bool is_reference() const { return kind() >= ValueKind::ref; }
  constexpr bool is_number() const { return kind() >= ValueKind::i32 && kind() <= ValueKind::f64; }
  constexpr bool is_vector() const { return kind() == ValueKind::v128; }
  constexpr bool is_nullable() const { return kind() == ValueKind::ref_null; }
  /// Has a default value (spec: valid/types §defaultable).
  constexpr bool is_defaultable() const { return kind() != ValueKind::ref; }
  constexpr HeapType heap() const { return HeapType::from_bits(bits_ & ((1u << 28) - 1)); }
  constexpr ValueType with_nullable(bool nullable) const { return reference(heap(), nullable); }
  /// 8-byte frame slots: two for v128, one for everything else.
  constexpr uint32_t slots() const { return is_vector() ? 2 : 1; }
  constexpr bool operator==(const ValueType&) const = default;

 private:
  uint32_t bits_ = 0;
};

inline constexpr ValueType kI32{ValueKind::i32};
inline constexpr ValueType kI64{ValueKind::i64};
inline constexpr ValueType kF32{ValueKind::f32};
inline constexpr ValueType kF64{ValueKind::f64};
inline constexpr ValueType kV128{ValueKind::v128};
inline constexpr ValueType kFuncref = ValueType::reference(AbstractHeapType::func, true);
inline constexpr ValueType kExternref = ValueType::reference(AbstractHeapType::extern_, true);
inline constexpr ValueType kAnyref = ValueType::reference(AbstractHeapType::any, true);
inline constexpr ValueType kExnref = ValueType::reference(AbstractHeapType::exn, true);

/// The slots that a row of values takes.
constexpr uint32_t slots_of(std::span<const ValueType> types) {
  uint32_t slots = 0;
  for (ValueType type : types) slots += type.slots();
  return slots;
}

struct FuncType {
  std::vector<ValueType> parameters;
  std::vector<ValueType> results;
  // Filled in by the registry.
  uint32_t parameter_slots = 0;
  uint32_t result_slots = 0;
};

enum class Packing : uint8_t { none, i8, i16 };

/// A field of a struct, or the element of an array (spec: syntax/types §field types).
struct FieldType {
  ValueType value;  // i32 when packed
  Packing packing = Packing::none;
  bool is_mutable = false;

  ValueType unpacked() const { return value; }
  /// Bytes that a value takes in a data segment (array.new_data); 0 for references.
  uint32_t data_bytes() const;
  bool operator==(const FieldType&) const = default;
};

struct StructType {
  std::vector<FieldType> fields;
  /// All fields are (struct.new_default asks this). Filled in by the registry.
  bool is_defaultable = true;
};

struct ArrayType {
  FieldType element;
};

using CompositeType = std::variant<FuncType, StructType, ArrayType>;

struct SubType {
  bool is_final = true;
  std::optional<HeapType> super;
  CompositeType composite;
  /// The proper supertypes, root first; filled in by the registry. `b` is a supertype of `a`
  /// exactly when ancestors(a)[ancestors(b).size()] == b, so a subtype test is one comparison.
  std::vector<TypeId> ancestors;

  const FuncType* func() const { return std::get_if<FuncType>(&composite); }
  const StructType* struct_type() const { return std::get_if<StructType>(&composite); }
  const ArrayType* array() const { return std::get_if<ArrayType>(&composite); }
};

struct Limits {
  uint64_t minimum = 0;
  std::optional<uint64_t> maximum;
  bool operator==(const Limits&) const = default;
};

struct TableType {
  ValueType element = kFuncref;
  Limits limits;  // in elements
  bool is_64 = false;
  ValueType address() const { return is_64 ? kI64 : kI32; }
};

struct MemoryType {
  Limits limits;  // in pages of 64 KiB
  bool is_64 = false;
  bool is_shared = false;
  ValueType address() const { return is_64 ? kI64 : kI32; }
};

struct GlobalType {
  ValueType value;
  bool is_mutable = false;
  bool operator==(const GlobalType&) const = default;
};

struct TagType {
  TypeId type;  // a function type without results
  bool operator==(const TagType&) const = default;
};

/// In the order of their numbers in imports and exports.
enum class ExternKind : uint8_t { function, table, memory, global, tag };
std::string_view to_string(ExternKind kind);

/// As in the text format: "i32", "funcref", "(ref null extern)", "(ref 7)" with the canonical id.
std::string to_string(ValueType type);
std::string to_string(HeapType type);
std::string_view to_string(AbstractHeapType type);

/// The heap type at the top of `type`'s hierarchy, where it can be told without a registry
/// (concrete types need TypeRegistry::top).
AbstractHeapType top_of(AbstractHeapType type);

}  // namespace reprise::wasm
