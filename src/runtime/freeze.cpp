#include "runtime/freeze.hpp"

#include <algorithm>

#include "runtime/store.hpp"

namespace reprise::runtime {

namespace {

std::unexpected<Error> another_store() {
  return fail(ErrorKind::malformed, "the frozen state is of another program");
}

void freeze_slots(std::span<const Slot> slots, ByteWriter& out) {
  out.leb_u64(slots.size());
  out.bytes({reinterpret_cast<const uint8_t*>(slots.data()), slots.size_bytes()});
}

Result<void> thaw_slots(ByteReader& in, std::span<Slot> slots) {
  if (slots.size() > in.remaining() / sizeof(Slot)) return in.malformed("frozen slots are cut");
  REPRISE_ASSIGN(const Bytes bytes, in.bytes(slots.size_bytes()));
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<uint8_t*>(slots.data()));
  return ok();
}

/// A value of that type may be these slots.
bool is_value(StoreCore& store, Slot slot, wasm::ValueType type) {
  // What must not be null is, in a table that grew while a state was put back.
  return !type.is_reference() || slot == kNullRef || store.is_reference(slot, type);
}

/// References are looked at when everything that they may name is there.
Result<void> check_references(StoreCore& store) {
  for (uint32_t i = 0; i < store.table_count(); ++i) {
    const Table& table = store.table(TableId(i));
    for (Slot slot : table.all())
      if (!is_value(store, slot, table.type().element)) return another_store();
  }
  for (uint32_t i = 0; i < store.global_count(); ++i) {
    const Global& global = store.global(GlobalId(i));
    if (!is_value(store, global.value[0], global.type.value)) return another_store();
  }
  for (uint32_t i = 0; i < store.instance_count(); ++i) {
    const Instance& instance = store.instance(InstanceId(i));
    for (size_t k = 0; k < instance.element_segments.size(); ++k)
      for (Slot slot : instance.element_segments[k])
        if (!is_value(store, slot, instance.module().elements[k].type)) return another_store();
  }
  return ok();
}

Result<void> thaw_segments(Instance& instance, ByteReader& in) {
  for (size_t i = 0; i < instance.data_segments.size(); ++i) {
    REPRISE_ASSIGN(const uint8_t is_there, in.u8());
    instance.data_segments[i] = is_there != 0 ? instance.module().data[i].bytes : Bytes{};
  }
  for (std::vector<Slot>& segment : instance.element_segments) {
    REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
    if (count > in.remaining() / sizeof(Slot)) return another_store();
    segment.resize(count);
    REPRISE_TRY(thaw_slots(in, segment));
  }
  return ok();
}

}  // namespace

void freeze_store(StoreCore& store, ByteWriter& out) {
  out.leb_u64(store.table_count());
  for (uint32_t i = 0; i < store.table_count(); ++i)
    freeze_slots(store.table(TableId(i)).all(), out);
  out.leb_u64(store.global_count());
  for (uint32_t i = 0; i < store.global_count(); ++i) {
    out.u64_le(store.global(GlobalId(i)).value[0]);
    out.u64_le(store.global(GlobalId(i)).value[1]);
  }
  out.leb_u64(store.instance_count());
  for (uint32_t i = 0; i < store.instance_count(); ++i) {
    const Instance& instance = store.instance(InstanceId(i));
    // A data segment is as the module has it, or dropped.
    for (const Bytes& segment : instance.data_segments) out.u8(segment.empty() ? 0 : 1);
    for (const auto& segment : instance.element_segments) freeze_slots(segment, out);
  }
  out.leb_u64(store.meter().fuel());
  out.leb_u64(store.heap().granted());
}

Result<void> thaw_store(StoreCore& store, ByteReader& in) {
  REPRISE_ASSIGN(const uint64_t tables, in.leb_u64());
  if (tables != store.table_count()) return another_store();
  for (uint32_t i = 0; i < tables; ++i) {
    REPRISE_ASSIGN(const uint64_t size, in.leb_u64());
    Table& table = store.table(TableId(i));
    if (size > table.max_size() || size > in.remaining() / sizeof(Slot)) return another_store();
    REPRISE_TRY(table.resize(size));
    REPRISE_TRY(thaw_slots(in, table.all()));
  }
  REPRISE_ASSIGN(const uint64_t globals, in.leb_u64());
  if (globals != store.global_count()) return another_store();
  for (uint32_t i = 0; i < globals; ++i) {
    REPRISE_ASSIGN(store.global(GlobalId(i)).value[0], in.u64_le());
    REPRISE_ASSIGN(store.global(GlobalId(i)).value[1], in.u64_le());
  }
  REPRISE_ASSIGN(const uint64_t instances, in.leb_u64());
  if (instances != store.instance_count()) return another_store();
  for (uint32_t i = 0; i < instances; ++i)
    REPRISE_TRY(thaw_segments(store.instance(InstanceId(i)), in));
  REPRISE_ASSIGN(const uint64_t fuel, in.leb_u64());
  store.meter().put_back(fuel);
  REPRISE_ASSIGN(const uint64_t granted, in.leb_u64());
  store.heap().grant(granted);
  store.note_thawed();
  return check_references(store);
}

}  // namespace reprise::runtime
