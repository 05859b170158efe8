// Whole memories and tables: size, growth, and the bulk operations. A bulk operation checks all of
// its range first and then cannot be interrupted (spec: exec/instructions §memory.copy and its
// kin).
//
// Operands of bulk operations lie in a row, the first at a. Addresses and lengths of 32-bit
// memories and tables are zero-extended, so one form serves both kinds.

#include <optional>

#include "code/dispatch.hpp"
#include "runtime/store.hpp"

namespace reprise::code {

using runtime::GrowthDoor;
using runtime::Memory;
using runtime::Table;

namespace {

/// What a growth came to: the old size, -1, or why there is no answer yet.
struct Grown {
  uint64_t old_size;
  enum class State : uint8_t { answered, later, cancelled } state = State::answered;
};

constexpr uint64_t kRefused = ~uint64_t{0};

bool noted(runtime::StoreCore& store, bool grown) {
  if (grown) ++store.statistics().guest_growths;
  return grown;
}

/// Asks for what `plan` says. Nothing when it is allowed.
std::optional<Grown> ask(Machine* machine, const ResourceRequest& request) {
  switch (machine->store->ask(request, machine->activation)) {
    case GrowthDoor::Answer::allow:
      return std::nullopt;
    case GrowthDoor::Answer::later:
      return Grown{0, Grown::State::later};
    case GrowthDoor::Answer::cancelled:
      return Grown{0, Grown::State::cancelled};
    case GrowthDoor::Answer::deny:
      break;
  }
  machine->store->refuse(request);
  return Grown{kRefused};
}

/// It cannot be, whoever is asked; perhaps only since somebody was.
Grown impossible(Machine* machine) {
  machine->store->forget(machine->activation);
  return {kRefused};
}

[[gnu::noinline]] Grown grow_memory(Machine* machine, Instance* instance, uint32_t index,
                                    uint64_t delta) {
  runtime::StoreCore& store = *machine->store;
  const auto plan = store.plan_memory_growth(instance->memory_ids[index], delta);
  if (!plan) return impossible(machine);
  if (const auto refused = ask(machine, plan->request())) return *refused;
  return {noted(store, store.commit(*plan)) ? plan->from : kRefused};
}

[[gnu::noinline]] Grown grow_table(Machine* machine, Instance* instance, uint32_t index,
                                   uint64_t delta, Slot value) {
  runtime::StoreCore& store = *machine->store;
  const auto plan = store.plan_table_growth(instance->table_ids[index], delta);
  if (!plan) return impossible(machine);
  if (const auto refused = ask(machine, plan->request())) return *refused;
  return {noted(store, store.commit(*plan, value)) ? plan->from : kRefused};
}

[[gnu::noinline]] Grown grow_heap(Machine* machine) {
  runtime::StoreCore& store = *machine->store;
  const auto plan = store.plan_heap_growth();
  if (!plan) return impossible(machine);
  if (const auto refused = ask(machine, plan->request())) return *refused;
  return {store.commit(*plan) ? plan->from : kRefused};
}

inline uint64_t size_result(uint64_t value, bool is_64) {
  return is_64 ? value : static_cast<uint32_t>(value);
}

}  // namespace

// Inside a nested call nobody could resume it.
__attribute__((preserve_none)) Exit park(REPRISE_STATE_PARAMETERS) {
  if (machine->activation->in_leaf()) {
    machine->store->forget(machine->activation);
    TRAP(cannot_suspend);
  }
  static_cast<void>(leave_trapped(REPRISE_STATE));  // saves the registers
  return Exit::suspended;
}

__attribute__((preserve_none)) Exit ask_for_heap(REPRISE_STATE_PARAMETERS) {
  const Grown grown = grow_heap(machine);
  if (grown.state == Grown::State::later) GO(park);
  if (grown.state == Grown::State::cancelled) TRAP(cancelled);
  if (grown.old_size == kRefused) TRAP(heap_exhausted);
  DISPATCH();
}

// a = result, b = memory
HANDLER(memory_size) {
  const Memory& m = *instance->memories[unsigned_b(pc)];
  fp[a(pc)] = m.pages();
  NEXT(1);
}

// a = result, b = memory, c = pages' slot
HANDLER(memory_grow) {
  const Grown grown = grow_memory(machine, instance, unsigned_b(pc), fp[c(pc)]);
  if (grown.state == Grown::State::later) GO(park);
  if (grown.state == Grown::State::cancelled) TRAP(cancelled);
  fp[a(pc)] = size_result(grown.old_size, instance->memories[unsigned_b(pc)]->type().is_64);
  NEXT(1);
}

// a = to, from, length; bc = segment; word 1 = memory
HANDLER(memory_init) {
  const Memory& m = *instance->memories[pc[1]];
  const Bytes segment = instance->data_segments[unsigned_d(pc)];
  const Slot* operands = fp + a(pc);
  const uint64_t to = operands[0];
  const auto from = static_cast<uint32_t>(operands[1]);
  const auto length = static_cast<uint32_t>(operands[2]);
  if (!m.contains(to, length) || uint64_t{from} + length > segment.size()) [[unlikely]]
    TRAP(memory_out_of_bounds);
  REPRISE_LOOK_BEFORE(length);
  if (length != 0) std::memcpy(m.base() + to, segment.data() + from, length);
  NEXT(2);
}

HANDLER(data_drop) {
  instance->data_segments[unsigned_d(pc)] = {};
  NEXT(1);
}

// a = to, from, length; b = destination, c = source memory
HANDLER(memory_copy) {
  const Memory& destination = *instance->memories[unsigned_b(pc)];
  const Memory& source = *instance->memories[unsigned_c(pc)];
  const Slot* operands = fp + a(pc);
  const uint64_t length = operands[2];
  if (!destination.contains(operands[0], length) || !source.contains(operands[1], length))
      [[unlikely]]
    TRAP(memory_out_of_bounds);
  REPRISE_LOOK_BEFORE(length);
  std::memmove(destination.base() + operands[0], source.base() + operands[1], length);
  NEXT(1);
}

// a = to, byte, length; b = memory
HANDLER(memory_fill) {
  const Memory& m = *instance->memories[unsigned_b(pc)];
  const Slot* operands = fp + a(pc);
  if (!m.contains(operands[0], operands[2])) [[unlikely]]
    TRAP(memory_out_of_bounds);
  REPRISE_LOOK_BEFORE(operands[2]);
  std::memset(m.base() + operands[0], static_cast<uint8_t>(operands[1]), operands[2]);
  NEXT(1);
}

// a = result, b = table, c = index's slot
HANDLER(table_get) {
  const Table& table = *instance->tables[unsigned_b(pc)];
  const uint64_t index = fp[c(pc)];
  if (index >= table.size()) [[unlikely]]
    TRAP(table_out_of_bounds);
  fp[a(pc)] = table.elements()[index];
  NEXT(1);
}

// a = value, b = table, c = index's slot
HANDLER(table_set) {
  const Table& table = *instance->tables[unsigned_b(pc)];
  const uint64_t index = fp[c(pc)];
  if (index >= table.size()) [[unlikely]]
    TRAP(table_out_of_bounds);
  table.elements()[index] = fp[a(pc)];
  NEXT(1);
}

HANDLER(table_size) {
  fp[a(pc)] = instance->tables[unsigned_b(pc)]->size();
  NEXT(1);
}

// a = value, delta, and result; b = table
HANDLER(table_grow) {
  Slot* operands = fp + a(pc);
  const Grown grown = grow_table(machine, instance, unsigned_b(pc), operands[1], operands[0]);
  if (grown.state == Grown::State::later) GO(park);
  if (grown.state == Grown::State::cancelled) TRAP(cancelled);
  operands[0] = size_result(grown.old_size, instance->tables[unsigned_b(pc)]->type().is_64);
  NEXT(1);
}

// a = to, from, length; b = table; word 1 = segment
HANDLER(table_init) {
  const Table& table = *instance->tables[unsigned_b(pc)];
  const std::vector<Slot>& segment = instance->element_segments[pc[1]];
  const Slot* operands = fp + a(pc);
  const auto from = static_cast<uint32_t>(operands[1]);
  const auto length = static_cast<uint32_t>(operands[2]);
  if (!table.contains(operands[0], length) || uint64_t{from} + length > segment.size()) [[unlikely]]
    TRAP(table_out_of_bounds);
  REPRISE_LOOK_BEFORE(length * sizeof(Slot));
  std::copy_n(segment.data() + from, length, table.elements() + operands[0]);
  NEXT(2);
}

HANDLER(elem_drop) {
  std::vector<Slot>().swap(instance->element_segments[unsigned_d(pc)]);
  NEXT(1);
}

// a = to, from, length; b = destination, c = source table
HANDLER(table_copy) {
  const Table& destination = *instance->tables[unsigned_b(pc)];
  const Table& source = *instance->tables[unsigned_c(pc)];
  const Slot* operands = fp + a(pc);
  const uint64_t length = operands[2];
  if (!destination.contains(operands[0], length) || !source.contains(operands[1], length))
      [[unlikely]]
    TRAP(table_out_of_bounds);
  REPRISE_LOOK_BEFORE(length * sizeof(Slot));
  if (length != 0)
    std::memmove(destination.elements() + operands[0], source.elements() + operands[1],
                 length * sizeof(Slot));
  NEXT(1);
}

// a = to, value, length; b = table
HANDLER(table_fill) {
  const Table& table = *instance->tables[unsigned_b(pc)];
  const Slot* operands = fp + a(pc);
  if (!table.contains(operands[0], operands[2])) [[unlikely]]
    TRAP(table_out_of_bounds);
  REPRISE_LOOK_BEFORE(operands[2] * sizeof(Slot));
  std::fill_n(table.elements() + operands[0], operands[2], operands[1]);
  NEXT(1);
}

}  // namespace reprise::code
