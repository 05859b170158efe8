// What is in the frames of an activation: locals and operands with their types, at any stopped or
// calling frame; and frames that change their form.
//
// Folded code keeps no names, and leaves values where they came from: in locals, or in constants
// that nobody has written down. Running the walk again over the function says where each local and
// operand is at an instruction (function_map.hpp), so this costs a walk per frame, and the code
// nothing.
//
// All of this may be asked of an activation that is stopped, parked or has just trapped, and inside
// of a probe.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/activation.hpp"
#include "wasm/types.hpp"

namespace reprise::code {

struct TypedSlot {
  wasm::ValueType type;
  runtime::Slot low = 0;
  runtime::Slot high = 0;  // of a v128
  friend bool operator==(const TypedSlot&, const TypedSlot&) = default;
};

struct FrameState {
  /// Null for a native function, of which the rest is not known.
  runtime::Instance* instance = nullptr;
  const runtime::NativeFunction* native = nullptr;
  /// In its module's function index space.
  uint32_t function = 0;
  /// In the module: of the instruction that runs next (or trapped, or waits), or of the call that
  /// the frame is in.
  uint64_t offset = 0;
  bool is_calling = false;
  std::vector<TypedSlot> locals;
  /// Bottom first. Of a calling frame, those below the call's arguments.
  std::vector<TypedSlot> operands;
};

/// The innermost `limit` frames, from the innermost out.
std::vector<FrameState> frame_states(const runtime::Activation& activation,
                                     size_t limit = SIZE_MAX);

/// Makes every guest frame of an activation that is not running an observed one: values are
/// written to their slots, places in code become those of the other form. Nothing else changes.
/// An activation that runs while the store's observer observes does this by itself.
void observe_frames(runtime::Activation& activation);
/// The same for frames of these functions; all others are folded, as far as that goes.
void observe_frames(runtime::Activation& activation, const runtime::FunctionSet& functions);

/// The other way round, as far as it goes: frames that are calling always can; the innermost can at
/// ticks and behind most instructions that store, call or end a block. A frame that cannot, or
/// whose locals were written by set_local while operands were read from them, stays observed until
/// it returns or the activation next runs from a better place. Done by itself while counting.
void fold_frames(runtime::Activation& activation);

/// Writes a local of the frame that `depth` guest and native frames have been called from. False if
/// there is no such frame or local. The activation is not running.
bool set_local(runtime::Activation& activation, size_t depth, uint32_t local, runtime::Slot low,
               runtime::Slot high = 0);

}  // namespace reprise::code
