// An activation: one call from the host into guest code, and everything that comes of it until it
// returns, traps or is cancelled. It owns a VM stack; between runs all its state lies there, so
// that a parked activation is nothing but data.
//
//   auto activation = Activation::create(store);
//   (*activation)->start(function, args);
//   switch ((*activation)->run()) {
//     case Exit::returned:  use((*activation)->results()); break;
//     case Exit::trapped:   report((*activation)->trap()); break;
//     case Exit::suspended: park it; call run() again when what it waits for is there
//     case Exit::stopped:   only with an observer: look around, call run() again to go on
//   }
//
// An activation is used on its store's thread, except interrupt().

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "reprise/trap.hpp"
#include "runtime/code.hpp"
#include "runtime/store.hpp"

namespace reprise::code {
class StackFreezer;
}

namespace reprise::runtime {

/// Why an activation parked without waiting for anything: it may go on whenever its driver likes.
enum class Yielded : uint8_t { no, fuel, epoch };

/// What becomes of a guest that somebody has interrupted.
enum class Interruption : uint8_t { go_on, yield, trap };

/// What running code needs at hand, and where it leaves its registers when it exits.
struct Machine {
  const Word* pc = nullptr;
  Slot* fp = nullptr;
  Instance* instance = nullptr;
  int64_t budget = 0;  // stack slots left
  /// What the instruction before has computed (code/dispatch.hpp), where one parked in between.
  uint64_t made = 0;
  /// Of the store's Interrupter. Not zero: stop at the next function entry or taken back-edge.
  const std::atomic<uint32_t>* interrupt = nullptr;
  Meter* meter = nullptr;
  Yielded yielded = Yielded::no;
  Activation* activation = nullptr;
  StoreCore* store = nullptr;
  Function* functions = nullptr;
  /// What to enter next when starting, and what a native step called.
  Function* callee = nullptr;
  Slot* callee_args = nullptr;
  /// The store's, while it runs.
  Observer* observer = nullptr;
  // For counting (code/handlers_observe.cpp): the instruction that is being counted; it is to be
  // dispatched once more, as its callee's code has come; an exception went on at a loop.
  const Word* counted = nullptr;
  bool is_again = false;
  bool is_caught_at_loop = false;
  /// Stopped at a tick or a probe, or yields at a tick, so the instruction at `pc` has not begun.
  bool is_stopped = false;
  /// Stopped by the probe at `pc`, which is not to be asked again.
  bool is_probed = false;
  /// Frames that ask the observer may be on the stack.
  bool has_observed_frames = false;
};

class Activation {
 public:
  static Result<std::unique_ptr<Activation>> create(StoreCore& store);
  /// Cancels, if it was not finished.
  ~Activation();
  Activation(const Activation&) = delete;
  Activation& operator=(const Activation&) = delete;

  /// Prepares a call; run() makes it. `args` are slots as the type has them (v128: two). May be
  /// used again when the activation has finished. Fails with `usage` if the number of slots is
  /// wrong or the activation is not idle.
  Result<void> start(FuncId function, std::span<const Slot> args);

  /// Starts or resumes.
  Exit run();

  /// After `returned`, until the next start().
  std::span<const Slot> results() const { return {bottom_, result_slots_}; }
  /// After `trapped`.
  const Trap& trap() const { return *trap_; }
  Trap take_trap() { return std::move(*trap_); }

  bool is_idle() const { return state_ == State::idle; }
  bool is_parked() const { return state_ == State::parked; }
  bool is_stopped() const { return state_ == State::stopped; }
  /// Discards a parked or stopped activation: scratches of its native frames are destroyed,
  /// innermost first.
  void cancel();

  /// From any thread: whichever guest of the store runs next traps with `interrupted` at a function
  /// entry or back-edge.
  void interrupt() { machine_.store->interrupter()->raise(Interrupter::kAsked); }

  /// After `suspended`: it is a yield.
  Yielded yielded() const { return machine_.yielded; }
  /// Traps a parked or stopped activation with `interrupted`, as if it had been running.
  Exit trap_parked(uint32_t reason);

  /// The frames from the innermost out, while parked, inside a native function, or when trapping.
  std::vector<Frame> backtrace() const;

  /// One frame, for whoever walks the stack (backtraces, snapshots, debuggers).
  struct FrameView {
    const FunctionCode* code;
    Instance* instance;  // whose code runs in it; of a native frame: its caller's
    Slot* fp;
    const Word* pc;  // where it is, or where it continues after a call
    /// It is inside a call, so `pc` is behind the instruction that made it.
    bool is_calling;
  };
  /// Calls `visit` for each frame, innermost first, until it gives false.
  void walk(const std::function<bool(const FrameView&)>& visit) const;

  /// Where the stack begins.
  const Slot* bottom() const { return reinterpret_cast<const Slot*>(stack_.base()); }

  StoreCore& store() const { return *machine_.store; }
  Machine& machine() { return machine_; }
  const Machine& machine() const { return machine_; }

  // For tiers and native calls.
  /// Notes why the run ends with Exit::trapped.
  void set_trap(Trap trap) { trap_ = std::move(trap); }
  /// See NativeCall::call_leaf. `top` is the first slot free for it.
  TrapOr<void> run_leaf(FuncId callee, std::span<const Slot> args, std::span<Slot> results,
                        Slot* top);
  /// Calls `visit` with every reference on the stack that may name an object of the heap, and that
  /// somebody may still use. Results are such until the next start(). What a native function keeps
  /// from one phase to the next is not, but its parameters are.
  void each_root(const std::function<void(Slot)>& visit) const;
  bool in_leaf() const { return leaf_depth_ != 0; }
  /// The store's word is set, at a place where the guest may stop. Sets the trap, if it is one.
  Interruption on_interruption();

 private:
  enum class State : uint8_t { idle, started, running, parked, stopped };

  friend class code::StackFreezer;
  Activation(StoreCore& store, Reservation stack);
  /// Destroys what native frames from `fp` down to the frame with a null code own.
  static void release_frames(Slot* fp);
  const Slot* end_of_frames() const;
  void each_root_in(std::span<const wasm::ValueType> types, const Slot* at,
                    const std::function<void(Slot)>& visit) const;
  /// It has stopped, and the observer wants no more than to look.
  bool goes_on();
  void note_park();
  Slot* make_base_frame(Slot* at, Slot* caller_fp);

  Machine machine_;
  Reservation stack_;
  Slot* bottom_ = nullptr;                // arguments and results of the outermost call
  const wasm::FuncType* type_ = nullptr;  // of the outermost call, while it or its results count
  uint32_t argument_slots_ = 0;
  uint32_t result_slots_ = 0;
  uint32_t leaf_depth_ = 0;
  State state_ = State::idle;
  std::optional<Trap> trap_;
};

/// One call to its end: the slots of the results, or the trap. A guest that wants to suspend traps.
TrapOr<std::vector<Slot>> call(StoreCore& store, FuncId function, std::span<const Slot> args);

}  // namespace reprise::runtime
