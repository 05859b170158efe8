// Atomics within one thread. A store belongs to one thread, so an atomic access is an ordinary one
// that also insists on its natural alignment (spec: threads, exec/instructions). Nobody can be
// waiting, so notify wakes none; and a wait that would have to be ended by somebody else can't be.
//
//   ATOMIC_LOAD, ATOMIC_STORE  a = result or value, b = address's slot, c = memory; word 1 = offset
//   ATOMIC_RMW                 the same; word 2 = value's slot
//   ATOMIC_CMPXCHG             the same; word 2 = expected value's slot, word 3 = replacement's
//   wait                       the same; word 2 = expected value's slot, word 3 = timeout's

#include "code/address.hpp"
#include "code/dispatch.hpp"

namespace reprise::code {

namespace {

inline int64_t slot_in(const Word* pc, int word) {
  return static_cast<int64_t>(pc[word]);
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
  fp[a(pc)] = 0;
  NEXT(3);
}

// 1: the value was another one; 2: timed out.
#define REPRISE_WAIT(T)                                                   \
  REPRISE_ATOMIC_ADDRESS(T);                                              \
  if (!instance->memories[unsigned_c(pc)]->type().is_shared) [[unlikely]] \
    TRAP(wait_on_unshared_memory);                                        \
  if (read<T>(at) != static_cast<T>(fp[slot_in(pc, 2)])) {                \
    fp[a(pc)] = 1;                                                        \
    NEXT(4);                                                              \
  }                                                                       \
  if (static_cast<int64_t>(fp[slot_in(pc, 3)]) < 0) TRAP(endless_wait);   \
  fp[a(pc)] = 2;                                                          \
  NEXT(4);

HANDLER(memory_atomic_wait32){REPRISE_WAIT(uint32_t)} HANDLER(memory_atomic_wait64) {
  REPRISE_WAIT(uint64_t)
}

}  // namespace reprise::code
