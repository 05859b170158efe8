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
#define OP(name) #name,
#define UNARY(name, In, Out) #name,
#define UNARY_TRAP(name, In, Out) #name,
#define BINARY(name, In, Out) #name,
#define BINARY_INT(name, T) #name, #name "_i",
#define BINARY_INT_TRAP(name, T) #name, #name "_i",
#define COMPARE_INT(name, T, inverse, swapped) \
  #name, #name "_i", "br_" #name, "br_" #name "_i", "back_" #name, "back_" #name "_i",
#define COMPARE_FLOAT(name, T, swapped) \
  #name, "br_" #name, "brnot_" #name, "back_" #name, "backnot_" #name,
#define LOAD(name, Memory, Out) #name, #name "_far", #name "_in",
#define STORE(name, In, Memory) #name, #name "_far", #name "_in",
#include "code/ops.def"
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
#include "code/ops.def"
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
