// Vectors and atomics: the forms with words beyond the first.

#include "base/check.hpp"
#include "code/emitter.hpp"

namespace reprise::code {

namespace {

Word as_word(int32_t place) {
  return static_cast<Word>(int64_t{place});
}

}  // namespace

void Emitter::wide(const wasm::Instruction& i, const LoweringRule& rule) {
  const Place home = operand_place(i.base);
  const auto memory = static_cast<int32_t>(i.index);
  Value operands[3];
  REPRISE_CHECK(i.operand_count <= 3);
  for (uint32_t n = i.operand_count; n != 0; --n) operands[n - 1] = pop();
  Place places[3] = {};
  for (uint32_t n = 0; n < i.operand_count; ++n) places[n] = use(operands[n]);
  switch (rule.form) {
    case Form::ternary:
      emit_result(make_word(rule.op, home, places[0], places[1]));
      emit_more(as_word(places[2]));
      return;
    case Form::extract_lane:
      emit_result(make_word(rule.op, home, places[0], i.lane));
      return;
    case Form::replace_lane:
      emit_result(make_word(rule.op, home, places[0], places[1]));
      emit_more(i.lane);
      return;
    case Form::checked_load:
      emit_result(make_word(rule.op, home, places[0], memory));
      emit_more(i.bits);
      return;
    case Form::checked_store:
      emit(make_word(rule.op, places[1], places[0], memory));
      emit_more(i.bits);
      return;
    case Form::load_lane:
      emit_result(make_word(rule.op, home, places[0], memory));
      emit_more(i.bits);
      emit_more(as_word(places[1]) << 8 | i.lane);
      return;
    case Form::store_lane:
      emit(make_word(rule.op, home, places[0], memory));
      emit_more(i.bits);
      emit_more(as_word(places[1]) << 8 | i.lane);
      return;
    case Form::atomic_rmw:
      emit_result(make_word(rule.op, home, places[0], memory));
      emit_more(i.bits);
      emit_more(as_word(places[1]));
      return;
    case Form::atomic_cmpxchg:
      emit_result(make_word(rule.op, home, places[0], memory));
      emit_more(i.bits);
      emit_more(as_word(places[1]));
      emit_more(as_word(places[2]));
      return;
    default:
      REPRISE_CHECK(false);
  }
}

void Emitter::atomic_wait(const wasm::Instruction& i) {
  const bool waits = i.op != wasm::Opcode::memory_atomic_notify;
  const Value last = pop();
  const Value middle = waits ? pop() : Value{};
  const Value address = pop();
  const Place home = operand_place(i.base);
  const Place address_place = use(address);
  const Place middle_place = waits ? use(middle) : 0;
  const Place last_place = use(last);
  const Op op = !waits                                       ? Op::memory_atomic_notify
                : i.op == wasm::Opcode::memory_atomic_wait32 ? Op::memory_atomic_wait32
                                                             : Op::memory_atomic_wait64;
  emit_result(make_word(op, home, address_place, static_cast<int32_t>(i.index)));
  emit_more(i.bits);
  if (waits) emit_more(as_word(middle_place));
  emit_more(as_word(last_place));
  push_home(home, 1);
}

}  // namespace reprise::code
