// Structs, arrays, i31 and casts (spec: exec/instructions §aggregate instructions). References are
// offsets in the store's heap; whatever allocates leaves the machine's registers in memory first,
// so that a collection finds every frame.
//
//   struct.new        a = first operand's slot, and result; b = slots; word 1 = type
//   struct.get        a = result, b = reference, c = the field's slot in the object
//   struct.set        a = value, b = reference, c = the field's slot
//   array.new…        a = first operand's slot, and result; word 1 = type; word 2 = count or
//   segment array.get, set    a = result or value, b = reference, c = index's slot array.fill… a =
//   first operand's slot; b = log2 of the element's size; word 1 = segment ref.test          a =
//   result, b = reference; word 1 = the value type tested for ref.cast          a = reference; word
//   1 = the value type br_on_cast…       a = reference; word 1 = the value type, and the distance
//   from there in its upper half

#include "code/dispatch.hpp"
#include "runtime/heap.hpp"
#include "runtime/store.hpp"

namespace reprise::code {

using runtime::Heap;
using runtime::kNullRef;
using runtime::StoreCore;

namespace {

template <class Allocate>
Slot allocate(Machine* machine, Allocate attempt) {
  StoreCore& store = *machine->store;
  if (store.heap().wants_collection()) store.collect();
  Slot object = attempt(store.heap());
  if (object == kNullRef) {
    store.collect();
    object = attempt(store.heap());
  }
  return object;
}

[[gnu::noinline]] Slot new_struct(Machine* machine, Word type) {
  return allocate(machine, [type](Heap& heap) {
    return heap.allocate_struct(wasm::TypeId(static_cast<uint32_t>(type)));
  });
}

[[gnu::noinline]] Slot new_array(Machine* machine, Word type, uint32_t length) {
  return allocate(machine, [type, length](Heap& heap) {
    return heap.allocate_array(wasm::TypeId(static_cast<uint32_t>(type)), length);
  });
}

/// Writes `count` elements from `index` on. `value` has two slots if elements do.
void fill_elements(const Heap& heap, Slot array, uint64_t index, uint64_t count,
                   const Slot* value) {
  const uint32_t log2 = static_cast<uint32_t>(heap.header(array) >> 28 & 7);
  uint8_t* at = heap.elements(array) + (index << log2);
  const size_t size = size_t{1} << log2;
  for (; count != 0; --count, at += size) std::memcpy(at, value, size);
}

Heap& heap_of(const Machine* machine) {
  return machine->store->heap();
}

/// A fresh array of `length` elements from a data segment, or the kind of trap.
[[gnu::noinline]] Slot array_from_data(Machine* machine, const Instance* instance, const Word* pc,
                                       const Slot* operands, TrapKind* kind) {
  const Bytes segment = instance->data_segments[pc[2]];
  const auto offset = static_cast<uint32_t>(operands[0]);
  const auto length = static_cast<uint32_t>(operands[1]);
  const wasm::TypeId type(static_cast<uint32_t>(pc[1]));
  const uint32_t log2 = Heap::element_log2(machine->store->types()[type].array()->element);
  *kind = TrapKind::memory_out_of_bounds;
  if (offset + (uint64_t{length} << log2) > segment.size()) return kNullRef;
  *kind = TrapKind::heap_exhausted;
  const Slot array = new_array(machine, pc[1], length);
  if (array != kNullRef && length != 0)
    std::memcpy(heap_of(machine).elements(array), segment.data() + offset, size_t{length} << log2);
  return array;
}

[[gnu::noinline]] Slot array_from_elements(Machine* machine, const Instance* instance,
                                           const Word* pc, const Slot* operands, TrapKind* kind) {
  const std::vector<Slot>& segment = instance->element_segments[pc[2]];
  const auto offset = static_cast<uint32_t>(operands[0]);
  const auto length = static_cast<uint32_t>(operands[1]);
  *kind = TrapKind::table_out_of_bounds;
  if (uint64_t{offset} + length > segment.size()) return kNullRef;
  *kind = TrapKind::heap_exhausted;
  const Slot array = new_array(machine, pc[1], length);
  if (array != kNullRef)
    std::copy_n(segment.data() + offset, length, heap_of(machine).slots(array));
  return array;
}

[[gnu::noinline]] bool matches(const Machine* machine, Slot ref, Word type) {
  return machine->store->reference_matches(ref,
                                           wasm::ValueType::from_bits(static_cast<uint32_t>(type)));
}

bool contains(const Heap& heap, Slot array, uint32_t index, uint32_t count) {
  return uint64_t{index} + count <= heap.length(array);
}

}  // namespace

#define SAVE()                  \
  machine->pc = pc;             \
  machine->fp = fp;             \
  machine->instance = instance; \
  machine->budget = budget

HANDLER(struct_new) {
  SAVE();
  const Slot object = new_struct(machine, pc[1]);
  if (object == kNullRef) GO(ask_for_heap);
  std::memcpy(heap_of(machine).slots(object), fp + a(pc), unsigned_b(pc) * sizeof(Slot));
  fp[a(pc)] = object;
  NEXT(2);
}

HANDLER(struct_new_default) {
  SAVE();
  const Slot object = new_struct(machine, pc[1]);
  if (object == kNullRef) GO(ask_for_heap);
  fp[a(pc)] = object;
  NEXT(2);
}

// The fields of the struct whose reference is in slot b, at slot c of it.
#define REPRISE_FIELD()             \
  const Slot ref = fp[b(pc)];       \
  if (ref == kNullRef) [[unlikely]] \
    TRAP(null_structure_reference); \
  Slot* const field = heap_of(machine).slots(ref) + unsigned_c(pc)

HANDLER(struct_get) {
  REPRISE_FIELD();
  fp[a(pc)] = *field;
  NEXT(1);
}
HANDLER(struct_get_2) {
  REPRISE_FIELD();
  fp[a(pc)] = field[0];
  fp[a(pc) + 1] = field[1];
  NEXT(1);
}
HANDLER(struct_get_8s) {
  REPRISE_FIELD();
  fp[a(pc)] = static_cast<uint32_t>(int32_t{static_cast<int8_t>(*field)});
  NEXT(1);
}
HANDLER(struct_get_8u) {
  REPRISE_FIELD();
  fp[a(pc)] = static_cast<uint8_t>(*field);
  NEXT(1);
}
HANDLER(struct_get_16s) {
  REPRISE_FIELD();
  fp[a(pc)] = static_cast<uint32_t>(int32_t{static_cast<int16_t>(*field)});
  NEXT(1);
}
HANDLER(struct_get_16u) {
  REPRISE_FIELD();
  fp[a(pc)] = static_cast<uint16_t>(*field);
  NEXT(1);
}
HANDLER(struct_set) {
  REPRISE_FIELD();
  *field = fp[a(pc)];
  NEXT(1);
}
HANDLER(struct_set_2) {
  REPRISE_FIELD();
  field[0] = fp[a(pc)];
  field[1] = fp[a(pc) + 1];
  NEXT(1);
}

// operands: value, length
HANDLER(array_new) {
  SAVE();
  Slot* const operands = fp + a(pc);
  const wasm::TypeId type(static_cast<uint32_t>(pc[1]));
  const uint32_t value_slots = machine->store->types()[type].array()->element.value.slots();
  const auto length = static_cast<uint32_t>(operands[value_slots]);
  REPRISE_LOOK_BEFORE(length);
  const Slot object = new_array(machine, pc[1], length);
  if (object == kNullRef) GO(ask_for_heap);
  fill_elements(heap_of(machine), object, 0, length, operands);
  operands[0] = object;
  NEXT(2);
}

HANDLER(array_new_default) {
  SAVE();
  const auto length = static_cast<uint32_t>(fp[a(pc)]);
  REPRISE_LOOK_BEFORE(length);
  const Slot object = new_array(machine, pc[1], length);
  if (object == kNullRef) GO(ask_for_heap);
  fp[a(pc)] = object;
  NEXT(2);
}

// word 2 = number of elements
HANDLER(array_new_fixed) {
  SAVE();
  const auto length = static_cast<uint32_t>(pc[2]);
  const Slot object = new_array(machine, pc[1], length);
  if (object == kNullRef) GO(ask_for_heap);
  const uint32_t step = (heap_of(machine).header(object) >> 28 & 7) == 4 ? 2 : 1;
  for (uint32_t i = 0; i < length; ++i)
    fill_elements(heap_of(machine), object, i, 1, fp + a(pc) + int64_t{i} * step);
  fp[a(pc)] = object;
  NEXT(3);
}

// operands: offset, length; word 2 = segment
HANDLER(array_new_data) {
  SAVE();
  TrapKind kind{};
  const Slot object = array_from_data(machine, instance, pc, fp + a(pc), &kind);
  if (object == kNullRef) {
    if (kind == TrapKind::heap_exhausted) GO(ask_for_heap);
    TRAP(memory_out_of_bounds);
  }
  fp[a(pc)] = object;
  NEXT(3);
}

HANDLER(array_new_elem) {
  SAVE();
  TrapKind kind{};
  const Slot object = array_from_elements(machine, instance, pc, fp + a(pc), &kind);
  if (object == kNullRef) {
    if (kind == TrapKind::heap_exhausted) GO(ask_for_heap);
    TRAP(table_out_of_bounds);
  }
  fp[a(pc)] = object;
  NEXT(3);
}

// The array whose reference is in slot b, and an index into it from slot c.
#define REPRISE_ELEMENT()                      \
  const Slot ref = fp[b(pc)];                  \
  if (ref == kNullRef) [[unlikely]]            \
    TRAP(null_array_reference);                \
  const Heap& heap = heap_of(machine);         \
  const auto index = get<uint32_t>(fp, c(pc)); \
  if (index >= heap.length(ref)) [[unlikely]]  \
    TRAP(array_out_of_bounds);                 \
  uint8_t* const elements = heap.elements(ref)

#define REPRISE_ARRAY_GET(name, T, Out)                                   \
  HANDLER(name) {                                                         \
    REPRISE_ELEMENT();                                                    \
    T value;                                                              \
    std::memcpy(&value, elements + size_t{index} * sizeof(T), sizeof(T)); \
    fp[a(pc)] = static_cast<Out>(value);                                  \
    NEXT(1);                                                              \
  }
REPRISE_ARRAY_GET(array_get_8s, int8_t, uint32_t)
REPRISE_ARRAY_GET(array_get_8u, uint8_t, uint32_t)
REPRISE_ARRAY_GET(array_get_16s, int16_t, uint32_t)
REPRISE_ARRAY_GET(array_get_16u, uint16_t, uint32_t)
REPRISE_ARRAY_GET(array_get_32, uint32_t, uint32_t)
REPRISE_ARRAY_GET(array_get_64, uint64_t, uint64_t)

HANDLER(array_get_128) {
  REPRISE_ELEMENT();
  std::memcpy(fp + a(pc), elements + size_t{index} * 16, 16);
  NEXT(1);
}

#define REPRISE_ARRAY_SET(name, bytes)                                  \
  HANDLER(name) {                                                       \
    REPRISE_ELEMENT();                                                  \
    std::memcpy(elements + size_t{index} * (bytes), fp + a(pc), bytes); \
    NEXT(1);                                                            \
  }
REPRISE_ARRAY_SET(array_set_8, 1)
REPRISE_ARRAY_SET(array_set_16, 2)
REPRISE_ARRAY_SET(array_set_32, 4)
REPRISE_ARRAY_SET(array_set_64, 8)
REPRISE_ARRAY_SET(array_set_128, 16)

HANDLER(array_len) {
  const Slot ref = fp[b(pc)];
  if (ref == kNullRef) [[unlikely]]
    TRAP(null_array_reference);
  fp[a(pc)] = heap_of(machine).length(ref);
  NEXT(1);
}

// operands: array, index, value, count
HANDLER(array_fill) {
  const Slot* operands = fp + a(pc);
  if (operands[0] == kNullRef) TRAP(null_array_reference);
  const Heap& heap = heap_of(machine);
  const auto index = static_cast<uint32_t>(operands[1]);
  const auto count = static_cast<uint32_t>(operands[unsigned_b(pc) == 4 ? 4 : 3]);
  if (!contains(heap, operands[0], index, count)) TRAP(array_out_of_bounds);
  REPRISE_LOOK_BEFORE(uint64_t{count} << unsigned_b(pc));
  fill_elements(heap, operands[0], index, count, operands + 2);
  NEXT(1);
}

// operands: to, its index, from, its index, count
HANDLER(array_copy) {
  const Slot* operands = fp + a(pc);
  if (operands[0] == kNullRef || operands[2] == kNullRef) TRAP(null_array_reference);
  const Heap& heap = heap_of(machine);
  const auto to = static_cast<uint32_t>(operands[1]);
  const auto from = static_cast<uint32_t>(operands[3]);
  const auto count = static_cast<uint32_t>(operands[4]);
  if (!contains(heap, operands[0], to, count) || !contains(heap, operands[2], from, count))
    TRAP(array_out_of_bounds);
  const uint32_t log2 = unsigned_b(pc);
  REPRISE_LOOK_BEFORE(uint64_t{count} << log2);
  std::memmove(heap.elements(operands[0]) + (size_t{to} << log2),
               heap.elements(operands[2]) + (size_t{from} << log2), size_t{count} << log2);
  NEXT(1);
}

// operands: array, its index, offset in the segment, count; word 1 = segment
HANDLER(array_init_data) {
  const Slot* operands = fp + a(pc);
  if (operands[0] == kNullRef) TRAP(null_array_reference);
  const Heap& heap = heap_of(machine);
  const Bytes segment = instance->data_segments[pc[1]];
  const auto to = static_cast<uint32_t>(operands[1]);
  const auto from = static_cast<uint32_t>(operands[2]);
  const auto count = static_cast<uint32_t>(operands[3]);
  const uint32_t log2 = unsigned_b(pc);
  if (!contains(heap, operands[0], to, count)) TRAP(array_out_of_bounds);
  if (from + (uint64_t{count} << log2) > segment.size()) TRAP(memory_out_of_bounds);
  REPRISE_LOOK_BEFORE(uint64_t{count} << log2);
  if (count != 0)
    std::memcpy(heap.elements(operands[0]) + (size_t{to} << log2), segment.data() + from,
                size_t{count} << log2);
  NEXT(2);
}

HANDLER(array_init_elem) {
  const Slot* operands = fp + a(pc);
  if (operands[0] == kNullRef) TRAP(null_array_reference);
  const Heap& heap = heap_of(machine);
  const std::vector<Slot>& segment = instance->element_segments[pc[1]];
  const auto to = static_cast<uint32_t>(operands[1]);
  const auto from = static_cast<uint32_t>(operands[2]);
  const auto count = static_cast<uint32_t>(operands[3]);
  if (!contains(heap, operands[0], to, count)) TRAP(array_out_of_bounds);
  if (uint64_t{from} + count > segment.size()) TRAP(table_out_of_bounds);
  REPRISE_LOOK_BEFORE(uint64_t{count} * sizeof(Slot));
  std::copy_n(segment.data() + from, count, heap.slots(operands[0]) + to);
  NEXT(2);
}

HANDLER(ref_test) {
  fp[a(pc)] = matches(machine, fp[b(pc)], pc[1]);
  NEXT(2);
}

HANDLER(ref_cast) {
  if (!matches(machine, fp[a(pc)], pc[1])) TRAP(cast_failure);
  NEXT(2);
}

HANDLER(br_on_cast) {
  if (matches(machine, fp[a(pc)], pc[1])) NEXT(1 + d(pc + 1));
  NEXT(2);
}

HANDLER(br_on_cast_fail) {
  if (!matches(machine, fp[a(pc)], pc[1])) NEXT(1 + d(pc + 1));
  NEXT(2);
}

HANDLER(ref_i31) {
  fp[a(pc)] = runtime::ref_of_i31(get<uint32_t>(fp, b(pc)));
  NEXT(1);
}

HANDLER(i31_get_s) {
  if (fp[b(pc)] == kNullRef) [[unlikely]]
    TRAP(null_i31_reference);
  fp[a(pc)] = static_cast<uint32_t>(runtime::i31_signed(fp[b(pc)]));
  NEXT(1);
}

HANDLER(i31_get_u) {
  if (fp[b(pc)] == kNullRef) [[unlikely]]
    TRAP(null_i31_reference);
  fp[a(pc)] = runtime::i31_unsigned(fp[b(pc)]);
  NEXT(1);
}

}  // namespace reprise::code
