// Handlers of arithmetic, comparisons and conversions: numeric.hpp, wired to slots.

#include <type_traits>

#include "code/dispatch.hpp"
#include "code/numeric.hpp"

namespace reprise::code {

template <class Out>
constexpr bool kIsInteger = std::is_integral_v<Out>;

#define UNARY(name, In, Out)                                  \
  HANDLER(name) {                                             \
    if constexpr (kIsInteger<Out>) {                          \
      REPRISE_RESULT(Out, numeric::name(get<In>(fp, b(pc)))); \
    } else {                                                  \
      set<Out>(fp, a(pc), numeric::name(get<In>(fp, b(pc)))); \
    }                                                         \
    NEXT(1);                                                  \
  }
#define UNARY_TRAP(name, In, Out)                                            \
  HANDLER(name) {                                                            \
    const auto result = numeric::name(get<In>(fp, b(pc)));                   \
    if (result.trapped) [[unlikely]] {                                       \
      if (result.kind == TrapKind::integer_overflow) TRAP(integer_overflow); \
      TRAP(invalid_conversion_to_integer);                                   \
    }                                                                        \
    REPRISE_RESULT(Out, result.value);                                       \
    NEXT(1);                                                                 \
  }
#define BINARY(name, In, Out)                                                   \
  HANDLER(name) {                                                               \
    set<Out>(fp, a(pc), numeric::name(get<In>(fp, b(pc)), get<In>(fp, c(pc)))); \
    NEXT(1);                                                                    \
  }

// Integers: each form with the left operand from its slot, and from the register.
#define LEFT(T) get<T>(fp, b(pc))
#define LEFT_R(T) static_cast<T>(made)
#define RIGHT(T) get<T>(fp, c(pc))
#define RIGHT_I(T) static_cast<T>(c(pc))

#define BINARY_INT(name, T)                                  \
  HANDLER(name) {                                            \
    REPRISE_RESULT(T, numeric::name(LEFT(T), RIGHT(T)));     \
    NEXT(1);                                                 \
  }                                                          \
  HANDLER(name##_i) {                                        \
    REPRISE_RESULT(T, numeric::name(LEFT(T), RIGHT_I(T)));   \
    NEXT(1);                                                 \
  }                                                          \
  HANDLER(name##_r) {                                        \
    REPRISE_RESULT(T, numeric::name(LEFT_R(T), RIGHT(T)));   \
    NEXT(1);                                                 \
  }                                                          \
  HANDLER(name##_i_r) {                                      \
    REPRISE_RESULT(T, numeric::name(LEFT_R(T), RIGHT_I(T))); \
    NEXT(1);                                                 \
  }
#define REPRISE_INT_TRAP_BODY(name, T, left, right)                        \
  const auto result = numeric::name(left, right);                          \
  if (result.trapped) [[unlikely]] {                                       \
    if (result.kind == TrapKind::integer_overflow) TRAP(integer_overflow); \
    TRAP(integer_divide_by_zero);                                          \
  }                                                                        \
  REPRISE_RESULT(T, result.value);                                         \
  NEXT(1);
#define BINARY_INT_TRAP(name, T)                                                      \
  HANDLER(name){REPRISE_INT_TRAP_BODY(name, T, LEFT(T), RIGHT(T))} HANDLER(name##_i){ \
      REPRISE_INT_TRAP_BODY(name, T, LEFT(T), RIGHT_I(T))} HANDLER(name##_r){         \
      REPRISE_INT_TRAP_BODY(name, T, LEFT_R(T), RIGHT(T))} HANDLER(name##_i_r) {      \
    REPRISE_INT_TRAP_BODY(name, T, LEFT_R(T), RIGHT_I(T))                             \
  }

// Fused with a branch: operands in a and b, the distance in words in c. Going back to a loop, they
// look whether somebody wants the activation to stop.
#define BRANCH_LEFT(T) get<T>(fp, a(pc))
#define BRANCH_RIGHT(T) get<T>(fp, b(pc))
#define BRANCH_RIGHT_I(T) static_cast<T>(b(pc))
#define REPRISE_BRANCH(...)     \
  if (__VA_ARGS__) NEXT(c(pc)); \
  NEXT(1);
#define REPRISE_BRANCH_BACK(...)              \
  if (__VA_ARGS__) {                          \
    if (is_interrupted(machine)) [[unlikely]] \
      GO(interrupted);                        \
    NEXT(c(pc));                              \
  }                                           \
  NEXT(1);

#define REPRISE_COMPARE(name, T, form, left, right, branch_left, branch_right)                \
  HANDLER(name##form) {                                                                       \
    REPRISE_RESULT(uint32_t, numeric::name(left, right));                                     \
    NEXT(1);                                                                                  \
  }                                                                                           \
  HANDLER(br_##name##form){REPRISE_BRANCH(numeric::name(branch_left, branch_right))} HANDLER( \
      back_##name##form) {                                                                    \
    REPRISE_BRANCH_BACK(numeric::name(branch_left, branch_right))                             \
  }
#define COMPARE_INT(name, T, inverse, swapped)                                         \
  REPRISE_COMPARE(name, T, , LEFT(T), RIGHT(T), BRANCH_LEFT(T), BRANCH_RIGHT(T))       \
  REPRISE_COMPARE(name, T, _i, LEFT(T), RIGHT_I(T), BRANCH_LEFT(T), BRANCH_RIGHT_I(T)) \
  REPRISE_COMPARE(name, T, _r, LEFT_R(T), RIGHT(T), LEFT_R(T), BRANCH_RIGHT(T))        \
  REPRISE_COMPARE(name, T, _i_r, LEFT_R(T), RIGHT_I(T), LEFT_R(T), BRANCH_RIGHT_I(T))
#define COMPARE_FLOAT(name, T, swapped)                                                       \
  HANDLER(name) {                                                                             \
    REPRISE_RESULT(uint32_t, numeric::name(LEFT(T), RIGHT(T)));                               \
    NEXT(1);                                                                                  \
  }                                                                                           \
  HANDLER(br_##name){REPRISE_BRANCH(numeric::name(BRANCH_LEFT(T), BRANCH_RIGHT(T)))} HANDLER( \
      brnot_##name){                                                                          \
      REPRISE_BRANCH(!numeric::name(BRANCH_LEFT(T), BRANCH_RIGHT(T)))} HANDLER(back_##name){  \
      REPRISE_BRANCH_BACK(                                                                    \
          numeric::name(BRANCH_LEFT(T), BRANCH_RIGHT(T)))} HANDLER(backnot_##name) {          \
    REPRISE_BRANCH_BACK(!numeric::name(BRANCH_LEFT(T), BRANCH_RIGHT(T)))                      \
  }
#include "code/ops.def"

#define REPRISE_PAIR(first, second, ...) \
  HANDLER(first##_then_##second) {       \
    REPRISE_RESULT(__VA_ARGS__);         \
    THEN(1, second);                     \
  }
#define PAIR_INT(name, T, second) REPRISE_PAIR(name, second, T, numeric::name(LEFT(T), RIGHT(T)))
#define PAIR_INT_I(name, T, second) \
  REPRISE_PAIR(name##_i, second, T, numeric::name(LEFT(T), RIGHT_I(T)))
#define PAIR_INT_R(name, T, second) \
  REPRISE_PAIR(name##_r, second, T, numeric::name(LEFT_R(T), RIGHT(T)))
#define PAIR_INT_I_R(name, T, second) \
  REPRISE_PAIR(name##_i_r, second, T, numeric::name(LEFT_R(T), RIGHT_I(T)))
#define PAIR_FLOAT(name, T, second)                                         \
  HANDLER(name##_then_##second) {                                           \
    set<T>(fp, a(pc), numeric::name(get<T>(fp, b(pc)), get<T>(fp, c(pc)))); \
    THEN(1, second);                                                        \
  }
#include "code/pairs.def"

}  // namespace reprise::code
