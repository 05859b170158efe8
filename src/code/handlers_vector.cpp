// Handlers of vector instructions: vector.hpp, wired to pairs of slots (vector_ops.def says which
// field is what). Accesses to memory are checked, whatever the engine's choice of bounds.

#include "code/address.hpp"
#include "code/dispatch.hpp"
#include "code/vector.hpp"

namespace reprise::code {

using vector::V;

namespace {

inline V get_vector(const Slot* fp, int64_t slot) {
  V value;
  std::memcpy(&value, fp + slot, sizeof value);
  return value;
}
inline void set_vector(Slot* fp, int64_t slot, V value) {
  std::memcpy(fp + slot, &value, sizeof value);
}

}  // namespace

#define REPRISE_VECTOR_ADDRESS(bytes)                                                \
  uint8_t* const at =                                                                \
      checked_address(*instance->memories[unsigned_c(pc)], fp[b(pc)], pc[1], bytes); \
  if (at == nullptr) [[unlikely]]                                                    \
  TRAP(memory_out_of_bounds)

// a = result or value, b = address's slot, c = memory; word 1 = offset
HANDLER(v128_load) {
  REPRISE_VECTOR_ADDRESS(16);
  std::memcpy(fp + a(pc), at, 16);
  NEXT(2);
}

HANDLER(v128_store) {
  REPRISE_VECTOR_ADDRESS(16);
  std::memcpy(at, fp + a(pc), 16);
  NEXT(2);
}

// a = result, b, c; words 1 and 2 = lanes
HANDLER(i8x16_shuffle) {
  V lanes;
  std::memcpy(&lanes, pc + 1, sizeof lanes);
  set_vector(fp, a(pc), vector::i8x16_shuffle(get_vector(fp, b(pc)), get_vector(fp, c(pc)), lanes));
  NEXT(3);
}

#define VECTOR_UNARY(name)                                      \
  HANDLER(name) {                                               \
    set_vector(fp, a(pc), vector::name(get_vector(fp, b(pc)))); \
    NEXT(1);                                                    \
  }
#define VECTOR_BINARY(name)                                                            \
  HANDLER(name) {                                                                      \
    set_vector(fp, a(pc), vector::name(get_vector(fp, b(pc)), get_vector(fp, c(pc)))); \
    NEXT(1);                                                                           \
  }
#define VECTOR_TERNARY(name)                                               \
  HANDLER(name) {                                                          \
    set_vector(fp, a(pc),                                                  \
               vector::name(get_vector(fp, b(pc)), get_vector(fp, c(pc)),  \
                            get_vector(fp, static_cast<int64_t>(pc[1])))); \
    NEXT(2);                                                               \
  }
#define VECTOR_SHIFT(name)                                                                \
  HANDLER(name) {                                                                         \
    set_vector(fp, a(pc), vector::name(get_vector(fp, b(pc)), get<uint32_t>(fp, c(pc)))); \
    NEXT(1);                                                                              \
  }
#define VECTOR_REDUCE(name)                                        \
  HANDLER(name) {                                                  \
    set<uint32_t>(fp, a(pc), vector::name(get_vector(fp, b(pc)))); \
    NEXT(1);                                                       \
  }
#define VECTOR_SPLAT(name, T)                               \
  HANDLER(name) {                                           \
    set_vector(fp, a(pc), vector::name(get<T>(fp, b(pc)))); \
    NEXT(1);                                                \
  }
#define VECTOR_EXTRACT(name, T)                                             \
  HANDLER(name) {                                                           \
    set<T>(fp, a(pc), vector::name(get_vector(fp, b(pc)), unsigned_c(pc))); \
    NEXT(1);                                                                \
  }
#define VECTOR_REPLACE(name, T)                                                                \
  HANDLER(name) {                                                                              \
    set_vector(                                                                                \
        fp, a(pc),                                                                             \
        vector::name(get_vector(fp, b(pc)), get<T>(fp, c(pc)), static_cast<unsigned>(pc[1]))); \
    NEXT(2);                                                                                   \
  }
#define VECTOR_LOAD(name, bytes)             \
  HANDLER(name) {                            \
    REPRISE_VECTOR_ADDRESS(bytes);           \
    set_vector(fp, a(pc), vector::name(at)); \
    NEXT(2);                                 \
  }
#define VECTOR_LOAD_LANE(name, T)                                                      \
  HANDLER(name) {                                                                      \
    REPRISE_VECTOR_ADDRESS(sizeof(T));                                                 \
    const V from = get_vector(fp, static_cast<int64_t>(pc[2]) >> 8);                   \
    set_vector(fp, a(pc), vector::with_lane(from, vector::read<T>(at), pc[2] & 0xff)); \
    NEXT(3);                                                                           \
  }
#define VECTOR_STORE_LANE(name, T)                                                                 \
  HANDLER(name) {                                                                                  \
    REPRISE_VECTOR_ADDRESS(sizeof(T));                                                             \
    const T value = vector::as<T>(get_vector(fp, static_cast<int64_t>(pc[2]) >> 8))[pc[2] & 0xff]; \
    std::memcpy(at, &value, sizeof value);                                                         \
    NEXT(3);                                                                                       \
  }
#include "code/vector_ops.def"

}  // namespace reprise::code
