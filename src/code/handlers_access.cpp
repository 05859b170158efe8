// Loads and stores, in three forms each.
//
//   name       a = result, b = address's slot, c = offset        memory 0, 32-bit, guarded
//              a = value, b = address's slot, c = offset         (stores)
//   name_r     the same; the address (loads), the value (stores) is what was just made
//   name_far   the same without c; word 1 = offset               memory 0, 32-bit, guarded
//   name_in    the same, c = memory; word 1 = offset             any memory, checked
//
// Addresses of 32-bit memories are zero-extended in their slots, so the checked form needs not know
// which kind it has.

#include "code/address.hpp"
#include "code/dispatch.hpp"
#include "code/guarded.hpp"

namespace reprise::code {

namespace {

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

}  // namespace

#ifdef REPRISE_HAS_GUARDED
#define REPRISE_GUARDED_LOAD_BODY(Memory, Out, address, offset, go_on) \
  const uint8_t* const at = memory + uint64_t{address} + (offset);     \
  uint64_t value;                                                      \
  REPRISE_GUARDED_LOAD(Memory, value, at, out_of_bounds);              \
  REPRISE_RESULT(Out, static_cast<Out>(value));                        \
  go_on;                                                               \
  out_of_bounds:                                                       \
  TRAP(memory_out_of_bounds);
#define REPRISE_GUARDED_STORE_BODY(Memory, stored, offset, go_on)             \
  uint8_t* const at = memory + uint64_t{get<uint32_t>(fp, b(pc))} + (offset); \
  const uint64_t value = stored;                                              \
  REPRISE_GUARDED_STORE(Memory, value, at, out_of_bounds);                    \
  go_on;                                                                      \
  out_of_bounds:                                                              \
  TRAP(memory_out_of_bounds);
#else
// Never emitted where there are no guarded memories.
#define REPRISE_GUARDED_LOAD_BODY(Memory, Out, address, offset, go_on) TRAP(memory_out_of_bounds);
#define REPRISE_GUARDED_STORE_BODY(Memory, stored, offset, go_on) TRAP(memory_out_of_bounds);
#endif

#define ADDRESS get<uint32_t>(fp, b(pc))
#define MADE_ADDRESS static_cast<uint32_t>(made)
#define LOAD(name, Memory, Out)                                                                    \
  HANDLER(name){REPRISE_GUARDED_LOAD_BODY(Memory, Out, ADDRESS, unsigned_c(pc), NEXT(1))} HANDLER( \
      name##_r){REPRISE_GUARDED_LOAD_BODY(Memory, Out, MADE_ADDRESS, unsigned_c(pc),               \
                                          NEXT(1))} HANDLER(name##_far){                           \
      REPRISE_GUARDED_LOAD_BODY(Memory, Out, ADDRESS, pc[1], NEXT(2))} HANDLER(name##_in) {        \
    const uint8_t* const at =                                                                      \
        checked_address(*instance->memories[unsigned_c(pc)], fp[b(pc)], pc[1], sizeof(Memory));    \
    if (at == nullptr) [[unlikely]]                                                                \
      TRAP(memory_out_of_bounds);                                                                  \
    REPRISE_RESULT(Out, static_cast<Out>(read<Memory>(at)));                                       \
    NEXT(2);                                                                                       \
  }
#define STORE(name, In, Memory)                                                                  \
  HANDLER(name){REPRISE_GUARDED_STORE_BODY(Memory, fp[a(pc)], unsigned_c(pc), NEXT(1))} HANDLER( \
      name##_r){                                                                                 \
      REPRISE_GUARDED_STORE_BODY(Memory, made, unsigned_c(pc), NEXT(1))} HANDLER(name##_far){    \
      REPRISE_GUARDED_STORE_BODY(Memory, fp[a(pc)], pc[1], NEXT(2))} HANDLER(name##_in) {        \
    uint8_t* const at =                                                                          \
        checked_address(*instance->memories[unsigned_c(pc)], fp[b(pc)], pc[1], sizeof(Memory));  \
    if (at == nullptr) [[unlikely]]                                                              \
      TRAP(memory_out_of_bounds);                                                                \
    write<Memory>(at, static_cast<Memory>(fp[a(pc)]));                                           \
    NEXT(2);                                                                                     \
  }
#include "code/ops.def"

#define PAIR_LOAD(name, Memory, Out, second)                                         \
  HANDLER(name##_then_##second) {                                                    \
    REPRISE_GUARDED_LOAD_BODY(Memory, Out, ADDRESS, unsigned_c(pc), THEN(1, second)) \
  }
#define PAIR_LOAD_R(name, Memory, Out, second)                                            \
  HANDLER(name##_r_then_##second) {                                                       \
    REPRISE_GUARDED_LOAD_BODY(Memory, Out, MADE_ADDRESS, unsigned_c(pc), THEN(1, second)) \
  }
#define PAIR_STORE(name, Memory, second)                                           \
  HANDLER(name##_then_##second) {                                                  \
    REPRISE_GUARDED_STORE_BODY(Memory, fp[a(pc)], unsigned_c(pc), THEN(1, second)) \
  }
#define PAIR_STORE_R(name, Memory, second)                                    \
  HANDLER(name##_r_then_##second) {                                           \
    REPRISE_GUARDED_STORE_BODY(Memory, made, unsigned_c(pc), THEN(1, second)) \
  }
#include "code/pairs.def"

}  // namespace reprise::code
