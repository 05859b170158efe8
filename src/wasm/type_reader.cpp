#include "wasm/type_reader.hpp"

#include <fmt/format.h>

#include "wasm/limits.hpp"

namespace reprise::wasm {

namespace {

// spec: binary/types. The codes are negative numbers in seven bits, so that they share a space with
// type indices, which are not negative.
enum TypeCode : uint8_t {
  kCodeI32 = 0x7f,
  kCodeI64 = 0x7e,
  kCodeF32 = 0x7d,
  kCodeF64 = 0x7c,
  kCodeV128 = 0x7b,
  kCodeI8 = 0x78,
  kCodeI16 = 0x77,
  kCodeRef = 0x64,
  kCodeRefNull = 0x63,
  kCodeFunc = 0x60,
  kCodeStruct = 0x5f,
  kCodeArray = 0x5e,
  kCodeSub = 0x50,
  kCodeSubFinal = 0x4f,
  kCodeRec = 0x4e,
};

std::optional<AbstractHeapType> abstract_heap_type(uint8_t byte) {
  using enum AbstractHeapType;
  switch (byte) {
    case 0x74:
      return noexn;
    case 0x73:
      return nofunc;
    case 0x72:
      return noextern;
    case 0x71:
      return none;
    case 0x70:
      return func;
    case 0x6f:
      return extern_;
    case 0x6e:
      return any;
    case 0x6d:
      return eq;
    case 0x6c:
      return i31;
    case 0x6b:
      return struct_;
    case 0x6a:
      return array;
    case 0x69:
      return exn;
    default:
      return std::nullopt;
  }
}

Result<HeapType> type_at(uint64_t index, const TypeSpace& space, uint64_t offset) {
  if (index < space.types.size() && space.types[index]) return HeapType(space.types[index]);
  if (index >= space.types.size() && index < space.types.size() + space.group_size)
    return HeapType::group_member(static_cast<uint32_t>(index - space.types.size()));
  return fail(ErrorKind::invalid, fmt::format("unknown type {}", index), offset);
}

Result<uint32_t> read_count(ByteReader& in, uint32_t limit, const char* what) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(uint32_t count, in.leb_u32());
  if (count > in.remaining()) return fail(ErrorKind::malformed, "length out of bounds", offset);
  if (count > limit) return fail(ErrorKind::limit, fmt::format("too many {}", what), offset);
  return count;
}

Result<bool> read_mutability(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(uint8_t byte, in.u8());
  if (byte > 1) return fail(ErrorKind::malformed, "malformed mutability", offset);
  return byte == 1;
}

Result<FieldType> read_field_type(ByteReader& in, const TypeSpace& space) {
  FieldType field;
  if (in.peek() == kCodeI8 || in.peek() == kCodeI16) {
    REPRISE_ASSIGN(uint8_t byte, in.u8());
    field.packing = byte == kCodeI8 ? Packing::i8 : Packing::i16;
    field.value = kI32;
  } else {
    REPRISE_ASSIGN(field.value, read_value_type(in, space));
  }
  REPRISE_ASSIGN(field.is_mutable, read_mutability(in));
  return field;
}

Result<std::vector<ValueType>> read_value_types(ByteReader& in, const TypeSpace& space,
                                                uint32_t limit, const char* what) {
  REPRISE_ASSIGN(uint32_t count, read_count(in, limit, what));
  std::vector<ValueType> types(count);
  for (ValueType& type : types) {
    REPRISE_ASSIGN(type, read_value_type(in, space));
  }
  return types;
}

Result<CompositeType> read_composite_type(ByteReader& in, const TypeSpace& space) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(uint8_t code, in.u8());
  switch (code) {
    case kCodeFunc: {
      FuncType func;
      REPRISE_ASSIGN(func.parameters,
                     read_value_types(in, space, limits::kParameters, "parameters"));
      REPRISE_ASSIGN(func.results, read_value_types(in, space, limits::kResults, "results"));
      return func;
    }
    case kCodeStruct: {
      REPRISE_ASSIGN(uint32_t count, read_count(in, limits::kStructFields, "struct fields"));
      StructType structure;
      structure.fields.resize(count);
      for (FieldType& field : structure.fields) {
        REPRISE_ASSIGN(field, read_field_type(in, space));
      }
      return structure;
    }
    case kCodeArray: {
      ArrayType array;
      REPRISE_ASSIGN(array.element, read_field_type(in, space));
      return array;
    }
    default:
      return fail(ErrorKind::malformed, "malformed definition type", offset);
  }
}

// `position` is that of the type in its group: a supertype must be defined before it.
Result<SubType> read_sub_type(ByteReader& in, const TypeSpace& space, uint32_t position) {
  SubType type;
  const uint8_t code = in.peek();
  if (code == kCodeSub || code == kCodeSubFinal) {
    REPRISE_ASSIGN(uint8_t taken, in.u8());
    type.is_final = taken == kCodeSubFinal;
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(uint32_t supers, in.leb_u32());
    if (supers > 1) return fail(ErrorKind::invalid, "sub type has more than one supertype", offset);
    if (supers == 1) {
      REPRISE_ASSIGN(uint32_t index, in.leb_u32());
      REPRISE_ASSIGN(HeapType super, type_at(index, space, offset));
      if (super.is_group_member() && super.group_position() >= position)
        return fail(ErrorKind::invalid,
                    fmt::format("unknown type {}: a supertype comes before its subtypes", index),
                    offset);
      type.super = super;
    }
  }
  REPRISE_ASSIGN(type.composite, read_composite_type(in, space));
  return type;
}

