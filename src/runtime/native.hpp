// Native functions: whatever a guest can call that is written in C++ (a host import, a canonical
// lowering, an adapter between components, resource.drop with a guest's destructor).
//
// A native function is a *step* that is entered again and again, with `phase` counted up, and says
// each time how to go on:
//
//   done     its results are in results(); the caller continues
//   call     call a guest (or native) function whose arguments it has put into call_args(); it is
//   entered
//            again when that has returned, with the results in call_args()
//   suspend  park the activation: Activation::run() gives `suspended`, and the next run() enters it
//   again trap     end the activation with the trap given to trap()
//
// So native functions never sit on the native stack while a guest runs or while they wait, and
// adapters between components nest as deep as the VM stack allows. A step that adds one to its
// guest's answer:
//
//   NativeStep plus_one(NativeCall& call) {
//     if (call.phase() == 0) {
//       call.call_args()[0] = call.args()[0];
//       return call.call(callee);
//     }
//     call.results()[0] = call.call_args()[0] + 1;
//     return NativeStep::done;
//   }
//
// State that must survive between phases goes into locals() (four words, free) or emplace_scratch
// (any type; destroyed when the function is done, traps, or its activation is cancelled or
// dropped). References to slots are good for one phase. An exception that leaves a step becomes a
// trap.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "reprise/trap.hpp"
#include "runtime/frame.hpp"
#include "runtime/value.hpp"
#include "wasm/types.hpp"

namespace reprise::runtime {

class Activation;
class NativeCall;
class StoreCore;

enum class NativeStep : uint8_t { done, call, suspend, trap };
using NativeStepFunction = NativeStep (*)(NativeCall&);

struct NativeFunction;

/// The frame of a native function that waits for a call or for the host.
struct NativeFrame {
  const NativeFunction& function;
  NativeRecord& record;
  Slot* args;

  template <class T>
  T& data_as() const;
  template <class T>
  T& scratch() const {
    return *static_cast<T*>(record.scratch);
  }
  /// In a frame that has none.
  template <class T, class... A>
  T& emplace_scratch(A&&... a) const {
    T* made = new T(std::forward<A>(a)...);
    record.scratch = made;
    record.destroy_scratch = [](void* p) { delete static_cast<T*>(p); };
    return *made;
  }
};

/// How what such a frame keeps becomes bytes, and comes back (code/frozen_stack.hpp). The slots,
/// with phase, locals and arguments, are somebody else's: here is the scratch.
struct FrameFormat {
  /// False: it cannot, now.
  bool (*freeze)(const NativeFrame& frame, ByteWriter& out);
  /// False if the bytes make no sense, or the slots don't.
  bool (*thaw)(const NativeFrame& frame, ByteReader& in);
};

struct NativeFunction {
  NativeStepFunction step = nullptr;
  /// Handed to each call of it.
  void* data = nullptr;
  /// Whatever must live as long as the function does.
  std::shared_ptr<void> owner = {};
  /// The most slots that arguments or results of its own calls take; charged with its frame.
  uint32_t call_slots = 0;
  /// For backtraces.
  std::string name = {};
  /// Null: its frames cannot be frozen.
  const FrameFormat* frame_format = nullptr;
};

template <class T>
T& NativeFrame::data_as() const {
  return *static_cast<T*>(function.data);
}

class NativeCall {
 public:
  uint32_t phase() const { return static_cast<uint32_t>(record().phase); }

  /// Parameters and results share their slots: read the former before writing the latter.
  Slot* args() const { return args_; }
  Slot* results() const { return args_; }

  void* data() const { return function_.data; }
  template <class T>
  T& data_as() const {
    return *static_cast<T*>(function_.data);
  }
  const NativeFunction& function() const { return function_; }
  StoreCore& store() const { return store_; }
  Activation& activation() const { return activation_; }
  /// The instance whose code made the call; null when the host called directly.
  Instance* caller() const { return caller_; }

  uint64_t* locals() const { return record().locals; }

  template <class T, class... A>
  T& emplace_scratch(A&&... a) {
    drop_scratch();
    T* made = new T(std::forward<A>(a)...);
    record().scratch = made;
    record().destroy_scratch = [](void* p) { delete static_cast<T*>(p); };
    return *made;
  }
  template <class T>
  T& scratch() const {
    return *static_cast<T*>(record().scratch);
  }
  bool has_scratch() const { return record().scratch != nullptr; }
  void drop_scratch();

  /// `call_slots` slots for the arguments of a call, and afterwards its results.
  Slot* call_args() const { return fp_ + kNativeRecordSlots; }
  NativeStep call(FuncId callee) {
    callee_ = callee;
    return NativeStep::call;
  }

  NativeStep trap(Trap trap) {
    trap_ = std::move(trap);
    return NativeStep::trap;
  }

  /// Calls a function and waits for it, here, on the native stack: for `realloc` and its like,
  /// which must answer before this phase can go on. The callee may not suspend; nesting is limited
  /// to kMaxLeafDepth. `results` must have the callee's result_slots. On a trap, return
  /// `trap(std::move(error))`.
  TrapOr<void> call_leaf(FuncId callee, std::span<const Slot> args, std::span<Slot> results);

  static constexpr uint32_t kMaxLeafDepth = 16;

  /// Made by the interpreter for each phase.
  NativeCall(Activation& activation, StoreCore& store, const NativeFunction& function,
             Instance* caller, Slot* fp, Slot* args)
      : activation_(activation),
        store_(store),
        function_(function),
        caller_(caller),
        fp_(fp),
        args_(args) {}
  FuncId callee() const { return callee_; }
  Trap& pending_trap() { return trap_; }

 private:
  NativeRecord& record() const { return native_record_of(fp_); }

  Activation& activation_;
  StoreCore& store_;
  const NativeFunction& function_;
  Instance* caller_;
  Slot* fp_;
  Slot* args_;
  FuncId callee_;
  Trap trap_;
};

}  // namespace reprise::runtime
