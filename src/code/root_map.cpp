#include "code/root_map.hpp"

#include <algorithm>

#include "runtime/heap.hpp"

namespace reprise::code {

namespace {

/// Instructions in which a collection may come.
bool may_collect(wasm::Opcode op) {
  using wasm::Opcode;
  switch (op) {
    case Opcode::call:
    case Opcode::call_indirect:
    case Opcode::call_ref:
    case Opcode::struct_new:
    case Opcode::struct_new_default:
    case Opcode::array_new:
    case Opcode::array_new_default:
    case Opcode::array_new_fixed:
    case Opcode::array_new_data:
    case Opcode::array_new_elem:
    case Opcode::throw_:
      return true;
    default:
      return false;
  }
}

}  // namespace

const RootMap::Point* RootMap::at(size_t word) const {
  const auto behind = std::upper_bound(points.begin(), points.end(), word,
                                       [](size_t w, const Point& p) { return w < p.begin; });
  if (behind == points.begin() || word >= behind[-1].end) return nullptr;
  return &behind[-1];
}

void RootMapper::begin(const wasm::WalkState& state) {
  emitter_.begin(state);
  const auto types = state.locals();
  for (uint32_t n = 0; n < types.size(); ++n)
    if (runtime::may_name_object(types_, types[n]))
      map_.locals.push_back(emitter_.local_place(state.local_slot(n)));
}

void RootMapper::on(const wasm::Instruction& i, const wasm::WalkState& state) {
  const bool is_point = may_collect(i.op);
  if (is_point) note_point(i);
  emitter_.on(i, state);
  if (is_point) map_.points.back().end = emitter_.here();
  take_types(state, state.value_count() - i.result_count);
}

void RootMapper::note_point(const wasm::Instruction& i) {
  RootMap::Point point{emitter_.here(), 0, static_cast<uint32_t>(map_.operands.size()), 0, 0};
  const size_t below = counts_.size() - i.operand_count;
  for (size_t n = 0; n < counts_.size(); ++n) {
    if (!counts_[n]) continue;
    const auto home = emitter_.home_of(n);
    if (!home) continue;
    map_.operands.push_back(*home);
    ++point.before;
    if (n < below) ++point.in_call;
  }
  map_.points.push_back(point);
}

void RootMapper::take_types(const wasm::WalkState& state, size_t height) {
  counts_.resize(std::min(counts_.size(), height));
  const auto values = state.values();
  for (size_t n = counts_.size(); n < values.size(); ++n)
    counts_.push_back(runtime::may_name_object(types_, values[n]));
}

void RootMapper::on_block(const wasm::Instruction& i, const wasm::WalkState& state,
                          const wasm::Label& label) {
  emitter_.on_block(i, state, label);
  take_types(state, label.value_height);
}

void RootMapper::on_else(const wasm::Instruction& i, const wasm::WalkState& state,
                         const wasm::Label& label) {
  emitter_.on_else(i, state, label);
  take_types(state, label.value_height);
}

void RootMapper::on_end(const wasm::Instruction& i, const wasm::WalkState& state,
                        const wasm::Label& label) {
  emitter_.on_end(i, state, label);
  take_types(state, label.value_height);
}

}  // namespace reprise::code
