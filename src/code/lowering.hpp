// Which instruction of the register code does the work of which WebAssembly instruction, for those
// that only compute or access memory: tables made from ops.def.

#pragma once

#include <optional>

#include "code/op.hpp"
#include "wasm/opcodes.hpp"

namespace reprise::code {

enum class Form : uint8_t {
  none,  // control, variables, bulk operations…: the emitter has a rule of its own
  unary,
  binary,
  binary_int,  // with a constant form, the next Op
  load,
  store,
  // Vectors and atomics. Their accesses to memory have one form: c = memory, word 1 = offset.
  ternary,
  extract_lane,
  replace_lane,
  checked_load,
  checked_store,
  load_lane,
  store_lane,
  atomic_rmw,
  atomic_cmpxchg,
};

struct LoweringRule {
  Form form = Form::none;
  Op op{};
};

const LoweringRule& rule_for(wasm::Opcode opcode);

/// What is known of a comparison: its branches, its opposite, its mirror.
struct Comparison {
  bool is_comparison = false;
  bool is_float = false;
  bool has_constant = false;
  Op inverse{};  // integers: the opposite, with a constant if this has one
  Op swapped{};  // with operands exchanged; not for the constant form
};

const Comparison& comparison(Op op);

/// Has the result in `made`, too, for the instruction behind it.
bool leaves_made(Op op);
/// The form that takes its left operand (a load: the address, a store: the value) from `made`, if
/// any.
std::optional<Op> form_with_made(Op op);
/// The opposite; `op` itself if it is no such form.
Op form_without_made(Op op);

/// One instruction for both, if pairs.def has it; `words` are the first one's.
std::optional<Op> pair_of(Op first, Op second, uint32_t words);

/// The branch that is taken if the comparison holds (or, for floats, if `negated`, doesn't).
Op fused_branch(Op comparison_op, bool negated, bool back);

/// Operands may be exchanged without a change of instruction.
bool is_commutative(Op op);

}  // namespace reprise::code
