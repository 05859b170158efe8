// How handlers are written. Each instruction is one function that ends by tail-calling the next
// instruction's, with the machine's state in argument registers throughout: `musttail` guarantees
// the jump, `preserve_none` that no register is saved for anybody. What a handler needs to keep
// across a call into C++ it must not keep at all, so everything slow is a separate function that is
// not inlined.
//
//   HANDLER(i32_add) {
//     set(pc, fp, u32(fp, b(pc)) + ...);
//     NEXT(1);
//   }

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "code/op.hpp"
#include "reprise/trap.hpp"
#include "runtime/activation.hpp"

namespace reprise::code {

using runtime::Exit;
using runtime::Instance;
using runtime::Machine;

// fp: behind the frame's header; memory: base of the instance's memory 0; handlers: the table that
// dispatch goes through; instance: whose code runs, null in a native function called by the host;
// budget: stack slots left; made: what the last instruction computed, if it was one that says so
// (REPRISE_RESULT), for a next one that would otherwise wait for the slot it was just written to.
#define REPRISE_STATE_PARAMETERS                                                              \
  const Word *pc, Slot *fp, uint8_t *memory, const void *const *handlers, Instance *instance, \
      Machine *machine, int64_t budget, uint64_t made
#define REPRISE_STATE pc, fp, memory, handlers, instance, machine, budget, made

using Handler = Exit __attribute__((preserve_none)) (REPRISE_STATE_PARAMETERS);

#define HANDLER(name) __attribute__((preserve_none)) Exit handle_##name(REPRISE_STATE_PARAMETERS)

#define EACH(name) HANDLER(name);
#include "code/each_op.def"

/// The table that dispatch goes through; the observer may be null.
const void* const* handlers_for(const runtime::Observer* observer);

/// Leaves the machine with the trap already set on the activation, or of this kind.
__attribute__((preserve_none)) Exit leave_trapped(REPRISE_STATE_PARAMETERS);
template <TrapKind kKind>
__attribute__((preserve_none)) Exit trap_with(REPRISE_STATE_PARAMETERS);
/// Somebody wants this activation to stop: traps, or parks in front of the instruction at pc, or
/// enters it once more. Nothing of it may have been done.
__attribute__((preserve_none)) Exit interrupted(REPRISE_STATE_PARAMETERS);
/// The same, where an exception goes on at the loop at pc, and has been caught already.
__attribute__((preserve_none)) Exit interrupted_at_loop(REPRISE_STATE_PARAMETERS);
/// Leaves the machine at a tick, or in front of a probed instruction: it goes on at pc.
__attribute__((preserve_none)) Exit leave_stopped(REPRISE_STATE_PARAMETERS);
/// Counts a tick. True: the activation parks there.
bool note_tick(Machine* machine) noexcept;
/// Parks the activation in front of the instruction at pc: resuming enters it again.
__attribute__((preserve_none)) Exit park(REPRISE_STATE_PARAMETERS);
/// There was no room in the heap for what the instruction at pc makes: asks for more, or traps.
__attribute__((preserve_none)) Exit ask_for_heap(REPRISE_STATE_PARAMETERS);
/// For a kind known at run time only.
__attribute__((preserve_none)) Exit trap_at(REPRISE_STATE_PARAMETERS, TrapKind kind);

#define GO(target) [[clang::musttail]] return (target)(REPRISE_STATE)
#define DISPATCH()                                       \
  [[clang::musttail]] return reinterpret_cast<Handler*>( \
      const_cast<void*>(handlers[*reinterpret_cast<const UnsignedField*>(pc)]))(REPRISE_STATE)
#define NEXT(words) \
  do {              \
    pc += (words);  \
    DISPATCH();     \
  } while (false)
/// Of a pair (pairs.def): on to the second instruction.
#define THEN(words, second) \
  do {                      \
    pc += (words);          \
    GO(handle_##second);    \
  } while (false)
#define TRAP(kind) GO(trap_with<TrapKind::kind>)

// Fields of the instruction at pc.
inline int64_t a(const Word* pc) {
  return reinterpret_cast<const Field*>(pc)[1];
}
inline int64_t b(const Word* pc) {
  return reinterpret_cast<const Field*>(pc)[2];
}
inline int64_t c(const Word* pc) {
  return reinterpret_cast<const Field*>(pc)[3];
}
inline uint32_t unsigned_a(const Word* pc) {
  return reinterpret_cast<const UnsignedField*>(pc)[1];
}
inline uint32_t unsigned_b(const Word* pc) {
  return reinterpret_cast<const UnsignedField*>(pc)[2];
}
inline uint32_t unsigned_c(const Word* pc) {
  return reinterpret_cast<const UnsignedField*>(pc)[3];
}
/// The 32-bit field in the place of b and c.
inline int64_t d(const Word* pc) {
  return reinterpret_cast<const Field32*>(pc)[1];
}
inline uint32_t unsigned_d(const Word* pc) {
  return reinterpret_cast<const UnsignedField32*>(pc)[1];
}

template <class T>
T get(const Slot* fp, int64_t slot) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(static_cast<uint32_t>(fp[slot]));
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(fp[slot]);
  } else {
    return static_cast<T>(fp[slot]);
  }
}

template <class T>
void set(Slot* fp, int64_t slot, T value) {
  if constexpr (std::is_same_v<T, float>) {
    fp[slot] = std::bit_cast<uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    fp[slot] = std::bit_cast<uint64_t>(value);
  } else {
    static_assert(std::is_unsigned_v<T>);
    fp[slot] = value;
  }
}

/// Writes an instruction's result to its slot and to `made`.
#define REPRISE_RESULT(T, ...)            \
  do {                                    \
    const T result_value = (__VA_ARGS__); \
    made = result_value;                  \
    fp[a(pc)] = made;                     \
  } while (false)

/// Somebody wants this activation to stop.
inline bool is_interrupted(const Machine* machine) {
  return machine->interrupt->load(std::memory_order_relaxed) != 0;
}

/// A bulk operation on fewer bytes is over before anybody would wait for it.
inline constexpr uint64_t kLongBulk = 4096;

/// Looks in front of a long bulk operation, which cannot be interrupted once it has begun: a guest
/// needs no loop to make many of them. Where ticks are counted nobody looks here, since this is no
/// tick, and a replay would not find the place.
#define REPRISE_LOOK_BEFORE(bytes)                                                     \
  if ((bytes) >= kLongBulk && machine->observer == nullptr && is_interrupted(machine)) \
      [[unlikely]]                                                                     \
  GO(interrupted)

}  // namespace reprise::code
