#include "wast/spectest.hpp"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace reprise::wast {

namespace {

using runtime::NativeCall;

struct Print {
  std::string_view name;
  std::vector<wasm::ValueType> parameters;
};

/// One printing function: takes numbers, and prints nothing.
class PrintImport final : public runtime::HostImport {
 public:
  PrintImport(const Print& print, HostContext& host_context) {
    function_.interface = "spectest";
    function_.name = print.name;
    for (const wasm::ValueType type : print.parameters) {
      const wit::TypeKind kind = type == wasm::kI32   ? wit::TypeKind::s32
                                 : type == wasm::kI64 ? wit::TypeKind::s64
                                 : type == wasm::kF32 ? wit::TypeKind::f32
                                                      : wit::TypeKind::f64;
      sizes_.push_back(type == wasm::kI32 || type == wasm::kF32 ? 4 : 8);
      function_.type.params.push_back({fmt::format("p{}", sizes_.size()), wit::primitive(kind)});
    }
    function_.start = [](HostContext&, Bytes, ByteWriter&) -> runtime::HostFunction::Started {
      return nullptr;
    };
    function = &function_;
    context = &host_context;
  }

  TrapOr<void> lift(NativeCall& call, ByteWriter& arguments) override {
    for (size_t i = 0; i < sizes_.size(); i++) {
      uint8_t bytes[sizeof(runtime::Slot)];
      std::memcpy(bytes, &call.args()[i], sizeof bytes);
      arguments.bytes({bytes, sizes_[i]});
    }
    return {};
  }
  TrapOr<void> lower(NativeCall&, Bytes) override { return {}; }

 private:
  runtime::HostFunction function_;
  std::vector<size_t> sizes_;
};

}  // namespace

Result<ExternMap> make_spectest(runtime::StoreCore& store, HostContext& context, Gate& gate) {
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
    auto import = std::make_shared<PrintImport>(print, context);
    auto* const base = static_cast<runtime::HostImport*>(import.get());
    function.step = gate.open_door(*base);
    function.data = base;
    function.owner = std::move(import);
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
