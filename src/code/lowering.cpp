#include "code/lowering.hpp"

#include <array>

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
#define COMPARE_INT(name, T, inverse, swapped)                             \
  table[index(Op::name)] = {true, false, false, Op::inverse, Op::swapped}; \
  table[index(Op::name##_i)] = {true, false, true, Op::inverse##_i, Op::name##_i};
#define COMPARE_FLOAT(name, T, swapped) \
  table[index(Op::name)] = {true, true, false, Op::name, Op::swapped};
#include "code/ops.def"
  return table;
}();

}  // namespace

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
