// Structs, arrays, casts, exceptions.

#include <algorithm>

#include "base/check.hpp"
#include "code/emitter.hpp"
#include "runtime/heap.hpp"

namespace reprise::code {

using wasm::Opcode;

namespace {

/// The instruction for elements of that size: `first` is the one for the smallest.
Op sized(Op first, uint32_t steps) {
  return static_cast<Op>(static_cast<uint32_t>(first) + steps);
}

}  // namespace

uint32_t Emitter::slot_of_field(wasm::TypeId type, uint32_t field) {
  // Computed once for each type that the function uses: structs may have thousands of fields.
  std::vector<uint32_t>& slots = field_slots_[type.value];
  if (slots.empty()) {
    uint32_t next = 0;
    for (const wasm::FieldType& f : (*module_.registry)[type].struct_type()->fields) {
      slots.push_back(next);
      next += f.value.slots();
    }
  }
  return slots[field];
}

void Emitter::struct_access(const wasm::Instruction& i) {
  const wasm::FieldType& field = (*module_.registry)[i.type_id].struct_type()->fields[i.index2];
  const auto slot = static_cast<int32_t>(slot_of_field(i.type_id, i.index2));
  const bool wide = field.value.slots() == 2;
  if (i.op == Opcode::struct_set) {
    const Value value = pop();
    const Place reference = use(pop());
    const Place value_place = use(value);
    emit(make_word(wide ? Op::struct_set_2 : Op::struct_set, value_place, reference, slot));
    return;
  }
  const bool is_signed = i.op == Opcode::struct_get_s;
  Op op = wide ? Op::struct_get_2 : Op::struct_get;
  if (field.packing == wasm::Packing::i8) op = is_signed ? Op::struct_get_8s : Op::struct_get_8u;
  if (field.packing == wasm::Packing::i16) op = is_signed ? Op::struct_get_16s : Op::struct_get_16u;
  const Place reference = use(pop());
  const Place home = operand_place(i.base);
  emit_result(make_word(op, home, reference, slot));
  push_home(home, i.result_slots);
}

void Emitter::array_access(const wasm::Instruction& i) {
  const wasm::FieldType& element = (*module_.registry)[i.type_id].array()->element;
  const uint32_t log2 = runtime::Heap::element_log2(element);
  if (i.op == Opcode::array_set) {
    const Value value = pop();
    const Value index = pop();
    const Place reference = use(pop());
    const Place index_place = use(index);
    const Place value_place = use(value);
    emit(make_word(sized(Op::array_set_8, log2), value_place, reference, index_place));
    return;
  }
  Op op = sized(Op::array_get_32, log2 >= 2 ? log2 - 2 : 0);
  const bool is_signed = i.op == Opcode::array_get_s;
  if (log2 == 0) op = is_signed ? Op::array_get_8s : Op::array_get_8u;
  if (log2 == 1) op = is_signed ? Op::array_get_16s : Op::array_get_16u;
  const Value index = pop();
  const Place reference = use(pop());
  const Place index_place = use(index);
  const Place home = operand_place(i.base);
  emit_result(make_word(op, home, reference, index_place));
  push_home(home, i.result_slots);
}

/// Those that find their operands in a row, and leave their result at its beginning.
void Emitter::object_row(const wasm::Instruction& i) {
  materialize_top(i.operand_count);
  const auto element_log2 = [&] {
    return static_cast<int32_t>(
        runtime::Heap::element_log2((*module_.registry)[i.type_id].array()->element));
  };
  const bool is_fixed = i.op == Opcode::struct_new || i.op == Opcode::struct_new_default ||
                        i.op == Opcode::array_new_fixed;
  if (!is_fixed) meter_bulk(static_cast<uint32_t>(element_log2()));
  for (uint32_t n = 0; n < i.operand_count; ++n) pop();
  const Place base = operand_place(i.base);
  switch (i.op) {
    case Opcode::struct_new:
      emit(make_word(Op::struct_new, base, static_cast<int32_t>(i.operand_slots)));
      emit_more(i.type_id.value);
      break;
    case Opcode::struct_new_default:
      emit(make_word(Op::struct_new_default, base));
      emit_more(i.type_id.value);
      break;
    case Opcode::array_new:
      emit(make_word(Op::array_new, base));
      emit_more(i.type_id.value);
      break;
    case Opcode::array_new_default:
      emit(make_word(Op::array_new_default, base));
      emit_more(i.type_id.value);
      break;
    case Opcode::array_new_fixed:
      emit(make_word(Op::array_new_fixed, base));
      emit_more(i.type_id.value);
      emit_more(i.index2);
      break;
    case Opcode::array_new_data:
      emit(make_word(Op::array_new_data, base));
      emit_more(i.type_id.value);
      emit_more(i.index2);
      break;
    case Opcode::array_new_elem:
      emit(make_word(Op::array_new_elem, base));
      emit_more(i.type_id.value);
      emit_more(i.index2);
      break;
    case Opcode::array_fill:
      emit(make_word(Op::array_fill, base, element_log2()));
      break;
    case Opcode::array_copy:
      emit(make_word(Op::array_copy, base, element_log2()));
      break;
    case Opcode::array_init_data:
      emit(make_word(Op::array_init_data, base, element_log2()));
      emit_more(i.index2);
      break;
    default:
      emit(make_word(Op::array_init_elem, base, element_log2()));
      emit_more(i.index2);
      break;
  }
  if (i.result_count != 0) push_home(base, 1);
}

void Emitter::object(const wasm::Instruction& i, const wasm::WalkState& state) {
  const Place home = operand_place(i.base);
  switch (i.op) {
    case Opcode::struct_get:
    case Opcode::struct_get_s:
    case Opcode::struct_get_u:
    case Opcode::struct_set:
      struct_access(i);
      break;
    case Opcode::array_get:
    case Opcode::array_get_s:
    case Opcode::array_get_u:
    case Opcode::array_set:
      array_access(i);
      break;
    case Opcode::array_len: {
      const Place reference = use(pop());
      emit_result(make_word(Op::array_len, home, reference));
      push_home(home, 1);
      break;
    }
    case Opcode::ref_i31:
    case Opcode::i31_get_s:
    case Opcode::i31_get_u: {
      const Op op = i.op == Opcode::ref_i31     ? Op::ref_i31
                    : i.op == Opcode::i31_get_s ? Op::i31_get_s
                                                : Op::i31_get_u;
      const Place x = use(pop());
      emit_result(make_word(op, home, x));
      push_home(home, 1);
      break;
    }
    case Opcode::any_convert_extern:
    case Opcode::extern_convert_any:
      break;  // the same slot (runtime/value.hpp)
    case Opcode::ref_test:
    case Opcode::ref_test_null: {
      const Place reference = use(pop());
      emit_result(make_word(Op::ref_test, home, reference));
      emit_more(i.type.bits());
      push_home(home, 1);
      break;
    }
    case Opcode::ref_cast:
    case Opcode::ref_cast_null:
      if (top().kind == Value::Kind::constant) materialize_top(1);
      emit(make_word(Op::ref_cast, use(top())));
      emit_more(i.type.bits());
      break;
    case Opcode::br_on_cast:
    case Opcode::br_on_cast_fail:
      br_on_cast(i, state);
      break;
    case Opcode::throw_: {
      materialize_top(i.operand_count);
      emit(make_word_32(Op::throw_, home, i.index));
      break;
    }
    case Opcode::throw_ref: {
      const Place reference = use(pop());
      emit(make_word(Op::throw_ref, reference));
      break;
    }
    default:
      object_row(i);
      break;
  }
}

void Emitter::br_on_cast(const wasm::Instruction& i, const wasm::WalkState& state) {
  // The reference stays on the stack, and is the last of the values that the branch carries.
  if (top().kind == Value::Kind::constant) materialize_top(1);
  const Place place = use(top());
  const wasm::Label& label = state.label(i.index);
  const auto count = static_cast<uint32_t>(label.branch_types().size());
  Target& target = targets_[targets_.size() - 1 - i.index];
  const auto branch = [&](bool on_success) {
    const Patch patch{Patch::Field::far, here() + 1, 0, 0};
    emit(make_word(on_success ? Op::br_on_cast : Op::br_on_cast_fail, place));
    emit_more(i.type2.bits());
    return patch;
  };
  const bool on_success = i.op == Opcode::br_on_cast;
  if (!target.is_loop && !needs_moves(label, count)) {
    add_patch(target.patches, branch(on_success));
    return;
  }
  const Patch over = branch(!on_success);
  taken_path(state, i.index);
  patch_to_here(over);
  seal();
}

// try_table: its clauses are resolved to places and words, and found by the range of its body.

void Emitter::begin_try(const wasm::Instruction& i, const wasm::WalkState& state, Target& target) {
  target.catches = static_cast<uint32_t>(catches_.size());
  runtime::CatchRange& range = catches_.emplace_back();
  range.begin = here();
  for (const wasm::Catch& clause : i.catches) {
    const bool is_all =
        clause.kind == wasm::CatchKind::catch_all || clause.kind == wasm::CatchKind::catch_all_ref;
    const bool with_reference =
        clause.kind == wasm::CatchKind::catch_ref || clause.kind == wasm::CatchKind::catch_all_ref;
    const wasm::Label& label = state.label(clause.label + 1);
    runtime::CatchClause made{.tag = is_all ? runtime::CatchClause::kAnyTag : clause.tag,
                              .with_reference = with_reference,
                              .place = operand_place(label.slot)};
    // This try_table has no target yet, so depths count from its outside here, too.
    Target& to = targets_[targets_.size() - 1 - clause.label];
    if (label.kind == wasm::LabelKind::function) {
      made.target = runtime::CatchClause::kReturn;
    } else if (to.is_loop) {
      made.target = to.start;
      made.is_back = true;
    } else {
      add_patch(to.patches, {Patch::Field::clause, target.catches,
                             static_cast<uint32_t>(range.clauses.size()), 0});
    }
    range.clauses.push_back(made);
  }
}

void Emitter::end_try(const Target& target) {
  catches_[target.catches].end = here();
  catch_order_.push_back(target.catches);
}

std::vector<runtime::CatchRange> Emitter::take_catches() {
  std::vector<runtime::CatchRange> ordered;
  for (uint32_t index : catch_order_) ordered.push_back(std::move(catches_[index]));
  return ordered;
}

}  // namespace reprise::code
