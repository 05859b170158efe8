// Reading types from the binary (spec: binary/types), for the sections and for function bodies.

#pragma once

#include <span>

#include "base/bytes.hpp"
#include "wasm/type_registry.hpp"

namespace reprise::wasm {

/// What a type index may mean where types are read: a type that is known, or, while a recursive
/// group is being defined, a member of it.
struct TypeSpace {
  /// An entry without an id is no type that core types can refer to (a component's module types).
  std::span<const TypeId> types;
  uint32_t group_size = 0;  // members follow the known types
};

/// Value types are one byte or (ref null? heaptype). An unknown index is `invalid`, else
/// `malformed`.
Result<ValueType> read_value_type(ByteReader& in, const TypeSpace& space);
Result<ValueType> read_reference_type(ByteReader& in, const TypeSpace& space);
Result<HeapType> read_heap_type(ByteReader& in, const TypeSpace& space);

/// The number or vector type with this byte, if it is one.
ValueType number_or_vector_type(uint8_t byte);

/// One entry of the type section: a recursive group, or one type that is a group of its own.
/// Appends its ids to `types`.
Result<void> read_recursive_group(ByteReader& in, TypeRegistry& registry,
                                  std::vector<TypeId>& types);

Result<TableType> read_table_type(ByteReader& in, const TypeSpace& space);
Result<MemoryType> read_memory_type(ByteReader& in);
Result<GlobalType> read_global_type(ByteReader& in, const TypeSpace& space);

}  // namespace reprise::wasm
