// The variables that a stopped guest's source knows at an instruction, and expressions over them.
//
//   auto found = variables_at(*info, offset);
//   for (const Variable& variable : found)
//     fmt::print("{} = {}\n", variable.name, format(*variable.read(frame), frame));
//   auto value = evaluate(*info, "cart->lines_[0].name", offset, frame);
//
// Offsets are from the start of the module, as in DebugInfo. A Variable or Value refers to the
// DebugInfo it is from, which must outlive it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "debug/dwarf/debug_info.hpp"
#include "debug/dwarf/frame_state.hpp"
#include "debug/dwarf/value.hpp"

namespace reprise::debug {

struct Variable {
  enum class Kind : uint8_t { parameter, local, global };

  std::string name;
  std::string type;
  Kind kind = Kind::local;
  /// How many blocks around it are closer to the instruction; a name hides those of larger depth.
  uint32_t depth = 0;

  /// Its value now. The error's message says why there is none ("optimized out").
  Result<Value> read(const FrameState& frame) const;

  dwarf::Die entry;
  dwarf::Die function;
  uint64_t address = 0;
};

/// Parameters and locals at an instruction, innermost scope first. `frame` counts as frames_at
/// does: with inlined functions, an instruction has several frames with variables of their own.
std::vector<Variable> variables_at(const DebugInfo& info, uint64_t offset, size_t frame = 0);

/// Variables outside functions, of the unit that the instruction is in; of all units where it is in
/// none.
std::vector<Variable> globals_at(const DebugInfo& info, uint64_t offset);

/// Evaluates an expression in the scope of an instruction:
///
///   name, scope::name      a variable, seen from the innermost scope; members of `this`, too
///   a.b   p->x   *p   &x   as in C; `.` also looks through pointers and references
///   a[3]  v[3]             of arrays, pointers, vectors, slices
///   12    0x1f   (…)
///   BLUE  Color::green     an enumerator
///   + - * / % & | == != < <= > >= && || - !    on integers of 64 bits, and addresses
///   (int)x   (Item*)0x1234
///
/// Nothing is assigned and nothing called. Errors say what is wrong in words.
Result<Value> evaluate(const DebugInfo& info, std::string_view expression, uint64_t offset,
                       const FrameState& frame, size_t source_frame = 0);

}  // namespace reprise::debug
