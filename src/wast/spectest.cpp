#include "wast/spectest.hpp"

#include <string_view>
#include <vector>

namespace reprise::wast {

namespace {

using runtime::NativeStep;

NativeStep print_nothing(runtime::NativeCall&) {
  return NativeStep::done;
}

struct Print {
  std::string_view name;
  std::vector<wasm::ValueType> parameters;
};

}  // namespace

Result<ExternMap> make_spectest(runtime::StoreCore& store) {
  ExternMap all;
  const Print prints[] = {
      {"print", {}},
      {"print_i32", {wasm::kI32}},
      {"print_i64", {wasm::kI64}},
      {"print_f32", {wasm::kF32}},
      {"print_f64", {wasm::kF64}},
      {"print_i32_f32", {wasm::kI32, wasm::kF32}},
      {"print_f64_f64", {wasm::kF64, wasm::kF64}},
  };
  for (const Print& print : prints) {
    REPRISE_ASSIGN(const wasm::TypeId type, store.types().intern_func(print.parameters, {}));
    runtime::NativeFunction function;
    function.step = print_nothing;
    function.name = print.name;
    REPRISE_ASSIGN(const runtime::FuncId id, store.add_native(type, std::move(function)));
    all.emplace(print.name, id);
  }
  const auto add_global = [&](const char* name, wasm::ValueType type,
                              runtime::Slot value) -> Result<void> {
    REPRISE_ASSIGN(const auto id, store.add_global({type, false}, value));
    all.emplace(name, id);
    return ok();
  };
  REPRISE_TRY(add_global("global_i32", wasm::kI32, runtime::slot_of_i32(666)));
  REPRISE_TRY(add_global("global_i64", wasm::kI64, runtime::slot_of_i64(666)));
  REPRISE_TRY(add_global("global_f32", wasm::kF32, runtime::slot_of_f32(666.6f)));
  REPRISE_TRY(add_global("global_f64", wasm::kF64, runtime::slot_of_f64(666.6)));
  for (const bool is_64 : {false, true}) {
    const wasm::TableType type{wasm::kFuncref, {10, 20}, is_64};
    REPRISE_ASSIGN(const auto id, store.add_table(type, runtime::kNullRef));
    all.emplace(is_64 ? "table64" : "table", id);
  }
  for (const bool is_shared : {false, true}) {
    const wasm::MemoryType type{{1, 2}, false, is_shared};
    REPRISE_ASSIGN(const auto id, store.add_memory(type));
    all.emplace(is_shared ? "shared_memory" : "memory", id);
  }
  return all;
}

}  // namespace reprise::wast
