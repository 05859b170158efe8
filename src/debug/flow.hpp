// What the instructions of a function do to its operand stack, from one walk over it: how high it
// stands before each of them, what each takes and leaves, and where branches carry values. All of
// that is the same at every visit (spec: validation), so the instruction that put a value there is
// found by looking back for the last one that could have.

#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "wasm/module.hpp"
#include "wasm/opcodes.hpp"

namespace reprise::debug {

/// The topmost `count` values go to `base`, counted from the bottom of the stack.
struct Carry {
  uint32_t base = 0;
  uint32_t count = 0;
};

struct FlowStep {
  uint32_t offset = 0;
  wasm::Opcode op = wasm::Opcode::nop;
  /// As wasm::Instruction has them.
  uint32_t index = 0;
  uint32_t index2 = 0;
  uint64_t bits = 0;
  uint8_t lane = 0;
  /// Values on the stack before it; of those it takes so many from the top, and leaves others.
  uint32_t height = 0;
  uint32_t operands = 0;
  uint32_t results = 0;
  /// Branches: one for each place they may lead to.
  std::vector<Carry> carries;

  uint32_t first_operand() const { return height - operands; }
  /// Behind it, the value may be another than before.
  bool changes_operand(uint32_t operand) const;
};

class FunctionFlow {
 public:
  /// Of a function that is not imported.
  static Result<FunctionFlow> of(const wasm::Module& module, uint32_t function);

  /// Null where no instruction begins that can be reached.
  const FlowStep* at(uint64_t offset) const;
  const std::vector<FlowStep>& steps() const { return steps_; }
  /// Of the first instruction, which runs once in each call.
  uint32_t entry() const { return steps_.empty() ? 0 : steps_.front().offset; }
  /// An exception that is caught may have put a value there.
  bool may_be_caught(uint32_t operand) const;

 private:
  friend class FlowEmitter;
  std::vector<FlowStep> steps_;
  std::vector<Carry> caught_;
  std::unordered_map<uint64_t, size_t> by_offset_;
};

}  // namespace reprise::debug
