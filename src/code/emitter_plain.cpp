// Everything that is no block and no branch.

#include "base/check.hpp"
#include "code/emitter.hpp"

namespace reprise::code {

using wasm::Opcode;

void Emitter::on(const wasm::Instruction& i, const wasm::WalkState& state) {
  note(i);
  meter(i);
  const LoweringRule& rule = rule_for(i.op);
  if (rule.form != Form::none) {
    compute(i, rule);
  } else {
    plain(i, state);
  }
  if (ends_row(i.op)) end_row();
}

void Emitter::compute(const wasm::Instruction& i, const LoweringRule& rule) {
  const Place home = operand_place(i.base);
  switch (rule.form) {
    case Form::unary: {
      const Place x = use(pop());
      emit_result(make_word(rule.op, home, x));
      break;
    }
    case Form::binary: {
      const Value y = pop();
      const Value x = pop();
      const Place x_place = use(x);
      const Place y_place = use(y);
      emit_result(make_word(rule.op, home, x_place, y_place));
      break;
    }
    case Form::binary_int:
      binary_int(i, rule.op);
      break;
    case Form::load:
      load(i, rule.op);
      break;
    case Form::store:
      store(i, rule.op);
      return;
    case Form::checked_store:
    case Form::store_lane:
      wide(i, rule);
      return;
    case Form::none:
      break;
    default:
      wide(i, rule);
      break;
  }
  push_home(home, i.result_slots);
}

namespace {

bool works_on_64_bits(Op op) {
  return name_of(op).starts_with("i64");
}

}  // namespace

void Emitter::binary_int(const wasm::Instruction& i, Op op) {
  Value y = pop();
  Value x = pop();
  const Place home = operand_place(i.base);
  // A constant on the left can change sides where the operation has a mirror.
  if (x.kind == Value::Kind::constant && y.kind != Value::Kind::constant) {
    if (is_commutative(op)) {
      std::swap(x, y);
    } else if (comparison(op).is_comparison) {
      std::swap(x, y);
      op = comparison(op).swapped;
    }
  }
  int16_t constant = 0;
  if (y.kind == Value::Kind::constant &&
      fits_constant_bits(y.bits, works_on_64_bits(op), &constant)) {
    const Place x_place = use(x);
    op = with_made(static_cast<Op>(static_cast<int>(op) + 1), x_place);
    emit_result(make_word(op, home, x_place, constant));
    return;
  }
  Place x_place = use(x);
  Place y_place = use(y);
  if (y_place == made_ && x_place != made_) {
    if (is_commutative(op)) {
      std::swap(x_place, y_place);
    } else if (comparison(op).is_comparison) {
      std::swap(x_place, y_place);
      op = comparison(op).swapped;
    }
  }
  emit_result(make_word(with_made(op, x_place), home, x_place, y_place));
}

/// eqz is a comparison with zero; right behind a comparison of integers, it turns that around.
void Emitter::equals_zero(const wasm::Instruction& i) {
  const Value x = pop();
  const Place home = operand_place(i.base);
  if (i.op == Opcode::i32_eqz && x.kind == Value::Kind::home && last_ != kNothing) {
    Word& word = words_[last_];
    const Comparison& known = comparison(op_of(&word));
    if (known.is_comparison && !known.is_float && static_cast<int16_t>(word >> 16) == x.home) {
      word = (word & ~Word{0xffff}) | static_cast<uint16_t>(known.inverse);
      push_home(home, 1);
      return;
    }
  }
  const Place place = use(x);
  const Op op = i.op == Opcode::i32_eqz ? Op::i32_eq_i : Op::i64_eq_i;
  emit_result(make_word(with_made(op, place), home, place, 0));
  push_home(home, 1);
}

bool Emitter::is_guarded(const wasm::Instruction& i) const {
  return i.index == 0 && options_.bounds == runtime::Bounds::guard_pages &&
         !module_.memories[0].is_64;
}

void Emitter::load(const wasm::Instruction& i, Op op) {
  const Place address = use(pop());
  const Place home = operand_place(i.base);
  if (is_guarded(i) && i.bits <= UINT16_MAX) {
    op = with_made(op, address);
    emit_result(make_word(op, home, address, static_cast<int32_t>(i.bits)));
  } else {
    const bool guarded = is_guarded(i);
    emit_result(make_word(static_cast<Op>(static_cast<int>(op) + (guarded ? 1 : 2)), home, address,
                          guarded ? 0 : static_cast<int32_t>(i.index)));
    emit_more(i.bits);
  }
}

void Emitter::store(const wasm::Instruction& i, Op op) {
  const Value value = pop();
  const Value address = pop();
  const Place address_place = use(address);
  const Place value_place = use(value);
  if (is_guarded(i) && i.bits <= UINT16_MAX) {
    op = with_made(op, value_place);
    emit(make_word(op, value_place, address_place, static_cast<int32_t>(i.bits)));
  } else {
    const bool guarded = is_guarded(i);
    emit(make_word(static_cast<Op>(static_cast<int>(op) + (guarded ? 1 : 2)), value_place,
                   address_place, guarded ? 0 : static_cast<int32_t>(i.index)));
    emit_more(i.bits);
  }
}

void Emitter::constant(uint64_t bits, uint64_t bits_high, uint32_t slots,
                       const wasm::Instruction& i) {
  values_.push_back({.kind = Value::Kind::constant,
                     .slots = static_cast<uint8_t>(slots),
                     .home = operand_place(i.base),
                     .bits = bits,
                     .bits_high = bits_high});
  if (options_.is_observed) materialize_top(1);
}

void Emitter::set_local(const wasm::Instruction& i) {
  const Place local = local_place(i.local_slot);
  const Value value = pop();
  const size_t waiting = in_locals_.size();
  const uint32_t maker = last_;
  settle_local(local);
  const bool fresh = in_locals_.size() == waiting;
  if (value.kind == Value::Kind::home && fresh && maker != kNothing &&
      static_cast<int16_t>(words_[maker] >> 16) == value.home) {
    // The instruction that made the value puts it into the local right away.
    words_[maker] = (words_[maker] & ~(Word{0xffff} << 16)) |
                    Word{static_cast<uint16_t>(static_cast<int16_t>(local))} << 16;
    last_ = kNothing;
    made_ = leaves_made(op_of(&words_[maker])) ? local : kNoPlace;
  } else if (value.kind != Value::Kind::local || value.local != local) {
    move(value, local);
    last_ = kNothing;
  }
  if (i.op != Opcode::local_tee) return;
  if (options_.is_observed) {
    push_home(value.home, value.slots);
  } else {
    push_local(local, value.slots, value.home);
  }
}

void Emitter::select(const wasm::Instruction& i) {
  const Value condition = pop();
  const Value no = pop();
  const Value yes = pop();
  const Place yes_place = use(yes);
  const Place no_place = use(no);
  const Place condition_place = use(condition);
  const Place home = operand_place(i.base);
  emit_result(make_word(yes.slots == 1 ? Op::select : Op::select_2, home, yes_place, no_place));
  emit_more(static_cast<Word>(int64_t{condition_place}));
  push_home(home, yes.slots);
}

bool Emitter::check_table(uint32_t table) {
  if (table <= UINT16_MAX) return true;
  unsupported("a function that uses a table with a number above 65535");
  return false;
}

void Emitter::call(const wasm::Instruction& i, const wasm::WalkState& state) {
  const Place base = operand_place(i.base);
  Value callee;
  const bool takes_callee = i.op == Opcode::call_indirect || i.op == Opcode::call_ref;
  if (takes_callee) callee = pop();
  const uint32_t arguments = i.operand_count - (takes_callee ? 1 : 0);
  materialize_top(arguments);
  const Place callee_place = takes_callee ? use(callee) : 0;
  for (uint32_t n = 0; n < arguments; ++n) pop();
  switch (i.op) {
    case Opcode::call:
      if (module_.is_import(i.index)) {
        emit(make_word_32(Op::call_import, base, i.index));
      } else {
        emit(make_word(Op::call, base));
        emit_more(reinterpret_cast<Word>(&code_.cell(i.index)));
      }
      break;
    case Opcode::call_indirect:
      if (!check_table(i.index2)) return;
      emit(make_word(Op::call_indirect, base, static_cast<int32_t>(i.index2), callee_place));
      emit_more(i.type_id.value);
      break;
    default:
      emit(make_word(Op::call_ref, base, callee_place));
      break;
  }
  push_results(i, state);
}

void Emitter::tail_call(const wasm::Instruction& i) {
  const Place base = operand_place(i.base);
  Value callee;
  const bool takes_callee = i.op != Opcode::return_call;
  if (takes_callee) callee = pop();
  materialize_top(i.operand_count - (takes_callee ? 1 : 0));
  const Place callee_place = takes_callee ? use(callee) : 0;
  Word second = 0;
  switch (i.op) {
    case Opcode::return_call:
      if (module_.is_import(i.index)) {
        emit(make_word_32(Op::return_call_import, base, i.index));
      } else {
        emit(make_word(Op::return_call, base));
        second = reinterpret_cast<Word>(&code_.cell(i.index));
      }
      break;
    case Opcode::return_call_indirect:
      if (!check_table(i.index2)) return;
      emit(make_word(Op::return_call_indirect, base, static_cast<int32_t>(i.index2), callee_place));
      second = i.type_id.value;
      break;
    default:
      emit(make_word(Op::return_call_ref, base, callee_place));
      break;
  }
  emit_more(second);
  emit_more(i.callee->parameter_slots);
}

namespace {

/// Of a table's element, in bytes.
constexpr uint32_t kSlotLog2 = 3;

}  // namespace

/// Operations on whole ranges: their operands go home, where the handler finds them in a row.
void Emitter::bulk(const wasm::Instruction& i) {
  materialize_top(i.operand_count);
  const bool is_memory =
      i.op == Opcode::memory_init || i.op == Opcode::memory_copy || i.op == Opcode::memory_fill;
  meter_bulk(is_memory ? 0 : kSlotLog2);
  for (uint32_t n = 0; n < i.operand_count; ++n) pop();
  const Place base = operand_place(i.base);
  const auto first = static_cast<int32_t>(i.index);
  const auto second = static_cast<int32_t>(i.index2);
  switch (i.op) {
    case Opcode::memory_init:
      emit(make_word_32(Op::memory_init, base, i.index));
      emit_more(i.index2);
      break;
    case Opcode::memory_copy:
      emit(make_word(Op::memory_copy, base, first, second));
      break;
    case Opcode::memory_fill:
      emit(make_word(Op::memory_fill, base, first));
      break;
    case Opcode::table_init:
      if (!check_table(i.index2)) return;
      emit(make_word(Op::table_init, base, second));
      emit_more(i.index);
      break;
    case Opcode::table_copy:
      if (!check_table(i.index) || !check_table(i.index2)) return;
      emit(make_word(Op::table_copy, base, first, second));
      break;
    case Opcode::table_grow:
      if (!check_table(i.index)) return;
      emit(make_word(Op::table_grow, base, first));
      push_home(base, 1);
      break;
    default:
      if (!check_table(i.index)) return;
      emit(make_word(Op::table_fill, base, first));
      break;
  }
}

void Emitter::plain(const wasm::Instruction& i, const wasm::WalkState& state) {
  const Place home = operand_place(i.base);
  switch (i.op) {
    case Opcode::nop:
      break;
    case Opcode::unreachable:
      emit(make_word(Op::unreachable));
      break;
    case Opcode::br:
      br(state, i.index);
      break;
    case Opcode::br_if:
      br_if(state, i.index, take_condition());
      break;
    case Opcode::br_table:
      br_table(i, state);
      break;
    case Opcode::return_:
      return_values(state.type().results);
      break;
    case Opcode::call:
    case Opcode::call_indirect:
    case Opcode::call_ref:
      call(i, state);
      break;
    case Opcode::return_call:
    case Opcode::return_call_indirect:
    case Opcode::return_call_ref:
      tail_call(i);
      break;
    case Opcode::drop:
      pop();
      break;
    case Opcode::select:
    case Opcode::select_typed:
      select(i);
      break;
    case Opcode::local_get:
      push_local(local_place(i.local_slot), i.type.slots(), home);
      if (options_.is_observed) materialize_top(1);
      break;
    case Opcode::local_set:
    case Opcode::local_tee:
      set_local(i);
      break;
    case Opcode::global_get:
      emit_result(
          make_word_32(i.type.slots() == 1 ? Op::global_get : Op::global_get_2, home, i.index));
      push_home(home, i.type.slots());
      break;
    case Opcode::global_set: {
      const Place value = use(pop());
      emit(make_word_32(i.type.slots() == 1 ? Op::global_set : Op::global_set_2, value, i.index));
      break;
    }
    case Opcode::i32_const:
    case Opcode::i64_const:
    case Opcode::f32_const:
    case Opcode::f64_const:
      constant(i.bits, 0, 1, i);
      break;
    case Opcode::v128_const:
      constant(i.bits, i.bits_high, 2, i);
      break;
    case Opcode::i8x16_shuffle: {
      const Value y = pop();
      const Value x = pop();
      const Place x_place = use(x);
      const Place y_place = use(y);
      emit_result(make_word(Op::i8x16_shuffle, home, x_place, y_place));
      emit_more(i.bits);
      emit_more(i.bits_high);
      push_home(home, 2);
      break;
    }
    case Opcode::atomic_fence:
      break;
    case Opcode::memory_atomic_notify:
    case Opcode::memory_atomic_wait32:
    case Opcode::memory_atomic_wait64:
      atomic_wait(i);
      break;
    case Opcode::ref_null:
      constant(runtime::kNullRef, 0, 1, i);
      break;
    case Opcode::i32_eqz:
    case Opcode::i64_eqz:
      equals_zero(i);
      break;
    case Opcode::i32_reinterpret_f32:
    case Opcode::i64_reinterpret_f64:
    case Opcode::f32_reinterpret_i32:
    case Opcode::f64_reinterpret_i64:
      break;  // slots hold bits
    case Opcode::ref_is_null: {
      const Place reference = use(pop());
      emit_result(make_word(Op::ref_is_null, home, reference));
      push_home(home, 1);
      break;
    }
    case Opcode::ref_func:
      emit_result(make_word_32(Op::ref_func, home, i.index));
      push_home(home, 1);
      break;
    case Opcode::ref_eq: {
      const Value y = pop();
      const Value x = pop();
      const Place x_place = use(x);
      const Place y_place = use(y);
      emit_result(make_word(Op::ref_eq, home, x_place, y_place));
      push_home(home, 1);
      break;
    }
    case Opcode::ref_as_non_null:
      if (top().kind == Value::Kind::constant) materialize_top(1);
      emit(make_word(Op::ref_as_non_null, use(top())));
      break;
    case Opcode::br_on_null:
      br_on_null(i, state);
      break;
    case Opcode::br_on_non_null:
      br_on_non_null(i, state);
      break;
    case Opcode::memory_size:
      emit_result(make_word(Op::memory_size, home, static_cast<int32_t>(i.index)));
      push_home(home, 1);
      break;
    case Opcode::memory_grow: {
      const Place delta = use(pop());
      emit_result(make_word(Op::memory_grow, home, static_cast<int32_t>(i.index), delta));
      push_home(home, 1);
      break;
    }
    case Opcode::data_drop:
      emit(make_word_32(Op::data_drop, 0, i.index));
      break;
    case Opcode::elem_drop:
      emit(make_word_32(Op::elem_drop, 0, i.index));
      break;
    case Opcode::table_get: {
      if (!check_table(i.index)) return;
      const Place index = use(pop());
      emit_result(make_word(Op::table_get, home, static_cast<int32_t>(i.index), index));
      push_home(home, 1);
      break;
    }
    case Opcode::table_set: {
      if (!check_table(i.index)) return;
      const Value value = pop();
      const Place index = use(pop());
      const Place value_place = use(value);
      emit(make_word(Op::table_set, value_place, static_cast<int32_t>(i.index), index));
      break;
    }
    case Opcode::table_size:
      if (!check_table(i.index)) return;
      emit_result(make_word(Op::table_size, home, static_cast<int32_t>(i.index)));
      push_home(home, 1);
      break;
    case Opcode::memory_init:
    case Opcode::memory_copy:
    case Opcode::memory_fill:
    case Opcode::table_init:
    case Opcode::table_copy:
    case Opcode::table_grow:
    case Opcode::table_fill:
      bulk(i);
      break;
    default:
      object(i, state);
      break;
  }
}

}  // namespace reprise::code