struct LimitsFlags {
  bool has_maximum, is_shared, is_64;
};

Result<LimitsFlags> read_limits_flags(ByteReader& in, uint8_t allowed) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(uint8_t flags, in.u8());
  if (flags & ~allowed) return fail(ErrorKind::malformed, "malformed limits flags", offset);
  return LimitsFlags{(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0};
}

Result<Limits> read_limits(ByteReader& in, LimitsFlags flags, uint64_t greatest,
                           const char* too_big) {
  const uint64_t offset = in.offset();
  Limits limits;
  REPRISE_ASSIGN(limits.minimum, in.leb_u64());
  if (flags.has_maximum) {
    REPRISE_ASSIGN(limits.maximum, in.leb_u64());
  }
  if (limits.minimum > greatest || limits.maximum.value_or(0) > greatest)
    return fail(ErrorKind::invalid, too_big, offset);
  if (limits.maximum && *limits.maximum < limits.minimum)
    return fail(ErrorKind::invalid, "size minimum must not be greater than maximum", offset);
  return limits;
}

}  // namespace

ValueType number_or_vector_type(uint8_t byte) {
  switch (byte) {
    case kCodeI32:
      return kI32;
    case kCodeI64:
      return kI64;
    case kCodeF32:
      return kF32;
    case kCodeF64:
      return kF64;
    case kCodeV128:
      return kV128;
    default:
      return ValueType();
  }
}

Result<HeapType> read_heap_type(ByteReader& in, const TypeSpace& space) {
  const uint64_t offset = in.offset();
  if (auto abstract = abstract_heap_type(in.peek())) {
    REPRISE_TRY(in.u8());
    return HeapType(*abstract);
  }
  REPRISE_ASSIGN(int64_t index, in.leb_s33());
  if (index < 0) return fail(ErrorKind::malformed, "malformed heap type", offset);
  return type_at(static_cast<uint64_t>(index), space, offset);
}

Result<ValueType> read_reference_type(ByteReader& in, const TypeSpace& space) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(uint8_t byte, in.u8());
  if (auto abstract = abstract_heap_type(byte)) return ValueType::reference(*abstract, true);
  if (byte != kCodeRef && byte != kCodeRefNull)
    return fail(ErrorKind::malformed, "malformed reference type", offset);
  REPRISE_ASSIGN(HeapType heap, read_heap_type(in, space));
  return ValueType::reference(heap, byte == kCodeRefNull);
}

Result<ValueType> read_value_type(ByteReader& in, const TypeSpace& space) {
  const ValueType number = number_or_vector_type(in.peek());
  if (!number.is_bottom()) {
    REPRISE_TRY(in.u8());
    return number;
  }
  return read_reference_type(in, space);
}

Result<void> read_recursive_group(ByteReader& in, TypeRegistry& registry,
                                  std::vector<TypeId>& types) {
  const uint64_t offset = in.offset();
  uint32_t size = 1;
  if (in.peek() == kCodeRec) {
    REPRISE_TRY(in.u8());
    REPRISE_ASSIGN(size, read_count(in, limits::kRecursiveGroupTypes, "types in a group"));
  }
  if (size > limits::kTypes - types.size()) return fail(ErrorKind::limit, "too many types", offset);
  std::vector<SubType> group;
  for (uint32_t i = 0; i < size; ++i) {
    REPRISE_ASSIGN(SubType type, read_sub_type(in, TypeSpace{types, size}, i));
    group.push_back(std::move(type));
  }
  if (size == 0) return ok();
  auto first = registry.intern(std::move(group));
  if (!first) {
    first.error().offset = offset;
    return fail(std::move(first.error()));
  }
  for (uint32_t i = 0; i < size; ++i) types.emplace_back(first->value + i);
  return ok();
}

Result<TableType> read_table_type(ByteReader& in, const TypeSpace& space) {
  TableType table;
  REPRISE_ASSIGN(table.element, read_reference_type(in, space));
  REPRISE_ASSIGN(LimitsFlags flags, read_limits_flags(in, 0b101));
  table.is_64 = flags.is_64;
  const uint64_t greatest = flags.is_64 ? UINT64_MAX : UINT32_MAX;
  REPRISE_ASSIGN(table.limits,
                 read_limits(in, flags, greatest, "table size must be at most 2^32-1"));
  return table;
}

Result<MemoryType> read_memory_type(ByteReader& in) {
  const uint64_t offset = in.offset();
  MemoryType memory;
  REPRISE_ASSIGN(LimitsFlags flags, read_limits_flags(in, 0b111));
  memory.is_64 = flags.is_64;
  memory.is_shared = flags.is_shared;
  REPRISE_ASSIGN(memory.limits,
                 flags.is_64 ? read_limits(in, flags, limits::kMemory64Pages,
                                           "memory size must be at most 2^48 pages")
                             : read_limits(in, flags, limits::kMemory32Pages,
                                           "memory size must be at most 65536 pages (4GiB)"));
  if (memory.is_shared && !memory.limits.maximum)
    return fail(ErrorKind::invalid, "shared memory must have maximum", offset);
  return memory;
}

Result<GlobalType> read_global_type(ByteReader& in, const TypeSpace& space) {
  GlobalType global;
  REPRISE_ASSIGN(global.value, read_value_type(in, space));
  REPRISE_ASSIGN(global.is_mutable, read_mutability(in));
  return global;
}

}  // namespace reprise::wasm
