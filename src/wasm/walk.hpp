// The walk: one pass over a function body that validates it and drives an emitter.
//
// Everything that works on function bodies needs the same facts at each instruction: the decoded
// immediates, what is on the operand stack, where each operand lives in the frame, where a branch
// goes and what it carries. Computing them *is* validation (spec: appendix/algorithm), so it is
// done once, here, and whatever produces code (register code, LLVM IR, debug maps) is an *emitter*
// that is told the results.
//
//   struct Count {
//     int calls = 0;
//     void begin(const WalkState&) {}
//     void on(const Instruction& i, const WalkState&) { calls += i.op == Opcode::call; }
//     void on_block(const Instruction&, const WalkState&, const Label&) {}
//     void on_else(const Instruction&, const WalkState&, const Label&) {}
//     void on_end(const Instruction&, const WalkState&, const Label&) {}
//   };
//   Count count;
//   Result<FunctionShape> shape = walk_function(module, 7, scratch, count);
//
// What an emitter may rely on:
//
// - It hears of reachable instructions only. Unreachable code is validated in silence. A block that
// was
//   entered in reachable code always gets its on_end (and an `if`, its on_else), with `falls`
//   telling whether control can reach that point by falling into it. What follows on_end counts as
//   reachable.
// - Events come after the instruction was checked: `WalkState` shows the stacks *after* it, the
// Instruction
//   says what it took (`operand_count` values in slots [base, base + operand_slots)) and what it
//   left (`result_count` values from `base` on).
//   So an emitter that keeps descriptors of its own beside the operand stack pops operand_count of
//   them and pushes result_count; at on_else and on_end it cuts its stack to label.value_height and
//   pushes the label's parameters or results.
// - Slots: a frame is a row of 8-byte slots. Parameters first, then the other locals, then the
// operand
//   stack; v128 takes two slots, everything else one. Slots are absolute frame slots everywhere.
// - A branch to label L carries L.branch_types() in the topmost L.branch_slots() slots of the
// operand
//   stack; they belong at L.slot. Depth 0 is the innermost label; `state.label(depth)` gives it.
//   The outermost label is the function: branching there returns.
// - An error may come after events were sent, so an emitter's output is only good if the walk
// succeeds.
//
// The frame's size depends on locals and the greatest operand height of reachable code alone: that
// makes it the stack charge of a call, the same for every emitter.

#pragma once

#include "reprise/result.hpp"
#include "wasm/module.hpp"
#include "wasm/walk_state.hpp"

namespace reprise::wasm {

/// Walks the body of function `index`, which must not be an import. Use one scratch for many
/// functions.
template <class Emitter>
Result<FunctionShape> walk_function(const Module& module, uint32_t index, WalkScratch& scratch,
                                    Emitter& emitter) {
  WalkState state(module, index, scratch);
  if (!state.begin()) return fail(state.take_error());
  emitter.begin(std::as_const(state));
  Instruction instruction;
  while (true) {
    switch (state.step(instruction)) {
      case Step::skip:
        break;
      case Step::plain:
        emitter.on(instruction, std::as_const(state));
        break;
      case Step::block:
        emitter.on_block(instruction, std::as_const(state), state.label(0));
        break;
      case Step::else_:
        emitter.on_else(instruction, std::as_const(state), state.label(0));
        break;
      case Step::end:
        emitter.on_end(instruction, std::as_const(state), state.ended());
        break;
      case Step::finished:
        emitter.on_end(instruction, std::as_const(state), state.ended());
        return state.shape();
      case Step::failed:
        return fail(state.take_error());
    }
  }
}

}  // namespace reprise::wasm
