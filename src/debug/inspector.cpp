#include "debug/inspector.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::debug {

using runtime::Instance;
using runtime::Slot;
using runtime::StoreCore;

namespace {

constexpr uint64_t kMaxTableRead = 100'000;

std::string reference_text(wasm::ValueType type, Slot slot) {
  if (slot == runtime::kNullRef) return "null";
  if (type == wasm::kFuncref) return fmt::format("function {}", runtime::func_of_ref(slot).value);
  if (runtime::is_i31(slot)) return fmt::format("i31 {}", runtime::i31_signed(slot));
  if (runtime::is_extern_token(slot)) return fmt::format("extern {}", runtime::extern_token(slot));
  return fmt::format("object {:#x}", slot);
}

std::string value_text(wasm::ValueType type, WasmBits bits) {
  if (type == wasm::kI32) return fmt::format("{}", static_cast<int32_t>(bits.low));
  if (type == wasm::kI64) return fmt::format("{}", static_cast<int64_t>(bits.low));
  if (type == wasm::kF32) return fmt::format("{}", runtime::f32_of_slot(bits.low));
  if (type == wasm::kF64) return fmt::format("{}", runtime::f64_of_slot(bits.low));
  if (type == wasm::kV128) return fmt::format("0x{:016x}{:016x}", bits.high, bits.low);
  return reference_text(type, bits.low);
}

}  // namespace

TypedValue typed_value(std::string name, wasm::ValueType type, WasmBits bits) {
  return {std::move(name), wasm::to_string(type), bits, value_text(type, bits)};
}

std::string Inspector::name_of(wasm::ExternKind kind, uint32_t number) const {
  StoreCore& store = run_.store();
  for (uint32_t i = 0; i < store.instance_count(); ++i) {
    const Instance& instance = store.instance(runtime::InstanceId(i));
    const auto find = [&](const auto& ids) -> std::optional<uint32_t> {
      for (uint32_t index = 0; index < ids.size(); ++index)
        if (ids[index].value == number) return index;
      return std::nullopt;
    };
    const std::optional<uint32_t> index =
        kind == wasm::ExternKind::memory  ? find(instance.memory_ids)
        : kind == wasm::ExternKind::table ? find(instance.table_ids)
                                          : find(instance.global_ids);
    if (!index) continue;
    for (const wasm::Export& e : instance.module().exports)
      if (e.kind == kind && e.index == *index) return fmt::format("{}.{}", instance.name, e.name);
    return fmt::format("{}.{} {}", instance.name, wasm::to_string(kind), *index);
  }
  return fmt::format("{} {}", wasm::to_string(kind), number);
}

std::vector<MemoryInfo> Inspector::memories() const {
  std::vector<MemoryInfo> all;
  for (uint32_t i = 0; i < run_.store().memory_count(); ++i) {
    const runtime::Memory& memory = run_.store().memory(runtime::MemoryId(i));
    all.push_back(
        {i, name_of(wasm::ExternKind::memory, i), memory.byte_size(), memory.type().is_64});
  }
  return all;
}

std::vector<ResourceInfo> Inspector::resources() const {
  std::vector<ResourceInfo> all;
  uint32_t root = 0;
  for (const embed::Program* program : run_.programs()) {
    for (embed::HeldHandle& held : program->handles())
      all.push_back({.root = root,
                     .instance = held.instance,
                     .component = std::move(held.component),
                     .handle = held.index,
                     .type = std::move(held.type),
                     .rep = held.rep,
                     .is_owned = held.is_own,
                     .lends = held.lends});
    ++root;
  }
  return all;
}

std::vector<TableInfo> Inspector::tables() const {
  std::vector<TableInfo> all;
  for (uint32_t i = 0; i < run_.store().table_count(); ++i) {
    const runtime::Table& table = run_.store().table(runtime::TableId(i));
    all.push_back({i, name_of(wasm::ExternKind::table, i), wasm::to_string(table.type().element),
                   table.size()});
  }
  return all;
}

std::vector<GlobalInfo> Inspector::globals() const {
  std::vector<GlobalInfo> all;
  for (uint32_t i = 0; i < run_.store().global_count(); ++i) {
    const runtime::Global& global = run_.store().global(runtime::GlobalId(i));
    std::string name = name_of(wasm::ExternKind::global, i);
    all.push_back({i, name, global.type.is_mutable,
                   typed_value(name, global.type.value, {global.value[0], global.value[1]})});
  }
  return all;
}

std::vector<TypedValue> Inspector::globals_of(uint32_t instance) const {
  std::vector<TypedValue> all;
  for (const runtime::GlobalId id :
       run_.store().instance(runtime::InstanceId(instance)).global_ids) {
    const runtime::Global& global = run_.store().global(id);
    all.push_back(typed_value(name_of(wasm::ExternKind::global, id.value), global.type.value,
                              {global.value[0], global.value[1]}));
  }
  return all;
}

Result<std::vector<uint8_t>> Inspector::read_memory(uint32_t memory, uint64_t address,
                                                    uint64_t size) const {
  if (memory >= run_.store().memory_count())
    return fail(ErrorKind::usage, fmt::format("there is no memory {}", memory));
  const std::span<const uint8_t> bytes = run_.store().memory(runtime::MemoryId(memory)).bytes();
  if (address >= bytes.size()) return std::vector<uint8_t>();
  const auto part = bytes.subspan(address, std::min<uint64_t>(size, bytes.size() - address));
  return std::vector<uint8_t>(part.begin(), part.end());
}

Result<std::vector<TypedValue>> Inspector::read_table(uint32_t table, uint64_t first,
                                                      uint64_t count) const {
  if (table >= run_.store().table_count())
    return fail(ErrorKind::usage, fmt::format("there is no table {}", table));
  const runtime::Table& from = run_.store().table(runtime::TableId(table));
  std::vector<TypedValue> found;
  count = std::min(count, kMaxTableRead);
  for (uint64_t i = first; i < from.size() && i - first < count; ++i)
    found.push_back(
        typed_value(fmt::format("{}", i), from.type().element, {from.elements()[i], 0}));
  return found;
}

}  // namespace reprise::debug
