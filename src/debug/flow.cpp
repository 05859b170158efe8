#include "debug/flow.hpp"

#include <algorithm>

#include "wasm/walk.hpp"

namespace reprise::debug {

using wasm::Instruction;
using wasm::Label;
using wasm::Opcode;
using wasm::WalkState;

namespace {

bool is_in(const Carry& carry, uint32_t operand) {
  return operand >= carry.base && operand - carry.base < carry.count;
}

}  // namespace

bool FlowStep::changes_operand(uint32_t operand) const {
  if (is_in({first_operand(), results}, operand)) return true;
  return std::ranges::any_of(carries, [&](const Carry& c) { return is_in(c, operand); });
}

class FlowEmitter {
 public:
  explicit FlowEmitter(FunctionFlow& flow) : flow_(flow) {}

  void begin(const WalkState&) {}
  void on(const Instruction& i, const WalkState& state) {
    FlowStep& step = add(i);
    step.results = i.result_count;
    step.operands = i.operand_count;
    // What follows a branch without condition is not reached: there the stack is another.
    step.height = leaves(i.op) ? height_ : state.value_count() - i.result_count + i.operand_count;
    for (const uint32_t depth : branch_depths(i)) step.carries.push_back(carry(state, depth));
    height_ = step.height - step.operands + step.results;
  }
  void on_block(const Instruction& i, const WalkState& state, const Label&) {
    FlowStep& step = add(i);
    step.operands = i.op == Opcode::if_ ? 1 : 0;
    height_ = state.value_count();
    step.height = height_ + step.operands;
    for (const wasm::Catch& clause : i.catches)
      flow_.caught_.push_back(carry(state, clause.label + 1));
  }
  void on_else(const Instruction& i, const WalkState& state, const Label& label) {
    if (i.falls) add(i).height = label.value_height + count(label.results());
    height_ = state.value_count();
  }
  void on_end(const Instruction& i, const WalkState&, const Label& label) {
    height_ = label.value_height + count(label.results());
    if (i.falls) add(i).height = height_;
  }

 private:
  static uint32_t count(std::span<const wasm::ValueType> types) {
    return static_cast<uint32_t>(types.size());
  }
  static bool leaves(Opcode op) {
    switch (op) {
      case Opcode::unreachable:
      case Opcode::br:
      case Opcode::br_table:
      case Opcode::return_:
      case Opcode::throw_:
      case Opcode::throw_ref:
      case Opcode::return_call:
      case Opcode::return_call_indirect:
      case Opcode::return_call_ref:
        return true;
      default:
        return false;
    }
  }
  static std::vector<uint32_t> branch_depths(const Instruction& i) {
    switch (i.op) {
      case Opcode::br:
      case Opcode::br_if:
      case Opcode::br_on_null:
      case Opcode::br_on_non_null:
      case Opcode::br_on_cast:
      case Opcode::br_on_cast_fail:
        return {i.index};
      case Opcode::br_table:
        return {i.labels.begin(), i.labels.end()};
      default:
        return {};
    }
  }
  static Carry carry(const WalkState& state, uint32_t depth) {
    const Label& label = state.label(depth);
    return {label.value_height, count(label.branch_types())};
  }
  FlowStep& add(const Instruction& i) {
    flow_.by_offset_[i.offset] = flow_.steps_.size();
    FlowStep& step = flow_.steps_.emplace_back();
    step.offset = i.offset;
    step.op = i.op;
    step.index = i.index;
    step.index2 = i.index2;
    step.bits = i.bits;
    step.lane = i.lane;
    return step;
  }

  FunctionFlow& flow_;
  uint32_t height_ = 0;  // behind the last instruction
};

Result<FunctionFlow> FunctionFlow::of(const wasm::Module& module, uint32_t function) {
  FunctionFlow flow;
  wasm::WalkScratch scratch;
  FlowEmitter emitter(flow);
  REPRISE_TRY(wasm::walk_function(module, function, scratch, emitter));
  return flow;
}

const FlowStep* FunctionFlow::at(uint64_t offset) const {
  const auto found = by_offset_.find(offset);
  return found == by_offset_.end() ? nullptr : &steps_[found->second];
}

bool FunctionFlow::may_be_caught(uint32_t operand) const {
  return std::ranges::any_of(caught_, [&](const Carry& c) { return is_in(c, operand); });
}

}  // namespace reprise::debug
