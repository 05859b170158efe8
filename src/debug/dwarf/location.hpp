// Where a thing is: evaluates DWARF's location expressions (spec: DWARF 5 §2.5, §2.6) on a frame.
//
// WebAssembly's own operator pushes the value of a local, a global or an operand. Otherwise it is
// the machine every debugger has: the result is an address in memory, or, with DW_OP_stack_value
// and the like, the value itself, or pieces of either. The stack's entries are 64 bits (128 for
// what a v128 local held, as long as nobody computes with it).

#pragma once

#include "debug/dwarf/value.hpp"

namespace reprise::debug::dwarf {

/// What an expression can refer to.
struct LocationContext {
  const Unit* unit = nullptr;
  Die function;          // whose DW_AT_frame_base DW_OP_fbreg counts from
  uint64_t address = 0;  // of the code, for location lists
  const FrameState* frame = nullptr;
};

/// The value, of the given type, that an expression locates.
Result<Value> locate(Bytes expression, Die type, const LocationContext& context);

/// The same for an entry: by its location, its location list or its constant.
Result<Value> locate(Die variable, const LocationContext& context);

/// Whether a variable's place is one that the linker writes for what it left out of the program.
bool is_dropped(Die variable);

}  // namespace reprise::debug::dwarf
