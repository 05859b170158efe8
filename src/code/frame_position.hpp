// Where a guest frame stands, in terms that both forms of its code have in common, and where its
// values are there (function_map.hpp).

#pragma once

#include <optional>

#include "code/module_code.hpp"
#include "runtime/activation.hpp"

namespace reprise::code {

/// The number of an instruction, and whether the frame is in the middle of it.
struct Position {
  size_t event = 0;
  bool is_calling = false;
  /// The instruction waits, or was about to begin when the guest yielded: whoever looks before each
  /// instruction has looked.
  bool is_inside = false;
  /// And the row that begins with it is paid.
  bool is_paid = false;
};

inline const RegisterCode& module_of(const runtime::FunctionCode& code) {
  return static_cast<const RegisterCode&>(*code.module);
}

/// `is_stopped`: at `pc` an instruction begins that has not run. In observed code every instruction
/// has a word of its own, so that says it by itself.
std::optional<Position> position_of(const runtime::FunctionCode& code, const runtime::Word* pc,
                                    bool is_calling, bool is_stopped);

FrameLayout layout_at(const runtime::FunctionCode& code, const Position& position);

/// Values that are only said to be there are written to where they belong.
void settle(runtime::Slot* fp, const FrameLayout& layout);

/// The word at which that code, whose map this is, goes on.
std::optional<size_t> word_at(const runtime::FunctionCode& code, const FunctionMap& map,
                              const Position& position);

}  // namespace reprise::code
