// Which slots of a function's frames may name objects of the heap, at the places where a collection
// may come: for the collector, which must keep alive what is still used, and nothing else.
//
// Code stores nothing of this. The first collection that meets a function runs the walk over it
// once more, with the emitter that lowered it, and notes what it needs: locals of reference types
// count everywhere; operands, at instructions that allocate or call. An operand that folded code
// reads from a local, or knows as a constant, has no slot of its own and needs none: the local has.
// So a function costs a second lowering when a collection first meets it, and some words of memory
// from then on.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "code/emitter.hpp"
#include "wasm/walk.hpp"

namespace reprise::code {

struct RootMap {
  /// An instruction that may collect: its words, and its operands that count. Of those, the first
  /// `in_call` lie below the arguments, which are the callee's while it runs.
  struct Point {
    uint32_t begin;
    uint32_t end;
    uint32_t first;
    uint32_t before;
    uint32_t in_call;
  };
  std::vector<Place> locals;
  std::vector<Place> operands;  // of all points
  std::vector<Point> points;    // ascending

  /// The point whose words `word` is among; null if it is at none.
  const Point* at(size_t word) const;
  std::span<const Place> before(const Point& p) const {
    return {operands.data() + p.first, p.before};
  }
  std::span<const Place> in_call(const Point& p) const {
    return {operands.data() + p.first, p.in_call};
  }
};

/// Stands between the walk and an emitter, and writes the map.
class RootMapper {
 public:
  RootMapper(Emitter& emitter, const wasm::TypeRegistry& types, RootMap& map)
      : emitter_(emitter), types_(types), map_(map) {
    map_ = {};
  }

  void begin(const wasm::WalkState& state);
  void on(const wasm::Instruction& i, const wasm::WalkState& state);
  void on_block(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label);
  void on_else(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label);
  void on_end(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label);

 private:
  void note_point(const wasm::Instruction& i);
  /// What lies from `height` on is as the walk has it now.
  void take_types(const wasm::WalkState& state, size_t height);

  Emitter& emitter_;
  const wasm::TypeRegistry& types_;
  RootMap& map_;
  std::vector<bool> counts_;  // of each operand, as the walk had it before the instruction
};

}  // namespace reprise::code
