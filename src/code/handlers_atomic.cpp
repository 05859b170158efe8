// Atomics within one thread. A store belongs to one thread, so an atomic access is an ordinary one
// that also insists on its natural alignment (spec: threads, exec/instructions). Who waits parks,
// if there is somebody who could end it (runtime/wait.hpp).
//
//   ATOMIC_LOAD, ATOMIC_STORE  a = result or value, b = address's slot, c = memory; word 1 = offset
//   ATOMIC_RMW                 the same; word 2 = value's slot
//   ATOMIC_CMPXCHG             the same; word 2 = expected value's slot, word 3 = replacement's
//   wait                       the same; word 2 = expected value's slot, word 3 = timeout's

#include "code/address.hpp"
#include "code/dispatch.hpp"
#include "runtime/store.hpp"

namespace reprise::code {

using runtime::WaitDoor;

namespace {

/// Comes back from having parked: the value in the memory does not matter any more.
inline bool is_back(Machine* machine) {
  const WaitDoor* const door = machine->store->wait_door();
  return door != nullptr && door->is_waiting(machine->activation);
}

[[gnu::noinline]] WaitDoor::Answer wait(Machine* machine, Instance* instance, uint32_t memory,
                                        uint64_t address, int64_t timeout) {
  const runtime::AtomicWait wait{instance->memory_ids[memory], address, timeout};
  WaitDoor* const door = machine->store->wait_door();
  // Inside of a leaf call nobody could resume it.
  if (door == nullptr || machine->activation->in_leaf()) return runtime::answer_alone(wait);
  return door->wait(wait, machine->activation);
}

[[gnu::noinline]] uint32_t notify(Machine* machine, Instance* instance, uint32_t memory,
                                  uint64_t address, uint64_t count) {
  WaitDoor* const door = machine->store->wait_door();
  if (door == nullptr) return 0;
  return door->notify(instance->memory_ids[memory], address, static_cast<uint32_t>(count));
}

inline int64_t slot_in(const Word* pc, int word) {
  return static_cast<int64_t>(pc[word]);
}

inline int64_t timeout_of(const Slot* fp, const Word* pc) {
  return static_cast<int64_t>(fp[slot_in(pc, 3)]);
}

template <class T>
T read(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void write(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
T apply_add(T x, T y) {
  return static_cast<T>(x + y);
}
template <class T>
T apply_sub(T x, T y) {
  return static_cast<T>(x - y);
}
template <class T>
T apply_and(T x, T y) {
  return x & y;
}
template <class T>
T apply_or(T x, T y) {
  return x | y;
}
template <class T>
T apply_xor(T x, T y) {
  return x ^ y;
}
template <class T>
T apply_xchg(T, T y) {
  return y;
}

}  // namespace

#define REPRISE_ATOMIC_ADDRESS(T)                                                        \
  uint8_t* const at =                                                                    \
      checked_address(*instance->memories[unsigned_c(pc)], fp[b(pc)], pc[1], sizeof(T)); \
  if (at == nullptr) [[unlikely]]                                                        \
    TRAP(memory_out_of_bounds);                                                          \
  if ((fp[b(pc)] + pc[1]) % sizeof(T) != 0) [[unlikely]]                                 \
  TRAP(unaligned_atomic)

#define ATOMIC_LOAD(name, T, Out) \
  HANDLER(name) {                 \
    REPRISE_ATOMIC_ADDRESS(T);    \
    fp[a(pc)] = read<T>(at);      \
    NEXT(2);                      \
  }
#define ATOMIC_STORE(name, T)             \
  HANDLER(name) {                         \
    REPRISE_ATOMIC_ADDRESS(T);            \
    write(at, static_cast<T>(fp[a(pc)])); \
    NEXT(2);                              \
  }
#define ATOMIC_RMW(name, T, operation)                                     \
  HANDLER(name) {                                                          \
    REPRISE_ATOMIC_ADDRESS(T);                                             \
    const T old = read<T>(at);                                             \
    write(at, apply_##operation(old, static_cast<T>(fp[slot_in(pc, 2)]))); \
    fp[a(pc)] = old;                                                       \
    NEXT(3);                                                               \
  }
#define ATOMIC_CMPXCHG(name, T)                                                         \
  HANDLER(name) {                                                                       \
    REPRISE_ATOMIC_ADDRESS(T);                                                          \
    const T old = read<T>(at);                                                          \
    if (Slot{old} == fp[slot_in(pc, 2)]) write(at, static_cast<T>(fp[slot_in(pc, 3)])); \
    fp[a(pc)] = old;                                                                    \
    NEXT(4);                                                                            \
  }
#include "code/ops.def"

// word 2 = how many to wake at most
HANDLER(memory_atomic_notify) {
  REPRISE_ATOMIC_ADDRESS(uint32_t);
  fp[a(pc)] = notify(machine, instance, unsigned_c(pc), fp[b(pc)] + pc[1], fp[slot_in(pc, 2)]);
  NEXT(3);
}

// 0: woken; 1: the value was another one; 2: timed out.
#define REPRISE_WAIT(T)                                                               \
  REPRISE_ATOMIC_ADDRESS(T);                                                          \
  if (!instance->memories[unsigned_c(pc)]->type().is_shared) [[unlikely]]             \
    TRAP(wait_on_unshared_memory);                                                    \
  if (!is_back(machine) && read<T>(at) != static_cast<T>(fp[slot_in(pc, 2)])) {       \
    fp[a(pc)] = 1;                                                                    \
    NEXT(4);                                                                          \
  }                                                                                   \
  const WaitDoor::Answer answer =                                                     \
      wait(machine, instance, unsigned_c(pc), fp[b(pc)] + pc[1], timeout_of(fp, pc)); \
  if (answer == WaitDoor::Answer::later) GO(park);                                    \
  if (answer == WaitDoor::Answer::never) TRAP(endless_wait);                          \
  if (answer == WaitDoor::Answer::cancelled) TRAP(cancelled);                         \
  fp[a(pc)] = answer == WaitDoor::Answer::woken ? 0 : 2;                              \
  NEXT(4);

HANDLER(memory_atomic_wait32){REPRISE_WAIT(uint32_t)} HANDLER(memory_atomic_wait64) {
  REPRISE_WAIT(uint64_t)
}

}  // namespace reprise::code
