// The store's containers, and growth in three steps.

#include "runtime/store.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace reprise::runtime {

namespace {

constexpr size_t kIdleStacks = 4;
constexpr uint32_t kHostObjects = 10'000'000;  // globals and tags, each

std::unexpected<Error> exceeded(std::string_view limit, uint64_t value) {
  return std::unexpected(Limits::exceeded(limit, value));
}

std::unexpected<Error> too_many(const char* what) {
  return fail(ErrorKind::limit,
              "a store holds no more than " + std::to_string(kHostObjects) + " " + what);
}

}  // namespace

Result<std::unique_ptr<StoreCore>> StoreCore::create(std::shared_ptr<const Engine> engine,
                                                     const StoreLimits& limits) {
  if (limits.fuel != Limits::kNoLimit && !engine->charges_fuel())
    return fail(ErrorKind::usage, "a limit of fuel needs an engine that charges it");
  std::unique_ptr<StoreCore> store(new StoreCore(std::move(engine), limits));
  Reservation functions =
      store->engine_->pool().take_functions(limits.functions * sizeof(Function));
  if (functions.base() != nullptr) {
    store->functions_ = StableArray<Function>(std::move(functions), limits.functions);
  } else {
    REPRISE_ASSIGN(store->functions_, StableArray<Function>::reserve(limits.functions));
  }
  store->meter_.set_fuel(limits.fuel);
  store->heap_ = std::make_unique<Heap>(store->types(), limits.heap_bytes);
  return store;
}

StoreCore::~StoreCore() {
  REPRISE_CHECK(activations_.empty());
  engine_->clock().forget_epoch(*interrupter_);
  engine_->clock().forget_deadline(*interrupter_);
  for (Memory& memory : memories_) engine_->pool().give_back(memory.release());
  for (Reservation& stack : idle_stacks_) engine_->pool().give_back_stack(std::move(stack));
  if (functions_.data() != nullptr) give_back_functions();
}

/// More written records than this are cleared page by page.
constexpr size_t kFewWritten = 1024;

void StoreCore::note_written(size_t function) {
  if (written_functions_.size() <= kFewWritten)
    written_functions_.push_back(static_cast<uint32_t>(function));
}

void StoreCore::give_back_functions() {
  if (written_functions_.size() <= kFewWritten) {
    for (uint32_t index : written_functions_) functions_[index] = {};
  } else {
    functions_.clear();
  }
  engine_->pool().give_back_functions(functions_.release());
}

void StoreCore::note_thawed() {
  for (const auto& instance : instances_) {
    const auto count = static_cast<uint32_t>(instance->module().functions.size());
    for (uint32_t i = 0; i < count; ++i) static_cast<void>(function_of(*instance, i));
  }
  memory_bytes_ = table_elements_ = 0;
  for (const Memory& memory : memories_) memory_bytes_ += memory.byte_size();
  for (const Table& table : tables_) table_elements_ += table.size();
}

FuncId StoreCore::function_of(Instance& instance, uint32_t index) {
  const size_t imported = instance.imported_functions.size();
  if (index < imported) return id_of(*instance.imported_functions[index]);
  const FuncId id(instance.first_function.value + (index - static_cast<uint32_t>(imported)));
  Function& function = functions_[id.value];
  if (function.cell == nullptr) {
    function = {.cell = &instance.code->cell(index),
                .instance = &instance,
                .type = instance.module().functions[index].type,
                .index = index};
    note_written(id.value);
  }
  return id;
}

Result<FuncId> StoreCore::add_native(wasm::TypeId type, NativeFunction function) {
  REPRISE_CHECK(function.step != nullptr);
  const wasm::FuncType& signature = *types().func(type);
  const uint32_t shared = std::max(signature.parameter_slots, signature.result_slots);
  const uint64_t own = uint64_t{shared} + kNativeRecordSlots + function.call_slots;
  if (own > kMaxFrameSlots) return fail(ErrorKind::limit, "a native function needs too many slots");
  if (functions_.size() >= limits_.functions) return exceeded("functions", limits_.functions);
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
  note_written(index);
  return FuncId(static_cast<uint32_t>(index));
}

Result<void> StoreCore::may_add_table(const wasm::TableType& type) const {
  if (tables_.size() >= limits_.tables) return exceeded("tables", limits_.tables);
  if (type.limits.minimum > limits_.table_elements)
    return exceeded("table-elements", limits_.table_elements);
  if (type.limits.minimum > limits_.total_table_elements - table_elements_)
    return exceeded("total-table-elements", limits_.total_table_elements);
  return ok();
}

TableId StoreCore::keep(Table table) {
  table_elements_ += table.size();
  ++statistics_.tables;
  tables_.push_back(std::move(table));
  return TableId(static_cast<uint32_t>(tables_.size() - 1));
}

Result<TableId> StoreCore::add_table(const wasm::TableType& type, Slot initial) {
  REPRISE_TRY(may_add_table(type));
  REPRISE_ASSIGN(Table table, Table::create(type, initial, limits_.table_elements));
  return keep(std::move(table));
}

Result<TableId> StoreCore::add_lazy_table(const wasm::TableType& type,
                                          std::shared_ptr<const ElementImage> image,
                                          Instance& instance) {
  REPRISE_TRY(may_add_table(type));
  REPRISE_ASSIGN(Table table, Table::create_lazy(type, limits_.table_elements, engine_->pool(),
                                                 std::move(image), instance));
  ++statistics_.lazy_tables;
  return keep(std::move(table));
}

