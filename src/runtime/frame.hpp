// Frames of the VM stack, and what a call is charged.
//
// Guest frames live in one contiguous row of slots per activation. A frame pointer points behind
// the frame's header; locals lie below it, operands from it upwards:
//
//   [parameters][other locals][header: 4 slots][operands ...]
//                                              ^ fp
//
// A caller leaves the arguments on its own operand stack, where they become the callee's first
// locals without being copied; the callee leaves its results at the same place. So every frame
// names itself: from fp alone one finds the function, the return address and the caller's frame,
// and the walk (wasm/walk.hpp), run again over the function, names each local and operand.
//
// Charge: a frame costs its locals, its greatest operand height and kFrameCharge slots, whatever
// the tier, the build and the arguments that overlap. A call whose charge exceeds what is left of
// the activation's budget traps with `call stack exhausted`; as frames never take more slots than
// they are charged, the budget also is what keeps them inside the stack. The version below changes
// when the rule does.

#pragma once

#include <cstdint>

#include "runtime/value.hpp"

namespace reprise::runtime {

struct FunctionCode;
struct Instance;

/// Instructions are rows of these.
using Word = uint64_t;

inline constexpr uint32_t kStackChargeVersion = 1;
/// What a frame costs beyond its locals and operands.
inline constexpr uint32_t kFrameCharge = 4;
/// A function whose frame is larger cannot be called: `call stack exhausted`, as it would be on a
/// stack one quarter of the default's size. It keeps operands addressable with 16 bits.
inline constexpr uint32_t kMaxFrameSlots = 32'000;

/// The header, as it lies below fp.
struct FrameHeader {
  const Word* return_pc;
  Slot* caller_fp;
  /// Whose code the caller is.
  Instance* caller_instance;
  /// Whose frame this is; null at the bottom of the stack and below a nested call.
  const FunctionCode* code;
};
inline constexpr uint32_t kFrameHeaderSlots = sizeof(FrameHeader) / sizeof(Slot);

inline FrameHeader& header_of(Slot* fp) {
  return reinterpret_cast<FrameHeader*>(fp)[-1];
}
inline const FrameHeader& header_of(const Slot* fp) {
  return reinterpret_cast<const FrameHeader*>(fp)[-1];
}

/// What is kept for a native function that is running or waiting, at its fp. Its outgoing arguments
/// and their results follow.
struct NativeRecord {
  /// How often its step has been entered.
  uint64_t phase;
  /// What NativeCall::emplace_scratch made.
  void* scratch;
  void (*destroy_scratch)(void*);
  /// For the step's own use; zero at first.
  uint64_t locals[4];
};
inline constexpr uint32_t kNativeRecordSlots = sizeof(NativeRecord) / sizeof(Slot);

inline NativeRecord& native_record_of(Slot* fp) {
  return *reinterpret_cast<NativeRecord*>(fp);
}

}  // namespace reprise::runtime
