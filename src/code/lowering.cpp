#include "code/lowering.hpp"

#include <array>
#include <type_traits>

#include "base/check.hpp"

namespace reprise::code {

namespace {

constexpr size_t index(Op op) {
  return static_cast<size_t>(op);
}
constexpr Op next(Op op, int n) {
  return static_cast<Op>(static_cast<int>(op) + n);
}

constexpr std::string_view kNames[] = {
#define EACH(name) #name,
#include "code/each_op.def"
};
constexpr size_t kOpCount = std::size(kNames);

constexpr auto kRules = [] {
  std::array<LoweringRule, wasm::kOpcodeCount> rules{};
  const auto set = [&rules](wasm::Opcode opcode, Form form, Op op) {
    rules[static_cast<size_t>(opcode)] = {form, op};
  };
#define UNARY(name, In, Out) set(wasm::Opcode::name, Form::unary, Op::name);
#define UNARY_TRAP(name, In, Out) set(wasm::Opcode::name, Form::unary, Op::name);
#define BINARY(name, In, Out) set(wasm::Opcode::name, Form::binary, Op::name);
#define BINARY_INT(name, T) set(wasm::Opcode::name, Form::binary_int, Op::name);
#define BINARY_INT_TRAP(name, T) set(wasm::Opcode::name, Form::binary_int, Op::name);
#define COMPARE_INT(name, T, inverse, swapped) set(wasm::Opcode::name, Form::binary_int, Op::name);
#define COMPARE_FLOAT(name, T, swapped) set(wasm::Opcode::name, Form::binary, Op::name);
#define LOAD(name, Memory, Out) set(wasm::Opcode::name, Form::load, Op::name);
#define STORE(name, In, Memory) set(wasm::Opcode::name, Form::store, Op::name);
#define ATOMIC_LOAD(name, T, Out) set(wasm::Opcode::name, Form::checked_load, Op::name);
#define ATOMIC_STORE(name, T) set(wasm::Opcode::name, Form::checked_store, Op::name);
#define ATOMIC_RMW(name, T, operation) set(wasm::Opcode::name, Form::atomic_rmw, Op::name);
#define ATOMIC_CMPXCHG(name, T) set(wasm::Opcode::name, Form::atomic_cmpxchg, Op::name);
#define VECTOR_UNARY(name) set(wasm::Opcode::name, Form::unary, Op::name);
#define VECTOR_BINARY(name) set(wasm::Opcode::name, Form::binary, Op::name);
#define VECTOR_TERNARY(name) set(wasm::Opcode::name, Form::ternary, Op::name);
#define VECTOR_SHIFT(name) set(wasm::Opcode::name, Form::binary, Op::name);
#define VECTOR_REDUCE(name) set(wasm::Opcode::name, Form::unary, Op::name);
#define VECTOR_SPLAT(name, T) set(wasm::Opcode::name, Form::unary, Op::name);
#define VECTOR_EXTRACT(name, T) set(wasm::Opcode::name, Form::extract_lane, Op::name);
#define VECTOR_REPLACE(name, T) set(wasm::Opcode::name, Form::replace_lane, Op::name);
#define VECTOR_LOAD(name, T) set(wasm::Opcode::name, Form::checked_load, Op::name);
#define VECTOR_LOAD_LANE(name, T) set(wasm::Opcode::name, Form::load_lane, Op::name);
#define VECTOR_STORE_LANE(name, T) set(wasm::Opcode::name, Form::store_lane, Op::name);
#include "code/ops.def"
  set(wasm::Opcode::v128_load, Form::checked_load, Op::v128_load);
  set(wasm::Opcode::v128_store, Form::checked_store, Op::v128_store);
  return rules;
}();

constexpr auto kComparisons = [] {
  std::array<Comparison, kOpCount> table{};
#define COMPARE_INT(name, T, inverse, swapped)                                      \
  table[index(Op::name)] = {true, false, false, Op::inverse, Op::swapped};          \
  table[index(Op::name##_i)] = {true, false, true, Op::inverse##_i, Op::name##_i};  \
  table[index(Op::name##_r)] = {true, false, false, Op::inverse##_r, Op::name##_r}; \
  table[index(Op::name##_i_r)] = {true, false, true, Op::inverse##_i_r, Op::name##_i_r};
#define COMPARE_FLOAT(name, T, swapped) \
  table[index(Op::name)] = {true, true, false, Op::name, Op::swapped};
#include "code/ops.def"
  return table;
}();

/// What is known of `made` around an instruction.
struct Making {
  bool leaves = false;
  Op with{};  // itself: none
  Op without{};
};

constexpr auto kMaking = [] {
  std::array<Making, kOpCount> table{};
  for (size_t i = 0; i < kOpCount; ++i) table[i] = {false, static_cast<Op>(i), static_cast<Op>(i)};
  const auto pair = [&table](Op plain, Op with) {
    table[index(plain)].with = with;
    table[index(with)].without = plain;
  };
  const auto leaves = [&table](Op op) { table[index(op)].leaves = true; };
#define UNARY(name, In, Out) \
  if (std::is_integral_v<Out>) leaves(Op::name);
#define UNARY_TRAP(name, In, Out) leaves(Op::name);
#define BINARY_INT(name, T)           \
  pair(Op::name, Op::name##_r);       \
  pair(Op::name##_i, Op::name##_i_r); \
  for (int n = 0; n < 4; ++n) leaves(next(Op::name, n));
#define BINARY_INT_TRAP(name, T) BINARY_INT(name, T)
#define COMPARE_INT(name, T, inverse, swapped)                                \
  for (int n = 0; n < 6; ++n) pair(next(Op::name, n), next(Op::name, n + 6)); \
  for (int n : {0, 1, 6, 7}) leaves(next(Op::name, n));
#define COMPARE_FLOAT(name, T, swapped) leaves(Op::name);
#define LOAD(name, Memory, Out) \
  pair(Op::name, Op::name##_r); \
  for (int n = 0; n < 4; ++n) leaves(next(Op::name, n));
#define STORE(name, In, Memory) pair(Op::name, Op::name##_r);
#include "code/ops.def"
  pair(Op::br_if, Op::br_if_r);
  pair(Op::br_unless, Op::br_unless_r);
  pair(Op::back_if, Op::back_if_r);
  pair(Op::back_unless, Op::back_unless_r);
  leaves(Op::copy);
  leaves(Op::global_get);
  return table;
}();

struct Pair {
  Op first;
  Op second;
  uint32_t words;
  Op both;
};
constexpr Pair kPairs[] = {
#define PAIR(first, second, words) {Op::first, Op::second, words, Op::first##_then_##second},
#include "code/pairs.def"
};

/// By the first one: where its pairs begin and end in the table, which has them in a row.
struct PairRange {
  uint8_t begin = 0;
  uint8_t end = 0;
};
constexpr auto kPairRanges = [] {
  std::array<PairRange, kOpCount> ranges{};
  static_assert(std::size(kPairs) <= UINT8_MAX);
  for (size_t i = 0; i < std::size(kPairs); ++i) {
    PairRange& range = ranges[index(kPairs[i].first)];
    if (range.end == 0) range.begin = static_cast<uint8_t>(i);
    range.end = static_cast<uint8_t>(i + 1);
  }
  return ranges;
}();

}  // namespace

std::optional<Op> pair_of(Op first, Op second, uint32_t words) {
  const PairRange range = kPairRanges[index(first)];
  for (uint32_t i = range.begin; i < range.end; ++i) {
    const Pair& pair = kPairs[i];
    if (pair.second == second && pair.first == first && pair.words == words) return pair.both;
  }
  return std::nullopt;
}

bool leaves_made(Op op) {
  return kMaking[index(op)].leaves;
}

std::optional<Op> form_with_made(Op op) {
  const Op with = kMaking[index(op)].with;
  return with == op ? std::nullopt : std::optional(with);
}

Op form_without_made(Op op) {
  return kMaking[index(op)].without;
}

std::string_view name_of(Op op) {
  return kNames[index(op)];
}

const LoweringRule& rule_for(wasm::Opcode opcode) {
  return kRules[static_cast<size_t>(opcode)];
}

const Comparison& comparison(Op op) {
  return kComparisons[index(op)];
}

Op fused_branch(Op op, bool negated, bool back) {
  const Comparison& known = comparison(op);
  REPRISE_CHECK(known.is_comparison);
  if (known.is_float) return next(op, 1 + (negated ? 1 : 0) + (back ? 2 : 0));
  if (negated) op = known.inverse;
  return next(op, back ? 4 : 2);
}

bool is_commutative(Op op) {
  switch (op) {
    case Op::i32_add:
    case Op::i32_mul:
    case Op::i32_and:
    case Op::i32_or:
    case Op::i32_xor:
    case Op::i64_add:
    case Op::i64_mul:
    case Op::i64_and:
    case Op::i64_or:
    case Op::i64_xor:
      return true;
    default:
      return false;
  }
}

}  // namespace reprise::code
