// The table of functions.

#include "wasi/p1/abi.hpp"

#include <algorithm>

namespace reprise::wasi::p1 {

namespace {

template <class... Ins>
constexpr FunctionAbi with_inputs(FunctionAbi row, Ins... ins) {
  row.inputs = {ins...};
  row.input_count = sizeof...(ins);
  return row;
}

template <class... Slots>
constexpr FunctionAbi with_output(FunctionAbi row, Out out, Slots... slots) {
  row.out = out;
  row.slots = {static_cast<uint8_t>(slots)...};
  return row;
}

constexpr FunctionAbi row_of(std::string_view name, std::string_view parameter_names) {
  FunctionAbi row;
  row.name = name;
  row.parameter_names = parameter_names;
  return row;
}

// Inside each row, the words of its lists are enumerators of In and Out.
#define REPRISE_P1_UNWRAP(...) __VA_OPT__(, ) __VA_ARGS__
constexpr std::array kFunctions = {
#define REPRISE_P1(name, parameters, ins, out)      \
  [] {                                              \
    FunctionAbi row = row_of(#name, parameters);    \
    {                                               \
      using enum In;                                \
      row = with_inputs(row REPRISE_P1_UNWRAP ins); \
    }                                               \
    {                                               \
      using enum Out;                               \
      row = with_output(row REPRISE_P1_UNWRAP out); \
    }                                               \
    return row;                                     \
  }(),
#include "wasi/p1/functions.def"
#undef REPRISE_P1
};
static_assert(kFunctions.size() == 46);

/// The parameters that an argument is made of.
std::span<const wasm::ValueType> parameters_of(In in) {
  static constexpr std::array kOne32 = {wasm::kI32};
  static constexpr std::array kOne64 = {wasm::kI64};
  static constexpr std::array kTwo32 = {wasm::kI32, wasm::kI32};
  static constexpr std::array kThree32 = {wasm::kI32, wasm::kI32, wasm::kI32};
  switch (in) {
    case In::u8:
    case In::u16:
    case In::u32:
      return kOne32;
    case In::u64:
    case In::rights:
      return kOne64;
    case In::path:
    case In::buffer:
    case In::read_vector:
    case In::write_vector:
      return kTwo32;
    case In::subscriptions:
      return kThree32;
  }
  return {};
}

}  // namespace

wasm::FuncType FunctionAbi::core_type() const {
  wasm::FuncType type;
  for (const In in : ins()) {
    const auto parameters = parameters_of(in);
    type.parameters.insert(type.parameters.end(), parameters.begin(), parameters.end());
  }
  // What the result needs beyond buffers that the arguments name: pointers, all at the end.
  const size_t count = 1u + *std::max_element(slots.begin(), slots.end());
  const bool has_slots = out != Out::nothing && out != Out::no_return;
  while (has_slots && type.parameters.size() < count) type.parameters.push_back(wasm::kI32);
  if (out != Out::no_return) type.results.push_back(wasm::kI32);
  return type;
}

std::span<const FunctionAbi> functions() {
  return kFunctions;
}

const FunctionAbi* find_function(std::string_view name) {
  for (const FunctionAbi& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace reprise::wasi::p1
