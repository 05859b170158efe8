// The store's containers, and growth in three steps.

#include "runtime/store.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace reprise::runtime {

namespace {

constexpr size_t kIdleStacks = 4;
constexpr uint32_t kHostObjects = 10'000'000;  // globals and tags, each

template <class T>
std::unexpected<Error> too_many(T limit, const char* what) {
  return fail(ErrorKind::limit,
              "this store allows no more than " + std::to_string(limit) + " " + what);
}

}  // namespace

Result<std::unique_ptr<StoreCore>> StoreCore::create(std::shared_ptr<const Engine> engine,
                                                     const StoreLimits& limits) {
  std::unique_ptr<StoreCore> store(new StoreCore(std::move(engine), limits));
  REPRISE_ASSIGN(store->functions_, StableArray<Function>::reserve(limits.functions));
  store->heap_ = std::make_unique<Heap>(store->types(), limits.heap_bytes);
  return store;
}

StoreCore::~StoreCore() {
  REPRISE_CHECK(activations_.empty());
}

Result<FuncId> StoreCore::add_native(wasm::TypeId type, NativeFunction function) {
  REPRISE_CHECK(function.step != nullptr);
  const wasm::FuncType& signature = *types().func(type);
  const uint32_t shared = std::max(signature.parameter_slots, signature.result_slots);
  const uint64_t own = uint64_t{shared} + kNativeRecordSlots + function.call_slots;
  if (own > kMaxFrameSlots) return fail(ErrorKind::limit, "a native function needs too many slots");
  REPRISE_ASSIGN(const size_t index, functions_.extend(1));

  Native& native = natives_.emplace_back();
  native.function = std::move(function);
  native.code = {.entry = engine_->tier().native_entry(),
                 .frame_offset = shared + kFrameHeaderSlots,
                 .charge = static_cast<uint32_t>(own) + kFrameCharge,
                 .parameter_slots = signature.parameter_slots,
                 .result_slots = signature.result_slots,
                 .index = static_cast<uint32_t>(index),
                 .native = &native.function};
  native.cell.code.store(&native.code, std::memory_order_release);
  functions_[index] = {.cell = &native.cell,
                       .instance = nullptr,
                       .type = type,
                       .index = static_cast<uint32_t>(index)};
  return FuncId(static_cast<uint32_t>(index));
}

Result<TableId> StoreCore::add_table(const wasm::TableType& type, Slot initial) {
  if (tables_.size() >= limits_.tables) return too_many(limits_.tables, "tables");
  REPRISE_ASSIGN(Table table, Table::create(type, initial, limits_.table_elements));
  tables_.push_back(std::move(table));
  return TableId(static_cast<uint32_t>(tables_.size() - 1));
}

Result<MemoryId> StoreCore::add_memory(const wasm::MemoryType& type) {
  if (memories_.size() >= limits_.memories) return too_many(limits_.memories, "memories");
  REPRISE_ASSIGN(Memory memory, Memory::create(type, engine_->bounds(), limits_.memory_bytes));
  memories_.push_back(std::move(memory));
  return MemoryId(static_cast<uint32_t>(memories_.size() - 1));
}

Result<GlobalId> StoreCore::add_global(const wasm::GlobalType& type, Slot low, Slot high) {
  if (globals_.size() >= kHostObjects) return too_many(kHostObjects, "globals");
  globals_.push_back({.value = {low, high}, .type = type});
  return GlobalId(static_cast<uint32_t>(globals_.size() - 1));
}

Result<TagId> StoreCore::add_tag(wasm::TypeId type) {
  if (tags_.size() >= kHostObjects) return too_many(kHostObjects, "tags");
  tags_.push_back({type});
  return TagId(static_cast<uint32_t>(tags_.size() - 1));
}

Extern StoreCore::at(Instance& instance, wasm::ExternKind kind, uint32_t index) {
  switch (kind) {
    case wasm::ExternKind::function:
      return id_of(*instance.function_space[index]);
    case wasm::ExternKind::table:
      return instance.table_ids[index];
    case wasm::ExternKind::memory:
      return instance.memory_ids[index];
    case wasm::ExternKind::global:
      return instance.global_ids[index];
    case wasm::ExternKind::tag:
      break;
  }
  return instance.tag_ids[index];
}

std::optional<Extern> StoreCore::find_export(InstanceId id, std::string_view name) {
  Instance& instance = this->instance(id);
  const wasm::Export* found = instance.module().find_export(name);
  if (found == nullptr) return std::nullopt;
  return at(instance, found->kind, found->index);
}

std::optional<MemoryGrowth> StoreCore::plan_memory_growth(MemoryId id, uint64_t delta_pages) {
  const Memory& memory = this->memory(id);
  if (delta_pages > memory.max_pages() - memory.pages()) return std::nullopt;
  return MemoryGrowth{id, memory.pages(), memory.pages() + delta_pages};
}

Limiter::Answer StoreCore::ask(const MemoryGrowth& growth) {
  return limiter_ == nullptr ? Limiter::Answer::allow : limiter_->may_grow(growth);
}

bool StoreCore::commit(const MemoryGrowth& growth) {
  Memory& memory = this->memory(growth.memory);
  const bool grown = memory.pages() == growth.from && memory.grow_to(growth.to).has_value();
  if (limiter_ != nullptr) limiter_->outcome(growth, grown);
  return grown;
}

void StoreCore::refuse(const MemoryGrowth& growth) {
  if (limiter_ != nullptr) limiter_->outcome(growth, false);
}

std::optional<TableGrowth> StoreCore::plan_table_growth(TableId id, uint64_t delta) {
  const Table& table = this->table(id);
  if (delta > table.max_size() - table.size()) return std::nullopt;
  return TableGrowth{id, table.size(), table.size() + delta};
}

Limiter::Answer StoreCore::ask(const TableGrowth& growth) {
  return limiter_ == nullptr ? Limiter::Answer::allow : limiter_->may_grow(growth);
}

bool StoreCore::commit(const TableGrowth& growth, Slot value) {
  Table& table = this->table(growth.table);
  const bool grown = table.size() == growth.from && table.grow_to(growth.to, value).has_value();
  if (limiter_ != nullptr) limiter_->outcome(growth, grown);
  return grown;
}

void StoreCore::refuse(const TableGrowth& growth) {
  if (limiter_ != nullptr) limiter_->outcome(growth, false);
}

Result<Reservation> StoreCore::take_stack() {
  if (!idle_stacks_.empty()) {
    Reservation stack = std::move(idle_stacks_.back());
    idle_stacks_.pop_back();
    return stack;
  }
  // Frames never exceed what they are charged; the rest is for the outermost call's arguments or
  // results, and the headers below which nested calls start.
  const uint64_t slots = uint64_t{limits_.stack_slots} + 2 * kMaxFrameSlots +
                         (NativeCall::kMaxLeafDepth + 1) * kFrameHeaderSlots;
  REPRISE_ASSIGN(Reservation stack, Reservation::reserve(slots * sizeof(Slot)));
  REPRISE_TRY(stack.commit(slots * sizeof(Slot)));
  return stack;
}

void StoreCore::give_back_stack(Reservation stack) {
  if (idle_stacks_.size() < kIdleStacks) idle_stacks_.push_back(std::move(stack));
}

}  // namespace reprise::runtime
