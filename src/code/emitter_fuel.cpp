// Fuel in register code (runtime/meter.hpp says what it is).
//
// A row begins at a function's start, behind a `loop`, an `if`, an `else`, an `end`, a `try_table`
// and behind every instruction that may branch; so control can enter it at its beginning only. Each
// instruction costs 1, but for those that only shape the code: block, loop, try_table, else, end
// and nop cost nothing. The first instruction of a row that costs something is preceded by the word
// that pays for the row, whose amount grows while the row is lowered. What folding does to
// instructions changes nothing here: the rule sees WebAssembly only.

#include "code/emitter.hpp"
#include "runtime/meter.hpp"

namespace reprise::code {

using wasm::Opcode;

bool Emitter::ends_row(Opcode op) {
  switch (op) {
    case Opcode::br_if:
    case Opcode::br_on_null:
    case Opcode::br_on_non_null:
    case Opcode::br_on_cast:
    case Opcode::br_on_cast_fail:
      return true;
    default:
      return false;  // behind what always branches comes an else or an end
  }
}

void Emitter::meter(const wasm::Instruction& i) {
  if (!options_.fuel || i.op == Opcode::nop) return;
  if (row_ == kNothing) {
    row_ = here();
    emit(make_word_32(Op::fuel, 0, 0));
  }
  words_[row_] += Word{1} << 32;
}

void Emitter::meter_bulk(uint32_t log2_unit) {
  if (!options_.fuel) return;
  emit(make_word(Op::fuel_bulk, top().home,
                 static_cast<int32_t>(runtime::kFuelBytesLog2 - log2_unit)));
}

}  // namespace reprise::code
