// What is to be seen at a moment is the same, however one has come there.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "base/hash.hpp"
#include "debug/debugger.hpp"

namespace reprise::debug::testing {

inline std::unique_ptr<Debugger> open_debugger(const std::string& trace,
                                               DebuggerOptions options = {}) {
  options.trace = trace;
  auto debugger = Debugger::open(std::move(options));
  if (!debugger) {
    ADD_FAILURE() << debugger.error().to_string();
    return nullptr;
  }
  return std::move(*debugger);
}

/// Everything that is to be seen at a moment.
inline std::string state_of(Debugger& debugger) {
  std::string text = to_string(debugger.now());
  const auto frames = debugger.frames();
  for (size_t i = 0; i < frames.size(); ++i) {
    text += "\n" + frames[i].function;
    if (!frames[i].code) continue;
    text += "+" + std::to_string(frames[i].code->offset);
    const auto locals = debugger.locals(i);
    const auto operands = debugger.operands(i);
    EXPECT_TRUE(locals && operands);
    if (!locals || !operands) continue;
    for (const TypedValue& v : *locals) text += " " + v.type + "=" + v.text;
    for (const TypedValue& v : *operands) text += " [" + v.text + "]";
  }
  for (const ResourceInfo& r : debugger.resources())
    text += "\n" + std::to_string(r.root) + "." + std::to_string(r.instance) + ":" +
            std::to_string(r.handle) + " " + r.type + " " + std::to_string(r.rep) +
            (r.is_owned ? " own " : " borrow ") + std::to_string(r.lends);
  for (const GlobalInfo& g : debugger.globals()) text += "\n" + g.name + "=" + g.value.text;
  for (const MemoryInfo& m : debugger.memories()) {
    const auto bytes = debugger.read_memory(m.number, 0, m.size);
    if (bytes) text += "\n" + m.name + " " + std::to_string(xxh3_64(*bytes));
  }
  return text;
}

inline Time time_at(Debugger& debugger, double fraction, int steps) {
  EXPECT_TRUE(debugger.seek_fraction(fraction));
  for (int i = 0; i < steps; ++i) EXPECT_TRUE(debugger.step_instruction(Direction::forward));
  return debugger.now();
}

/// The state at b is the same reached from the start, from a, and backwards from the end.
inline void check_travel(const std::string& trace, int rounds,
                         const DebuggerOptions& options = {}) {
  const uint32_t seed = 20261122;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto debugger = open_debugger(trace, options);
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->end());
  for (int round = 0; round < rounds; ++round) {
    const auto pick = [&] {
      const double fraction = std::uniform_real_distribution<>(0, 1)(random);
      return time_at(*debugger, fraction, static_cast<int>(random() % 8));
    };
    Time a = pick();
    Time b = pick();
    if (b < a) std::swap(a, b);
    SCOPED_TRACE(to_string(a) + " and " + to_string(b));

    auto fresh = open_debugger(trace, {.trace = {}, .use_index = false});
    ASSERT_TRUE(fresh);
    ASSERT_TRUE(fresh->seek(b));
    const std::string from_start = state_of(*fresh);
    EXPECT_EQ(fresh->now(), b);

    ASSERT_TRUE(debugger->seek(a));
    EXPECT_EQ(debugger->now(), a);
    ASSERT_TRUE(debugger->seek(b));
    EXPECT_EQ(state_of(*debugger), from_start);

    ASSERT_TRUE(debugger->seek_end());
    ASSERT_TRUE(debugger->seek(b));
    EXPECT_EQ(state_of(*debugger), from_start);

    if (debugger->at_end()) continue;
    ASSERT_TRUE(debugger->step_instruction(Direction::forward));
    if (debugger->at_end()) continue;
    ASSERT_TRUE(debugger->step_instruction(Direction::backward));
    EXPECT_EQ(state_of(*debugger), from_start);
  }
}

}  // namespace reprise::debug::testing
