// Module of the public API, and what its instances export.

#include "embed/api_module.hpp"

#include <fmt/format.h>

#include <cstring>

#include "component/component.hpp"
#include "embed/api_state.hpp"
#include "text/wat.hpp"
#include "wasm/reader.hpp"

namespace reprise {

using detail::Access;
using detail::StoreState;

Result<Module> Module::read(const Engine& engine, Bytes bytes, std::string_view name) {
  auto state = std::make_shared<detail::ModuleState>();
  state->engine = Access::state(engine);
  state->name = name;
  auto owned = std::make_shared<std::vector<uint8_t>>(bytes.begin(), bytes.end());
  if (component::binary_kind(bytes) == component::BinaryKind::neither) {
    if (bytes.empty() || bytes[0] == 0)
      return fail(ErrorKind::malformed, std::string(name) + ": neither a module nor text");
    auto encoded = text::encode(as_text(bytes), name);
    if (!encoded) return fail(std::move(encoded.error()).in(std::string(name)));
    *owned = std::move(*encoded);
  }
  if (component::binary_kind(*owned) == component::BinaryKind::component)
    return fail(ErrorKind::unsupported, std::string(name) + ": this is a component, and no module");
  const wasm::ModuleBytes source{.bytes = *owned, .owner = owned, .base = 0};
  auto module = wasm::read_module(source, state->engine->types());
  if (!module) return fail(std::move(module.error()).in(std::string(name)));
  state->code = state->engine->load(std::move(*module));
  state->bytes = std::move(owned);
  return Module(std::move(state));
}

Result<void> Module::prepare() const {
  if (auto lowered = state_->code->lower_all(); !lowered)
    return fail(std::move(lowered.error()).in(state_->name));
  return ok();
}

std::vector<Module::Item> Module::imports() const {
  std::vector<Item> items;
  for (const wasm::Import& import : state_->code->module().imports)
    items.push_back({.module = std::string(import.module),
                     .name = std::string(import.name),
                     .kind = static_cast<Item::Kind>(import.kind)});
  return items;
}

std::vector<Module::Item> Module::exports() const {
  std::vector<Item> items;
  for (const wasm::Export& item : state_->code->module().exports)
    items.push_back(
        {.module = {}, .name = std::string(item.name), .kind = static_cast<Item::Kind>(item.kind)});
  return items;
}

// ---- CoreInstance ----

namespace {

/// The export of that name, if it is an Id.
template <class Id>
Result<Id> find_item(detail::InstanceState& instance, std::string_view name, const char* what) {
  auto& program = static_cast<embed::ModuleProgram&>(instance.program());
  const auto found =
      instance.store().session->core().find_export(program.instance(), std::string(name));
  if (found)
    if (const Id* id = std::get_if<Id>(&*found)) return *id;
  return fail(ErrorKind::link, fmt::format("the module exports no {} `{}`", what, name));
}

}  // namespace

Result<Memory> CoreInstance::memory(std::string_view name) const {
  REPRISE_ASSIGN(const auto id,
                 find_item<runtime::MemoryId>(*Access::state(instance_), name, "memory"));
  return Memory(&Access::state(instance_)->store(), id.value);
}

Result<Table> CoreInstance::table(std::string_view name) const {
  REPRISE_ASSIGN(const auto id,
                 find_item<runtime::TableId>(*Access::state(instance_), name, "table"));
  return Table(&Access::state(instance_)->store(), id.value);
}

Result<Global> CoreInstance::global(std::string_view name) const {
  REPRISE_ASSIGN(const auto id,
                 find_item<runtime::GlobalId>(*Access::state(instance_), name, "global"));
  return Global(&Access::state(instance_)->store(), id.value);
}

// ---- Memory ----

namespace {

/// `store` is the one that the handle is of, and used on its own thread.
Result<void> check_store(StoreRef store, const StoreState* owner) {
  StoreState& state = Access::state(store);
  REPRISE_TRY(state.on_own_thread());
  if (&state == owner) return ok();
  return fail(ErrorKind::usage,
              "a memory, table or global is used with another store than its own");
}

/// The same for what has no error to give: another thread ends the program.
bool is_of(StoreRef store, const StoreState* owner) {
  Access::state(store).expect_own_thread("a memory or table is used");
  return &Access::state(store) == owner;
}

runtime::Memory& memory_of(StoreRef store, uint32_t id) {
  return Access::state(store).session->core().memory(runtime::MemoryId(id));
}

Result<void> check_range(const runtime::Memory& memory, uint64_t offset, uint64_t length) {
  if (memory.contains(offset, length)) return ok();
  return fail(ErrorKind::usage, fmt::format("{} bytes at {} are not inside the memory of {} bytes",
                                            length, offset, memory.byte_size()));
}

/// The store may be written to; if it is recorded, where to say so.
Result<replay::Recorder*> open_for_writing(StoreRef store, const StoreState* owner) {
  REPRISE_TRY(check_store(store, owner));
  StoreState& state = Access::state(store);
  REPRISE_TRY(state.check_recording());
  return state.recorder();
}

}  // namespace

uint64_t Memory::bytes(StoreRef store) const {
  return is_of(store, owner_) ? memory_of(store, id_).byte_size() : 0;
}

Result<void> Memory::view(StoreRef store, uint64_t offset, uint64_t length,
                          const std::function<void(Bytes)>& look) const {
  REPRISE_TRY(check_store(store, owner_));
  const runtime::Memory& memory = memory_of(store, id_);
  REPRISE_TRY(check_range(memory, offset, length));
  look({memory.base() + offset, length});
  return ok();
}

Result<void> Memory::read(StoreRef store, uint64_t offset, std::span<uint8_t> into) const {
  return view(store, offset, into.size(), [into](Bytes bytes) {
    if (!into.empty()) std::memcpy(into.data(), bytes.data(), into.size());
  });
}

Result<void> Memory::edit(StoreRef store, uint64_t offset, uint64_t length,
                          const std::function<void(std::span<uint8_t>)>& change) const {
  REPRISE_ASSIGN(replay::Recorder * recorder, open_for_writing(store, owner_));
  const runtime::Memory& memory = memory_of(store, id_);
  REPRISE_TRY(check_range(memory, offset, length));
  const std::span<uint8_t> range(memory.base() + offset, length);
  change(range);
  if (recorder) recorder->memory_write(id_, offset, range);
  return ok();
}

Result<void> Memory::write(StoreRef store, uint64_t offset, Bytes bytes) const {
  return edit(store, offset, bytes.size(), [bytes](std::span<uint8_t> range) {
    if (!bytes.empty()) std::memcpy(range.data(), bytes.data(), bytes.size());
  });
}

Result<uint32_t> Memory::notify(StoreRef store, uint64_t address, uint32_t count) const {
  REPRISE_TRY(open_for_writing(store, owner_));
  return Access::state(store).session->notify(runtime::MemoryId(id_), address, count);
}

uint8_t* Memory::unwatched(StoreRef store) const {
  if (!is_of(store, owner_)) return nullptr;
  if (replay::Recorder* const recorder = Access::state(store).recorder())
    recorder->poison("the embedder took a raw pointer to a memory");
  return memory_of(store, id_).base();
}

Operation<uint64_t> Memory::grow(StoreRef store, uint64_t pages) const {
  if (auto good = check_store(store, owner_); !good)
    return Operation<uint64_t>(Failure(std::move(good.error())));
  return detail::grow_memory(Access::state(store), runtime::MemoryId(id_), pages);
}

// ---- Table ----

namespace {

runtime::Table& table_of(StoreRef store, uint32_t id) {
  return Access::state(store).session->core().table(runtime::TableId(id));
}

Result<void> check_index(const runtime::Table& table, uint64_t index) {
  if (table.contains(index, 1)) return ok();
  return fail(ErrorKind::usage,
              fmt::format("{} is not inside the table of {}", index, table.size()));
}

}  // namespace

uint64_t Table::size(StoreRef store) const {
  return is_of(store, owner_) ? table_of(store, id_).size() : 0;
}

Result<Reference> Table::get(StoreRef store, uint64_t index) const {
  REPRISE_TRY(check_store(store, owner_));
  const runtime::Table& table = table_of(store, id_);
  REPRISE_TRY(check_index(table, index));
  Reference reference;
  reference.slot_ = table.elements()[index];
  return reference;
}

Result<void> Table::set(StoreRef store, uint64_t index, Reference reference) const {
  REPRISE_ASSIGN(replay::Recorder * recorder, open_for_writing(store, owner_));
  runtime::Table& table = table_of(store, id_);
  REPRISE_TRY(check_index(table, index));
  if (!Access::state(store).session->core().is_reference(reference.slot_, table.type().element))
    return fail(ErrorKind::usage, "the reference is not of the table's type");
  table.elements()[index] = reference.slot_;
  if (recorder) recorder->table_write(id_, index, reference.slot_);
  return ok();
}

Operation<uint64_t> Table::grow(StoreRef store, uint64_t elements, Reference reference) const {
  if (auto good = check_store(store, owner_); !good)
    return Operation<uint64_t>(Failure(std::move(good.error())));
  return detail::grow_table(Access::state(store), runtime::TableId(id_), elements, reference.slot_);
}

// ---- Global ----

Result<Number> Global::get(StoreRef store) const {
  REPRISE_TRY(check_store(store, owner_));
  const runtime::Global& global =
      Access::state(store).session->core().global(runtime::GlobalId(id_));
  const runtime::Slot slot = global.value[0];
  if (global.type.value == wasm::kI32) return static_cast<int32_t>(slot);
  if (global.type.value == wasm::kI64) return static_cast<int64_t>(slot);
  if (global.type.value == wasm::kF32) return runtime::f32_of_slot(slot);
  if (global.type.value == wasm::kF64) return runtime::f64_of_slot(slot);
  return fail(ErrorKind::usage, "the global is no number");
}

namespace {

struct NumberSlot {
  wasm::ValueType type;
  runtime::Slot slot;
};

NumberSlot slot_of(const Number& number) {
  if (const auto* v = std::get_if<int32_t>(&number))
    return {wasm::kI32, runtime::slot_of_i32(static_cast<uint32_t>(*v))};
  if (const auto* v = std::get_if<int64_t>(&number))
    return {wasm::kI64, runtime::slot_of_i64(static_cast<uint64_t>(*v))};
  if (const auto* v = std::get_if<float>(&number)) return {wasm::kF32, runtime::slot_of_f32(*v)};
  return {wasm::kF64, runtime::slot_of_f64(std::get<double>(number))};
}

}  // namespace

Result<void> Global::set(StoreRef store, Number value) const {
  REPRISE_ASSIGN(replay::Recorder * recorder, open_for_writing(store, owner_));
  runtime::Global& global = Access::state(store).session->core().global(runtime::GlobalId(id_));
  const NumberSlot given = slot_of(value);
  if (!global.type.is_mutable) return fail(ErrorKind::usage, "the global is immutable");
  if (global.type.value != given.type)
    return fail(ErrorKind::usage, "the number is not of the global's type");
  global.value[0] = given.slot;
  const size_t bytes = given.type == wasm::kI32 || given.type == wasm::kF32 ? 4 : 8;
  if (recorder)
    recorder->global_write(id_, {reinterpret_cast<const uint8_t*>(global.value), bytes});
  return ok();
}

}  // namespace reprise
