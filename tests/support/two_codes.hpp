// Runs the same thing in folded code, in observed code, and changing between the two at random, and
// writes down what could be seen on the way: for tests that want all three to be equal.

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "code/frame_state.hpp"
#include "runtime/activation.hpp"

namespace reprise::code {

/// Which code runs.
enum class Codes : uint8_t { folded, observed, mixed };

/// Looks at an activation at many of its ticks. Give `observer` to a store, run, compare `seen`.
class Watch {
 public:
  /// Looks at so many ticks at most; the first of them are all looked at.
  explicit Watch(Codes codes, uint32_t seed = 0, uint64_t most = 3'000)
      : codes_(codes), most_(most), random_(seed) {
    observer.mode = codes == Codes::observed ? runtime::Observer::Mode::observing
                                             : runtime::Observer::Mode::counting;
    observer.stop_at_tick = 1;
    observer.data = this;
    observer.stopped = [](void* data, runtime::Activation& activation) {
      static_cast<Watch*>(data)->look(activation);
      return runtime::ProbeAnswer::go_on;
    };
    observer.probe = [](void* data, runtime::Activation&, const runtime::ProbeView& view) {
      auto& watch = *static_cast<Watch*>(data);
      ++watch.instructions;
      // Sometimes a run stops in the middle of nowhere, and goes on in other code.
      const bool stops = watch.codes_ == Codes::mixed && watch.changes_ < kMostChanges &&
                         watch.random_() % 16 == 0 && !view.in_leaf;
      watch.changes_ += stops ? 1 : 0;
      watch.is_between_ticks_ = stops;
      return stops ? runtime::ProbeAnswer::stop : runtime::ProbeAnswer::go_on;
    };
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  runtime::Observer observer;
  /// What the frames held, tick by tick: a line each.
  std::vector<std::string> seen;
  uint64_t instructions = 0;

 private:
  static constexpr uint64_t kDense = 200;  // so many ticks are all looked at
  static constexpr uint64_t kMostChanges = 20'000;

  void look(runtime::Activation& activation) {
    // A tick in a leaf call stops nothing; the next one does, and no stop of ours before it.
    if (!std::exchange(is_between_ticks_, false) && observer.ticks >= observer.stop_at_tick) {
      seen.push_back(describe(activation));
      const uint64_t next = observer.ticks + 1 + (seen.size() > kDense ? seen.size() * 7 % 97 : 0);
      observer.stop_at_tick = seen.size() < most_ ? next : UINT64_MAX;
    }
    if (codes_ == Codes::mixed)
      observer.mode = random_() % 2 == 0 ? runtime::Observer::Mode::counting
                                         : runtime::Observer::Mode::observing;
  }

  static void append(std::string& line, const std::vector<TypedSlot>& values) {
    for (const TypedSlot& value : values) {
      line += ' ';
      line += std::to_string(value.low);
      if (value.type.slots() == 2) line += '/' + std::to_string(value.high);
    }
  }

  std::string describe(runtime::Activation& activation) const {
    std::string line = std::to_string(observer.ticks);
    for (const FrameState& frame : frame_states(activation, 3)) {
      line += frame.is_calling ? " in " : " at ";
      line += std::to_string(frame.function) + ':' + std::to_string(frame.offset);
      append(line, frame.locals);
      line += " |";
      append(line, frame.operands);
    }
    return line;
  }

  const Codes codes_;
  const uint64_t most_;
  uint64_t changes_ = 0;
  bool is_between_ticks_ = false;  // we stopped it, at a probe
  std::mt19937 random_;
};

}  // namespace reprise::code
