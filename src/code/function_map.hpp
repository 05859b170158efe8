// Where a function's instructions are in its code, and where its values are in a frame. Both come
// from running the walk again with an emitter that notes them: nothing is stored with code.
//
// The walk meets the same instructions in the same order whatever is emitted, so the number of an
// instruction in that order, its *event*, is what folded and observed code have in common. An `end`
// or `else` that control cannot fall into is no event: it never runs.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wasm/types.hpp"

namespace reprise::code {

/// Slots relative to fp.
using Place = int32_t;

struct FunctionMap {
  struct Event {
    /// Where the code of this instruction begins.
    uint32_t word;
    /// In the module.
    uint32_t offset;
    /// What is emitted from here on depends on no register.
    bool is_clean;
  };
  struct Loop {
    /// Where branches back go.
    uint32_t word;
    /// Of the `loop` itself.
    size_t event;
  };
  std::vector<Event> events;
  std::vector<Loop> loops;  // ascending
  size_t words = 0;

  /// The instruction that the word belongs to: what runs, and is not finished, when pc is there.
  std::optional<size_t> event_in(size_t word) const;
  /// The instruction that runs next when a run has stopped at that word.
  std::optional<size_t> event_at(size_t word) const;
  /// Where to go on in order to run that instruction next, if there is such a place. Folded code
  /// has one at ticks and at most instructions behind stores, calls and labels.
  std::optional<size_t> word_before(size_t event) const;
  std::optional<size_t> event_of_offset(uint64_t offset) const;

 private:
  const Loop* loop_at(size_t word) const;
};

/// The values of a frame at one instruction.
struct FrameLayout {
  struct Local {
    wasm::ValueType type;
    Place place;
  };
  struct Operand {
    wasm::ValueType type;
    Place home;
    /// Where it is now; the home, or a local's place. Constants are nowhere but here.
    Place place;
    bool is_constant;
    uint64_t bits;
    uint64_t bits_high;
  };
  std::vector<Local> locals;
  std::vector<Operand> operands;  // bottom first
  /// Of the call that the frame is in: what it calls. Null where it is in none.
  const wasm::FuncType* callee = nullptr;
};

}  // namespace reprise::code
