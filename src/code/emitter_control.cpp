// Blocks and branches.
//
// A branch forward is written with an empty distance and entered in its label's list of patches;
// the label's end fills them in. Values that a branch carries are moved to the label's slots on the
// way: before a branch that is always taken, and behind a jump over them where it is conditional.

#include <algorithm>

#include "base/check.hpp"
#include "code/emitter.hpp"

namespace reprise::code {

namespace {

/// Up to this many values are moved one by one, more with one copy from home to home.
constexpr uint32_t kSingleMoves = 4;

}  // namespace

void Emitter::add_patch(uint32_t& list, Patch patch) {
  patch.next = list;
  list = static_cast<uint32_t>(patches_.size());
  patches_.push_back(patch);
}

void Emitter::patch_to_here(const Patch& patch) {
  if (patch.field == Patch::Field::clause) {
    catches_[patch.word].clauses[patch.entry].target = here();
    return;
  }
  const uint32_t distance = here() - patch.word;
  Word& word = words_[patch.word];
  switch (patch.field) {
    case Patch::Field::near:
      if (distance > INT16_MAX) too_far_ = true;
      word = (word & 0x0000'ffff'ffff'ffff) | Word{distance & 0xffff} << 48;
      return;
    case Patch::Field::far:
      word = (word & 0xffff'ffff) | Word{distance} << 32;
      return;
    case Patch::Field::table: {
      Word& pair = words_[patch.word + 1 + patch.entry / 2];
      const unsigned shift = patch.entry % 2 * 32;
      pair = (pair & ~(Word{0xffff'ffff} << shift)) | Word{distance} << shift;
      return;
    }
    case Patch::Field::clause:
      return;
  }
}

void Emitter::bind(uint32_t& list) {
  for (; list != kNothing; list = patches_[list].next) patch_to_here(patches_[list]);
  seal();
}

/// A jump to a label whose values are in place.
void Emitter::jump(Target& target) {
  if (target.is_loop) {
    emit(make_word_32(Op::back, 0, target.start - here()));
  } else {
    add_patch(target.patches, {Patch::Field::far, here(), 0, 0});
    emit(make_word_32(Op::br, 0, 0));
  }
}

Emitter::Condition Emitter::take_condition() {
  const Value value = pop();
  if (value.kind == Value::Kind::home && last_ != kNothing && options_.fuse_branches) {
    const Word word = words_[last_];
    const Op op = op_of(&word);
    const auto field = [word](int n) { return static_cast<int16_t>(word >> (16 * n)); };
    if (comparison(op).is_comparison && field(1) == value.home) {
      take_back();
      // If it took its left operand from the instruction before, so can the branch.
      if (form_without_made(op) != op) made_ = field(2);
      return {form_without_made(op), field(2), field(3), true};
    }
  }
  const Place place = use(value);
  return {Op::br_if, place, 0, false};
}

Emitter::Patch Emitter::branch_forward(const Condition& condition, bool negated) {
  Patch patch{condition.is_fused ? Patch::Field::near : Patch::Field::far, here(), 0, 0};
  if (condition.is_fused) {
    const Op op = fused_branch(condition.op, negated, false);
    emit(make_word(with_made(op, condition.a), condition.a, condition.b));
  } else {
    const Op op = negated ? Op::br_unless : Op::br_if;
    emit(make_word_32(with_made(op, condition.a), condition.a, 0));
  }
  return patch;
}

void Emitter::branch_back(const Condition& condition, uint32_t target) {
  const auto distance = static_cast<int32_t>(target - here());
  if (condition.is_fused) {
    if (distance < INT16_MIN) too_far_ = true;
    const Op op = with_made(fused_branch(condition.op, false, true), condition.a);
    emit(make_word(op, condition.a, condition.b, distance));
  } else {
    emit(make_word_32(with_made(Op::back_if, condition.a), condition.a,
                      static_cast<uint32_t>(distance)));
  }
}

bool Emitter::needs_moves(const wasm::Label& label, uint32_t count) {
  if (label.kind == wasm::LabelKind::function) return true;
  Place to = operand_place(label.slot);
  for (uint32_t n = count; n != 0; --n) {
    const Value& value = top(n - 1);
    if (value.kind != Value::Kind::home || value.home != to) return true;
    to += value.slots;
  }
  return false;
}

/// The topmost values go where the label wants them. Ascending: a home is never below its target.
void Emitter::move_to_label(const wasm::Label& label) {
  const auto count = static_cast<uint32_t>(label.branch_types().size());
  if (count == 0) return;
  Place to = operand_place(label.slot);
  if (count > kSingleMoves) {
    materialize_top(count);
    const Place from = top(count - 1).home;
    if (from != to)
      emit(make_word(Op::copy_n, to, from, static_cast<int32_t>(label.branch_slots())));
    return;
  }
  for (uint32_t n = count; n != 0; --n) {
    const Value& value = top(n - 1);
    move(value, to);
    to += value.slots;
  }
}

void Emitter::return_values(std::span<const wasm::ValueType> types) {
  const auto count = static_cast<uint32_t>(types.size());
  if (count > 1) {
    // Their new places are the frame's first slots, which locals among them may still be read from.
    materialize_top(count);
    returns_.push_back(here());
    emit(make_word(Op::return_n, top(count - 1).home, frame_start()));
    emit_more(wasm::slots_of(types));
  } else if (count == 1) {
    const Value value = top();
    const Place from = use(value);
    returns_.push_back(here());
    emit(make_word(value.slots == 1 ? Op::return_1 : Op::return_2, from, frame_start()));
  } else {
    returns_.push_back(here());
    emit(make_word(Op::return_0));
  }
}

void Emitter::br(const wasm::WalkState& state, uint32_t depth) {
  const wasm::Label& label = state.label(depth);
  if (label.kind == wasm::LabelKind::function) {
    return_values(label.results());
    return;
  }
  move_to_label(label);
  jump(targets_[targets_.size() - 1 - depth]);
}

void Emitter::br_if(const wasm::WalkState& state, uint32_t depth, const Condition& condition) {
  const wasm::Label& label = state.label(depth);
  const auto count = static_cast<uint32_t>(label.branch_types().size());
  Target& target = targets_[targets_.size() - 1 - depth];
  if (!needs_moves(label, count)) {
    if (target.is_loop) {
      branch_back(condition, target.start);
    } else {
      add_patch(target.patches, branch_forward(condition, false));
    }
    return;
  }
  const Patch over = branch_forward(condition, true);
  taken_path(state, depth);
  patch_to_here(over);
  seal();
}

void Emitter::taken_path(const wasm::WalkState& state, uint32_t depth) {
  // Code here may send values home; on the other path they are where they were.
  const size_t count = state.label(depth).branch_types().size();
  const std::vector<Value> before(values_.end() - static_cast<ptrdiff_t>(count), values_.end());
  const std::vector<uint32_t> in_locals = in_locals_;
  br(state, depth);
  std::copy(before.begin(), before.end(), values_.end() - static_cast<ptrdiff_t>(count));
  in_locals_ = in_locals;
}

void Emitter::br_table(const wasm::Instruction& i, const wasm::WalkState& state) {
  const Value index = pop();
  const auto count = static_cast<uint32_t>(state.label(i.labels.back()).branch_types().size());
  const Place place = use(index);
  materialize_top(count);
  const uint32_t at = here();
  const auto size = static_cast<uint32_t>(i.labels.size());
  emit(make_word_32(Op::br_table, place, size - 1));
  words_.resize(words_.size() + (size + 1) / 2);

  // Labels that need their values moved, or that are behind us, are reached over a stub each.
  std::vector<std::pair<uint32_t, uint32_t>> stubs;  // depth, patches
  std::vector<uint32_t> order(size);
  for (uint32_t k = 0; k < size; ++k) order[k] = k;
  std::sort(order.begin(), order.end(), [&](uint32_t x, uint32_t y) {
    return i.labels[x] != i.labels[y] ? i.labels[x] < i.labels[y] : x < y;
  });
  for (uint32_t k : order) {
    const uint32_t depth = i.labels[k];
    Target& target = targets_[targets_.size() - 1 - depth];
    const Patch patch{Patch::Field::table, at, k, 0};
    if (!target.is_loop && !needs_moves(state.label(depth), count)) {
      add_patch(target.patches, patch);
    } else {
      if (stubs.empty() || stubs.back().first != depth) stubs.emplace_back(depth, kNothing);
      add_patch(stubs.back().second, patch);
    }
  }
  for (auto& [depth, patches] : stubs) {
    bind(patches);
    br(state, depth);
  }
}

void Emitter::br_on_null(const wasm::Instruction& i, const wasm::WalkState& state) {
  // The reference stays on the stack when the branch is not taken.
  const Value reference = pop();
  const Place place = use(reference);
  const wasm::Label& label = state.label(i.index);
  const auto count = static_cast<uint32_t>(label.branch_types().size());
  Target& target = targets_[targets_.size() - 1 - i.index];
  if (!target.is_loop && !needs_moves(label, count)) {
    add_patch(target.patches, {Patch::Field::far, here(), 0, 0});
    emit(make_word_32(Op::br_on_null, place, 0));
  } else {
    const Patch over{Patch::Field::far, here(), 0, 0};
    emit(make_word_32(Op::br_on_non_null, place, 0));
    taken_path(state, i.index);
    patch_to_here(over);
    seal();
  }
  if (reference.kind == Value::Kind::local) {
    push_local(reference.local, 1, reference.home);
  } else {
    push_home(reference.home, 1);
  }
}

void Emitter::br_on_non_null(const wasm::Instruction& i, const wasm::WalkState& state) {
  // The reference is the last of the values that the branch carries, and gone otherwise.
  if (top().kind == Value::Kind::constant) materialize_top(1);
  const Patch over{Patch::Field::far, here(), 0, 0};
  emit(make_word_32(Op::br_on_null, use(top()), 0));
  taken_path(state, i.index);
  patch_to_here(over);
  seal();
  pop();
}

void Emitter::on_block(const wasm::Instruction& i, const wasm::WalkState& state,
                       const wasm::Label& label) {
  note(i);
  if (i.op == wasm::Opcode::if_) meter(i);
  Condition condition;
  if (i.op == wasm::Opcode::if_) condition = take_condition();
  if (i.op != wasm::Opcode::block) end_row();
  // From here on, paths part and meet again: what they share must be in the same place on all.
  settle_locals();
  materialize_top(static_cast<uint32_t>(label.parameters().size()));
  Target target;
  if (i.op == wasm::Opcode::if_) {
    add_patch(target.else_patch, branch_forward(condition, true));
  } else if (i.op == wasm::Opcode::loop) {
    // No two loops begin at one word, and none where the function does, so that the place where a
    // run stopped at a tick says which it was.
    if (here() == loop_start_) emit(make_word_32(Op::br, 0, 1));
    target.is_loop = true;
    target.start = loop_start_ = here();
    if (options_.map != nullptr)
      options_.map->loops.push_back({here(), options_.map->events.size() - 1});
  } else if (i.op == wasm::Opcode::try_table) {
    begin_try(i, state, target);
  }
  seal();
  targets_.push_back(target);
}

void Emitter::on_else(const wasm::Instruction& i, const wasm::WalkState&,
                      const wasm::Label& label) {
  note(i, i.falls);
  end_row();
  Target& target = targets_.back();
  if (i.falls) {
    materialize_top(static_cast<uint32_t>(label.results().size()));
    jump(target);
  }
  bind(target.else_patch);
  cut(label.value_height);
  push_types(label.parameters(), label.slot);
}

void Emitter::on_end(const wasm::Instruction& i, const wasm::WalkState&, const wasm::Label& label) {
  note(i, i.falls);
  end_row();
  Target& target = targets_.back();
  if (label.kind == wasm::LabelKind::function) {
    if (i.falls) return_values(label.results());
    REPRISE_CHECK(target.patches == kNothing);
    return;
  }
  if (i.falls) materialize_top(static_cast<uint32_t>(label.results().size()));
  if (target.catches != kNothing) end_try(target);
  bind(target.else_patch);
  bind(target.patches);
  targets_.pop_back();
  cut(label.value_height);
  push_types(label.results(), label.slot);
}

}  // namespace reprise::code
