#include "component/abi/signature.hpp"

#include <algorithm>

#include "component/abi/guest_memory.hpp"

namespace reprise::component::abi {
namespace {

FlatType pointer_type(PointerWidth width) {
  return width == PointerWidth::memory32 ? FlatType::i32 : FlatType::i64;
}

void append(std::vector<FlatType>& out, Type type, PointerWidth width) {
  auto flat = type->layout(width).flat_types();
  out.insert(out.end(), flat.begin(), flat.end());
}

void flatten_params(const wit::FuncType& type, PointerWidth width, uint32_t max,
                    CoreSignature& out) {
  out.params_in_memory = flat_count(param_types(type)) > max;
  if (out.params_in_memory) {
    out.params.push_back(pointer_type(width));
  } else {
    for (const wit::Param& param : type.params) append(out.params, param.type, width);
  }
}

bool is_large(Type result) {
  return result && result->layout32().flat_count > wit::kMaxFlatResults;
}

}  // namespace

CoreSignature lift_signature(const wit::FuncType& type, PointerWidth width) {
  CoreSignature out;
  flatten_params(type, width, wit::kMaxFlatParams, out);
  out.result_in_memory = is_large(type.result);
  if (out.result_in_memory) {
    out.results.push_back(pointer_type(width));
  } else if (type.result) {
    append(out.results, type.result, width);
  }
  return out;
}

CoreSignature lower_signature(const wit::FuncType& type, PointerWidth width) {
  CoreSignature out;
  flatten_params(type, width, wit::kMaxFlatParams, out);
  out.result_in_memory = is_large(type.result);
  if (out.result_in_memory) {
    out.params.push_back(pointer_type(width));
  } else if (type.result) {
    append(out.results, type.result, width);
  }
  return out;
}

CoreSignature async_lift_signature(const wit::FuncType& type, PointerWidth width,
                                   bool has_callback) {
  CoreSignature out;
  flatten_params(type, width, wit::kMaxFlatParams, out);
  if (has_callback) out.results.push_back(FlatType::i32);
  return out;
}

CoreSignature async_lower_signature(const wit::FuncType& type, PointerWidth width) {
  CoreSignature out;
  flatten_params(type, width, wit::kMaxFlatAsyncParams, out);
  out.result_in_memory = type.result != nullptr;
  if (out.result_in_memory) out.params.push_back(pointer_type(width));
  out.results.push_back(FlatType::i32);
  return out;
}

uint32_t flat_count(std::span<const Type> types) {
  uint32_t count = 0;
  for (Type type : types) {
    count = std::min<uint32_t>(count + type->layout32().flat_count, wit::kTooManyFlat);
  }
  return count;
}

TupleExtent tuple_extent(std::span<const Type> types, PointerWidth width) {
  TupleExtent extent;
  for (Type type : types) {
    const Layout& layout = type->layout(width);
    extent.size = align_to(extent.size, layout.alignment) + layout.size;
    extent.alignment = std::max<uint64_t>(extent.alignment, layout.alignment);
  }
  extent.size = align_to(extent.size, extent.alignment);
  return extent;
}

std::vector<Type> param_types(const wit::FuncType& type) {
  std::vector<Type> types;
  for (const wit::Param& param : type.params) types.push_back(param.type);
  return types;
}

std::vector<Type> result_types(const wit::FuncType& type) {
  if (!type.result) return {};
  return {type.result};
}

}  // namespace reprise::component::abi
