// Handlers of arithmetic, comparisons and conversions: numeric.hpp, wired to slots.

#include "code/dispatch.hpp"
#include "code/numeric.hpp"

namespace reprise::code {

#define UNARY(name, In, Out)                                \
  HANDLER(name) {                                           \
    set<Out>(fp, a(pc), numeric::name(get<In>(fp, b(pc)))); \
    NEXT(1);                                                \
  }
#define UNARY_TRAP(name, In, Out)                                            \
  HANDLER(name) {                                                            \
    const auto result = numeric::name(get<In>(fp, b(pc)));                   \
    if (result.trapped) [[unlikely]] {                                       \
      if (result.kind == TrapKind::integer_overflow) TRAP(integer_overflow); \
      TRAP(invalid_conversion_to_integer);                                   \
    }                                                                        \
    set<Out>(fp, a(pc), result.value);                                       \
    NEXT(1);                                                                 \
  }
#define BINARY(name, In, Out)                                                   \
  HANDLER(name) {                                                               \
    set<Out>(fp, a(pc), numeric::name(get<In>(fp, b(pc)), get<In>(fp, c(pc)))); \
    NEXT(1);                                                                    \
  }
#define BINARY_INT(name, T)                                                     \
  HANDLER(name) {                                                               \
    set<T>(fp, a(pc), numeric::name(get<T>(fp, b(pc)), get<T>(fp, c(pc))));     \
    NEXT(1);                                                                    \
  }                                                                             \
  HANDLER(name##_i) {                                                           \
    set<T>(fp, a(pc), numeric::name(get<T>(fp, b(pc)), static_cast<T>(c(pc)))); \
    NEXT(1);                                                                    \
  }
#define REPRISE_INT_TRAP_BODY(name, T, right)                              \
  const auto result = numeric::name(get<T>(fp, b(pc)), right);             \
  if (result.trapped) [[unlikely]] {                                       \
    if (result.kind == TrapKind::integer_overflow) TRAP(integer_overflow); \
    TRAP(integer_divide_by_zero);                                          \
  }                                                                        \
  set<T>(fp, a(pc), result.value);                                         \
  NEXT(1);
#define BINARY_INT_TRAP(name, T)                                                       \
  HANDLER(name){REPRISE_INT_TRAP_BODY(name, T, get<T>(fp, c(pc)))} HANDLER(name##_i) { \
    REPRISE_INT_TRAP_BODY(name, T, static_cast<T>(c(pc)))                              \
  }

// The fused forms: operands in a and b, the distance in words in c. Going back to a loop, they look
// whether somebody wants the activation to stop.
#define REPRISE_BRANCH(condition) \
  if (condition) NEXT(c(pc));     \
  NEXT(1);
#define REPRISE_BRANCH_BACK(condition)        \
  if (condition) {                            \
    if (is_interrupted(machine)) [[unlikely]] \
      TRAP(interrupted);                      \
    NEXT(c(pc));                              \
  }                                           \
  NEXT(1);

#define COMPARE_INT(name, T, inverse, swapped)                                                     \
  HANDLER(name) {                                                                                  \
    set<uint32_t>(fp, a(pc), numeric::name(get<T>(fp, b(pc)), get<T>(fp, c(pc))));                 \
    NEXT(1);                                                                                       \
  }                                                                                                \
  HANDLER(name##_i) {                                                                              \
    set<uint32_t>(fp, a(pc), numeric::name(get<T>(fp, b(pc)), static_cast<T>(c(pc))));             \
    NEXT(1);                                                                                       \
  }                                                                                                \
  HANDLER(br_##name){REPRISE_BRANCH(numeric::name(get<T>(fp, a(pc)), get<T>(fp, b(pc))))} HANDLER( \
      br_##name##_i){REPRISE_BRANCH(                                                               \
      numeric::name(get<T>(fp, a(pc)), static_cast<T>(b(pc))))} HANDLER(back_##name){              \
      REPRISE_BRANCH_BACK(                                                                         \
          numeric::name(get<T>(fp, a(pc)), get<T>(fp, b(pc))))} HANDLER(back_##name##_i) {         \
    REPRISE_BRANCH_BACK(numeric::name(get<T>(fp, a(pc)), static_cast<T>(b(pc))))                   \
  }
#define COMPARE_FLOAT(name, T, swapped)                                                            \
  HANDLER(name) {                                                                                  \
    set<uint32_t>(fp, a(pc), numeric::name(get<T>(fp, b(pc)), get<T>(fp, c(pc))));                 \
    NEXT(1);                                                                                       \
  }                                                                                                \
  HANDLER(br_##name){REPRISE_BRANCH(numeric::name(get<T>(fp, a(pc)), get<T>(fp, b(pc))))} HANDLER( \
      brnot_##name){                                                                               \
      REPRISE_BRANCH(!numeric::name(get<T>(fp, a(pc)), get<T>(fp, b(pc))))} HANDLER(back_##name){  \
      REPRISE_BRANCH_BACK(                                                                         \
          numeric::name(get<T>(fp, a(pc)), get<T>(fp, b(pc))))} HANDLER(backnot_##name) {          \
    REPRISE_BRANCH_BACK(!numeric::name(get<T>(fp, a(pc)), get<T>(fp, b(pc))))                      \
  }
#include "code/ops.def"

}  // namespace reprise::code
