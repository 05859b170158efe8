// The core function type that a component-level function has on the guest's side of the canonical
// ABI (spec: CanonicalABI.md §Flattening, flatten_functype).

#pragma once

#include <span>
#include <vector>

#include "component/abi/context.hpp"

namespace reprise::component::abi {

struct CoreSignature {
  std::vector<FlatType> params;
  std::vector<FlatType> results;
  /// The parameters are behind one pointer.
  bool params_in_memory = false;
  /// The result is in memory: behind the returned pointer (lift), or behind the last parameter
  /// (lower).
  bool result_in_memory = false;
};

/// The guest's export that is lifted, with synchronous options.
CoreSignature lift_signature(const wit::FuncType& type, PointerWidth width);
/// The import that the guest calls, with synchronous options.
CoreSignature lower_signature(const wit::FuncType& type, PointerWidth width);
/// The same with the option `async`; a lifted function returns a code if it has a callback.
CoreSignature async_lift_signature(const wit::FuncType& type, PointerWidth width,
                                   bool has_callback);
CoreSignature async_lower_signature(const wit::FuncType& type, PointerWidth width);

/// The number of flat values, kTooManyFlat if there are more than can ever be passed flat.
uint32_t flat_count(std::span<const Type> types);

/// The layout of values that travel as a tuple in memory.
struct TupleExtent {
  uint64_t size = 0;
  uint64_t alignment = 1;
};
TupleExtent tuple_extent(std::span<const Type> types, PointerWidth width);

/// The types of the parameters, as lift_values and lower_values want them.
std::vector<Type> param_types(const wit::FuncType& type);
/// One type or none.
std::vector<Type> result_types(const wit::FuncType& type);

}  // namespace reprise::component::abi
