// Watching a store's guests run: counting ticks, stopping at one, and looking before each
// WebAssembly instruction. A store without an observer knows nothing of this: what counts, and what
// asks, stands behind other tables of handlers (code/observe.cpp), chosen when an activation runs.
//
// A *tick* is an entry of a guest function, or a branch taken back to a loop (by a catch clause,
// too), as WebAssembly sees it: the same whatever code runs. It is counted before what is entered
// runs, so at a tick the next instruction is a function's first one, or the one behind a `loop`.
// Code between two ticks has no cycle: the number of ticks and the position in the innermost frame
// name a moment of a run exactly.
//
//   Observer observer{.stop_at_tick = 1000};
//   store.set_observer(&observer);
//   while (activation.run() == Exit::stopped) {
//     look(code::frame_states(activation));              // code/frame_state.hpp
//     observer.mode = Observer::Mode::observing;         // from here on, instruction by
//     instruction observer.stop_at_tick = UINT64_MAX;
//   }
//
// While a native function waits for a leaf call (NativeCall::call_leaf: realloc and its like),
// ticks count and probes are asked, but nothing stops: a tick that was to stop there does at the
// first tick behind it.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/value.hpp"

namespace reprise::wasm {
class Module;
}

namespace reprise::runtime {

class Activation;
struct FunctionCode;
struct Instance;

/// The instruction that is about to run. The activation's backtrace and frame states can be asked
/// for inside of a probe, too.
struct ProbeView {
  Instance* instance;
  /// In the module's function index space.
  uint32_t function;
  /// Of the instruction's opcode, from the start of the module.
  uint32_t offset;
  /// A leaf call is running: an answer to stop is ignored.
  bool in_leaf;
};

enum class ProbeAnswer : uint8_t { go_on, stop };

/// Some functions of some modules, or some instructions of them.
class FunctionSet {
 public:
  void add(const wasm::Module& module, uint32_t function) {
    if (contains(module, function)) return;
    all_.emplace_back(&module, function);
    mask_ |= bit_of(function);
  }
  bool contains(const wasm::Module& module, uint32_t function) const {
    if ((mask_ & bit_of(function)) == 0) return false;
    for (const auto& [m, f] : all_)
      if (f == function && m == &module) return true;
    return false;
  }

  /// Only the instruction there, and others that are named so, need to ask.
  void narrow_to(uint32_t offset) {
    if (asks_everywhere()) offsets_ = 0;
    offsets_ |= bit_of(offset);
  }
  /// True for all that need to ask, and for a few others.
  bool may_ask_at(uint32_t offset) const { return (offsets_ & bit_of(offset)) != 0; }

 private:
  bool asks_everywhere() const { return offsets_ == UINT64_MAX; }
  /// Most functions that are asked for are in no set: their bit says so.
  static uint64_t bit_of(uint32_t function) {
    return uint64_t{1} << (function * 0x9e3779b97f4a7c15 >> 58);
  }
  std::vector<std::pair<const wasm::Module*, uint32_t>> all_;
  uint64_t mask_ = 0;
  uint64_t offsets_ = UINT64_MAX;
};

struct Observer {
  enum class Mode : uint8_t {
    counting,   // the code that production runs, and ticks
    observing,  // code that asks `probe` before each instruction, and ticks
    watching    // the same, and `wrote` is asked
  };
  using Probe = ProbeAnswer (*)(void* data, Activation& activation, const ProbeView& view);

  /// Of all activations of the store. Whoever goes back in time sets it back.
  uint64_t ticks = 0;
  /// The first tick that makes this true stops: ticks >= stop_at_tick. Both modes.
  uint64_t stop_at_tick = UINT64_MAX;
  /// At this tick, in a leaf call too, the store's word of interruption is set (interrupt.hpp):
  /// the guest stops where it would take the next one. So does a replay stop where the recorded run
  /// was interrupted. With the reason 0 the activation parks at the tick itself, as one that
  /// yields; not in a leaf call.
  uint64_t interrupt_at_tick = UINT64_MAX;
  uint8_t interrupt_reason = 0;
  /// May be changed between runs; frames change their form when their activation runs next.
  Mode mode = Mode::counting;
  /// May be null. When it says stop, the activation stops before that instruction, and does not ask
  /// for it again when it goes on.
  Probe probe = nullptr;
  /// Observing and watching: the functions whose code asks; all others run as if they were only
  /// counted. Null: all do.
  const FunctionSet* probed = nullptr;
  /// Watching: asked behind each instruction that may have written to a memory or a global, and
  /// before each tick. When it says stop, the activation stops at the next tick.
  ProbeAnswer (*wrote)(void* data) = nullptr;
  /// May be null. Asked wherever the activation stops, before run() returns: `go_on` runs it on at
  /// once, so that a stop can be looked at without whoever drives the activation knowing of it.
  ProbeAnswer (*stopped)(void* data, Activation& activation) = nullptr;
  void* data = nullptr;
};

}  // namespace reprise::runtime