Result<MemoryId> StoreCore::add_memory(const wasm::MemoryType& type,
                                       std::shared_ptr<const DataImage> image) {
  if (memories_.size() >= limits_.memories) return exceeded("memories", limits_.memories);
  if (type.limits.minimum > limits_.memory_bytes / Memory::kPageBytes)
    return exceeded("memory-bytes", limits_.memory_bytes);
  if (!has_room_for_pages(type.limits.minimum))
    return exceeded("total-memory-bytes", limits_.total_memory_bytes);
  REPRISE_ASSIGN(Memory memory, Memory::create(type, engine_->bounds(), limits_.memory_bytes,
                                               &engine_->pool(), std::move(image)));
  memory_bytes_ += memory.byte_size();
  ++statistics_.memories;
  statistics_.memories_pooled += memory.was_pooled();
  statistics_.images_reused += memory.had_image();
  memories_.push_back(std::move(memory));
  return MemoryId(static_cast<uint32_t>(memories_.size() - 1));
}

Result<GlobalId> StoreCore::add_global(const wasm::GlobalType& type, Slot low, Slot high) {
  if (globals_.size() >= kHostObjects) return too_many("globals");
  globals_.push_back({.value = {low, high}, .type = type});
  return GlobalId(static_cast<uint32_t>(globals_.size() - 1));
}

Result<TagId> StoreCore::add_tag(wasm::TypeId type) {
  if (tags_.size() >= kHostObjects) return too_many("tags");
  tags_.push_back({type});
  return TagId(static_cast<uint32_t>(tags_.size() - 1));
}

Extern StoreCore::at(Instance& instance, wasm::ExternKind kind, uint32_t index) {
  switch (kind) {
    case wasm::ExternKind::function:
      return function_of(instance, index);
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

bool StoreCore::has_room_for_pages(uint64_t pages) const {
  return pages <= (limits_.total_memory_bytes - memory_bytes_) / Memory::kPageBytes;
}

std::optional<MemoryGrowth> StoreCore::plan_memory_growth(MemoryId id, uint64_t delta_pages) {
  const Memory& memory = this->memory(id);
  if (delta_pages > memory.max_pages() - memory.pages() || !has_room_for_pages(delta_pages))
    return std::nullopt;
  return MemoryGrowth{id, memory.pages(), memory.pages() + delta_pages};
}

bool StoreCore::commit(const MemoryGrowth& growth) {
  Memory& memory = this->memory(growth.memory);
  const uint64_t delta = growth.to - growth.from;
  const bool grown = memory.pages() == growth.from && has_room_for_pages(delta) &&
                     memory.grow_to(growth.to).has_value();
  if (grown) {
    memory_bytes_ += delta * Memory::kPageBytes;
    ++statistics_.growths;
  }
  settled(growth.request(), grown);
  return grown;
}

void StoreCore::set_growth_door(GrowthDoor* door) {
  growth_door_ = door;
  // What a heap without a door has used already needs no permission any more.
  if (door && heap_->granted() == UINT64_MAX) heap_->grant(heap_->used_bytes());
}

std::optional<HeapGrowth> StoreCore::plan_heap_growth() const {
  constexpr uint64_t kStep = 1u << 20;
  if (heap_->wanted() == 0) return std::nullopt;
  const uint64_t wish = heap_->wanted() + heap_->wanted() / 2 + kStep;
  return HeapGrowth{heap_->granted(), std::min(wish, heap_->max_bytes())};
}

bool StoreCore::commit(const HeapGrowth& growth) {
  const bool holds = heap_->granted() == growth.from;
  if (holds) heap_->grant(growth.to);
  settled(growth.request(), holds);
  return holds;
}

std::optional<TableGrowth> StoreCore::plan_table_growth(TableId id, uint64_t delta) {
  const Table& table = this->table(id);
  if (delta > table.max_size() - table.size() ||
      delta > limits_.total_table_elements - table_elements_)
    return std::nullopt;
  return TableGrowth{id, table.size(), table.size() + delta};
}

bool StoreCore::commit(const TableGrowth& growth, Slot value) {
  Table& table = this->table(growth.table);
  const uint64_t delta = growth.to - growth.from;
  const bool grown = table.size() == growth.from &&
                     delta <= limits_.total_table_elements - table_elements_ &&
                     table.grow_to(growth.to, value).has_value();
  if (grown) {
    table_elements_ += delta;
    ++statistics_.growths;
  }
  settled(growth.request(), grown);
  return grown;
}

Result<Reservation> StoreCore::take_stack() {
  ++statistics_.stacks_taken;
  if (activations_.size() >= limits_.activations)
    return exceeded("activations", limits_.activations);
  if (!idle_stacks_.empty()) {
    Reservation stack = std::move(idle_stacks_.back());
    idle_stacks_.pop_back();
    return stack;
  }
  // Frames never exceed what they are charged; the rest is for the outermost call's arguments or
  // results, and the headers below which nested calls start.
  const uint64_t slots = uint64_t{limits_.stack_slots} + 2 * kMaxFrameSlots +
                         (NativeCall::kMaxLeafDepth + 1) * kFrameHeaderSlots;
  if (Reservation pooled = engine_->pool().take_stack(slots * sizeof(Slot));
      pooled.base() != nullptr)
    return pooled;
  ++statistics_.stacks_made;
  REPRISE_ASSIGN(Reservation stack, Reservation::reserve(slots * sizeof(Slot)));
  REPRISE_TRY(stack.commit(slots * sizeof(Slot)));
  return stack;
}

void StoreCore::give_back_stack(Reservation stack) {
  if (idle_stacks_.size() < kIdleStacks) idle_stacks_.push_back(std::move(stack));
}

}  // namespace reprise::runtime
