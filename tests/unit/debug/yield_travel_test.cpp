// Going in time over calls that take turns: each of them stands parked in the middle of its code
// while the others run, in folded code or in observed code, and with snapshots.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "reprise/linker.hpp"
#include "travel.hpp"
#include "turns.hpp"

namespace reprise::debug {
namespace {

using testing::check_travel;
using testing::open_debugger;

/// Rows that begin with a bulk operation, with nothing that has code, behind conditional branches;
/// calls, exceptions that go on at a loop, and branches back that are one with their condition.
constexpr std::string_view kGuest = R"((module
  (tag $again)
  (memory (export "memory") 1)
  (global $n (mut i32) (i32.const 0))
  (func $step (param $x i32) (result i32)
    (if (result i32) (i32.and (local.get $x) (i32.const 1))
      (then (i32.add (local.get $x) (i32.const 3)))
      (else (i32.mul (local.get $x) (i32.const 3)))))
  (func (export "work") (param $times i32) (result i32) (local $sum i32)
    (loop $more
      (block (block
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 16))))))
      (global.set $n (i32.add (global.get $n) (call $step (local.get $sum))))
      (local.get $times)
      (local.get $sum)
      (if (result i32) (i32.gt_u (local.get $times) (i32.const 6))
        (then (i32.const 40)) (else (i32.const 7)))
      (memory.fill)
      (i32.store (i32.const 200) (local.get $sum))
      (loop $thrown
        (if (i32.eqz (i32.rem_u (local.get $times) (i32.const 7)))
          (then
            (local.set $times (i32.sub (local.get $times) (i32.const 1)))
            (try_table (catch $again $thrown) (throw $again)))))
      (br_if $more (i32.gt_s (local.tee $times (i32.sub (local.get $times) (i32.const 1)))
        (i32.const 0))))
    (local.get $sum)))
)";

struct App {};

/// By how much is burnt between two yields; 0: they are to epochs.
class YieldTravel : public ::testing::TestWithParam<uint64_t> {
 protected:
  YieldTravel() {
    EXPECT_TRUE(store_.set_scheduler(turns_));
    if (GetParam() == 0) {
      store_.metering().yield_every_epochs(1);
    } else {
      EXPECT_TRUE(store_.metering().yield_every(GetParam()));
    }
    EXPECT_TRUE(store_.record({.path = trace_}));
    record();
    auto closed = store_.close_recording();
    EXPECT_TRUE(closed) << closed.error().to_string();
  }
  ~YieldTravel() override { std::filesystem::remove(trace_); }

  void record() {
    const Module module = *Module::read(engine_, kGuest, "guest.wat");
    std::vector<CoreInstance> instances;
    std::vector<Operation<int32_t>> calls;
    for (int i = 0; i < 3; ++i) {
      instances.push_back(**linker_.instantiate(store_, module).run_if_ready());
      engine_.increment_epoch();
      calls.push_back(instances.back().func<int32_t(int32_t)>("work")->call(store_, 9 + 3 * i));
      EXPECT_FALSE(calls.back().start());
    }
    for (uint8_t turn = 1; turns_->next(); ++turn) {
      const uint8_t bytes[] = {turn, 0, 0, 0};
      EXPECT_TRUE(instances[turn % 3].memory("memory")->write(store_, 16, bytes));
      if (turn < 40) engine_.increment_epoch();
    }
    for (auto& call : calls) EXPECT_TRUE(call.take());
  }

  const std::string trace_ =
      ::testing::TempDir() + "yield_travel_" + std::to_string(getpid()) + ".trace";
  const DebuggerOptions often_{.trace = {}, .snapshot_ticks = 3, .snapshot_rest = 0};
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
  Engine engine_ = *Engine::create({.fuel = GetParam() != 0});
  Store<App> store_ = *Store<App>::create(engine_, App{});
  Linker<App> linker_;
};

TEST_P(YieldTravel, TheStateAtATimeIsOne) {
  check_travel(trace_, 12);
}

TEST_P(YieldTravel, TheStateAtATimeIsTheSameWithSnapshots) {
  check_travel(trace_, 12, often_);
  auto debugger = open_debugger(trace_, often_);
  const auto stop = debugger->seek_end();
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->reason, Stop::Reason::end) << stop->text;
  EXPECT_GT(debugger->snapshots().count, 10u);
}

TEST_P(YieldTravel, BreakpointsStopAtTheSamePlacesBothWays) {
  auto debugger = open_debugger(trace_, often_);
  ASSERT_TRUE(debugger->add_breakpoint({.place = FunctionPlace{"step"}}));
  std::vector<Time> there;
  std::vector<Time> back;
  while (debugger->go(Direction::forward)->reason == Stop::Reason::breakpoint)
    there.push_back(debugger->now());
  while (debugger->go(Direction::backward)->reason == Stop::Reason::breakpoint)
    back.insert(back.begin(), debugger->now());
  EXPECT_GT(there.size(), 15u);
  EXPECT_EQ(back, there);
}

TEST_P(YieldTravel, GoesToEventsBothWays) {
  auto debugger = open_debugger(trace_, often_);
  ASSERT_TRUE(debugger->seek_end());
  const uint64_t last = debugger->now().event;
  std::vector<std::string> seen;
  for (uint64_t event = last; event-- > last - 12;) {
    ASSERT_TRUE(debugger->seek_event(event));
    EXPECT_EQ(debugger->now().event, event);
    seen.push_back(testing::state_of(*debugger));
  }
  auto fresh = open_debugger(trace_);
  for (uint64_t event = last - 12; event < last; ++event) {
    ASSERT_TRUE(fresh->seek_event(event));
    EXPECT_EQ(testing::state_of(*fresh), seen.back());
    seen.pop_back();
  }
}

INSTANTIATE_TEST_SUITE_P(ByEpochsAndByFuel, YieldTravel, ::testing::Values(0, 29, 64));

}  // namespace
}  // namespace reprise::debug
