// Interruption: by hand, at an instant, at an epoch; trapping and yielding.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::Activation;
using runtime::Clock;
using runtime::Exit;
using runtime::Interrupter;
using runtime::Yielded;
using std::chrono::milliseconds;

constexpr std::string_view kGuest = R"((module
  (tag $t)
  (func (export "forever") (loop (br 0)))
  (func $again (export "recursion") (return_call $again))
  (func (export "table") (loop (br_table 0 0 (i32.const 0))))
  (func (export "throwing") (loop (try_table (catch $t 0) (throw $t))))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
    (local.get 1))
))";

class InterruptTest : public testing::Test {
 protected:
  Clock& clock() { return world_.engine->clock(); }
  const std::shared_ptr<Interrupter>& interrupter() { return world_.store->interrupter(); }

  World world_;
  InstanceId guest_ = world_.instantiate(kGuest);
};

TEST_F(InterruptTest, EveryLoopEnds) {
  for (const char* name : {"forever", "recursion", "table", "throwing"}) {
    bool was_inside = false;
    while (!was_inside) {  // on a busy machine the time may be over before the guest is entered
      clock().set_deadline(interrupter(), Clock::Instant::clock::now() + milliseconds(5));
      auto outcome = world_.call(guest_, name);
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error().kind, TrapKind::interrupted) << name;
      EXPECT_EQ(outcome.error().message, "interrupted: the time that was allowed is over");
      was_inside = !outcome.error().frames.empty();
    }
  }
  EXPECT_GE(world_.store->statistics().interruptions, 4u);
}

TEST_F(InterruptTest, ADeadlineThatPassedStopsTheNextCall) {
  interrupter()->raise(Interrupter::kAsked);
  EXPECT_EQ(world_.trap(guest_, "count", {3}), TrapKind::interrupted);
  EXPECT_EQ(world_.value(guest_, "count", {3}), 3u) << "it was delivered once";
}

TEST_F(InterruptTest, ADeadlineCanBeTakenBack) {
  clock().set_deadline(interrupter(), Clock::Instant::clock::now() + milliseconds(1));
  clock().set_deadline(interrupter(), Clock::Instant::clock::now() + std::chrono::hours(1));
  std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(world_.value(guest_, "count", {3}), 3u);
  clock().forget_deadline(*interrupter());
}

TEST_F(InterruptTest, AnEpochTraps) {
  world_.store->allow_epochs(2);
  EXPECT_EQ(world_.value(guest_, "count", {3}), 3u);
  clock().increment_epoch();
  EXPECT_EQ(world_.value(guest_, "count", {3}), 3u);
  std::thread other([this] { clock().increment_epoch(); });
  EXPECT_EQ(world_.trap(guest_, "forever"), TrapKind::interrupted);
  other.join();
}

TEST_F(InterruptTest, AnEpochYields) {
  world_.store->set_epoch_delta(1);
  world_.store->allow_epochs(1);
  auto activation = Activation::create(*world_.store);
  ASSERT_TRUE((*activation)->start(world_.function(guest_, "count"), std::vector<Slot>{1000}));
  // One epoch before it begins, and one at each resumption: a yield at each, and every time in
  // front of the same comparison that the loop's branch is fused with.
  for (int i = 0; i < 10; ++i) {
    clock().increment_epoch();
    ASSERT_EQ((*activation)->run(), Exit::suspended);
    EXPECT_EQ((*activation)->yielded(), Yielded::epoch);
  }
  ASSERT_EQ((*activation)->run(), Exit::returned);
  EXPECT_EQ((*activation)->results()[0], 1000u);
  EXPECT_EQ(world_.store->statistics().epoch_yields, 10u);
}

TEST_F(InterruptTest, AnEpochYieldsAtATickWhereTheseAreCounted) {
  runtime::Observer observer;
  world_.store->set_observer(&observer);
  world_.store->set_epoch_delta(1);
  world_.store->allow_epochs(1);
  auto activation = Activation::create(*world_.store);
  ASSERT_TRUE((*activation)->start(world_.function(guest_, "count"), std::vector<Slot>{1000}));
  // The first is that of the function's entry; each of the others that of a branch.
  for (uint64_t tick = 1; tick <= 10; ++tick) {
    clock().increment_epoch();
    ASSERT_EQ((*activation)->run(), Exit::suspended);
    EXPECT_EQ((*activation)->yielded(), Yielded::epoch);
    EXPECT_TRUE((*activation)->is_parked());
    EXPECT_EQ(observer.ticks, tick);
  }
  ASSERT_EQ((*activation)->run(), Exit::returned);
  EXPECT_EQ((*activation)->results()[0], 1000u);
  EXPECT_EQ(world_.store->statistics().epoch_yields, 10u);
  world_.store->set_observer(nullptr);
}

TEST_F(InterruptTest, AskingIsMoreUrgentThanAnEpoch) {
  world_.store->set_epoch_delta(1);
  world_.store->allow_epochs(0);
  interrupter()->raise(Interrupter::kAsked);
  EXPECT_EQ(world_.trap(guest_, "forever"), TrapKind::interrupted);
}

TEST_F(InterruptTest, AParkedActivationCanBeTrapped) {
  world_.store->set_epoch_delta(1);
  world_.store->allow_epochs(0);
  auto activation = Activation::create(*world_.store);
  ASSERT_TRUE((*activation)->start(world_.function(guest_, "forever"), {}));
  ASSERT_EQ((*activation)->run(), Exit::suspended);
  ASSERT_EQ((*activation)->trap_parked(Interrupter::kDeadline), Exit::trapped);
  EXPECT_EQ((*activation)->trap().kind, TrapKind::interrupted);
  EXPECT_TRUE((*activation)->is_idle());
}

TEST(Clock, ForgetsStoresThatAreGone) {
  Clock clock;
  auto gone = std::make_shared<Interrupter>();
  clock.set_epoch_deadline(gone, 1);
  clock.set_deadline(gone, Clock::Instant::clock::now() + milliseconds(1));
  gone.reset();
  clock.increment_epoch();
  std::this_thread::sleep_for(milliseconds(3));
}

}  // namespace
}  // namespace reprise::code
