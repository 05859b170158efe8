// Fuel: what is charged, that it is the same wherever it is charged, and what happens at its end.

#include <gtest/gtest.h>

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::Activation;
using runtime::Exit;
using runtime::Yielded;

constexpr std::string_view kGuest = R"((module
  (memory 2)
  (func (export "nothing"))
  (func (export "add") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add)
  ;; one way pays 1 + 2, the other 1 + 1
  (func (export "branch") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.eqz (i32.const 7)))
      (else (i32.const 8))))
  ;; 2 for each of n rounds but the last falls through, 5 per round
  (func $count (export "count") (param i32)
    (loop
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0))))
  (func (export "forever") (loop (br 0)))
  (func (export "fill") (param i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "twice") (call $count (i32.const 3)) (call $count (i32.const 3)))
  (func (export "fault") (i32.const 1) (drop) (unreachable))
))";

runtime::EngineOptions with_fuel() {
  runtime::EngineOptions options;
  options.fuel = true;
  return options;
}

class FuelTest : public testing::Test {
 protected:
  uint64_t cost(std::string_view name, std::vector<Slot> args = {}) {
    world_.store->meter().set_fuel(1'000'000);
    EXPECT_TRUE(world_.call(guest_, name, std::move(args)));
    return 1'000'000 - world_.store->meter().fuel();
  }

  World world_{with_fuel()};
  InstanceId guest_ = world_.instantiate(kGuest);
};

TEST_F(FuelTest, CountsInstructions) {
  EXPECT_EQ(cost("nothing"), 0u);
  EXPECT_EQ(cost("add", {1, 2}), 3u);
  EXPECT_EQ(cost("branch", {1}), 2u + 2u);
  EXPECT_EQ(cost("branch", {0}), 2u + 1u);
  EXPECT_EQ(cost("count", {1}), 6u);
  EXPECT_EQ(cost("count", {10}), 60u);
  EXPECT_EQ(cost("twice"), 4u + 2 * 18);
}

TEST_F(FuelTest, BulkOperationsPayForTheirSizeFirst) {
  EXPECT_EQ(cost("fill", {0}), 4u);
  EXPECT_EQ(cost("fill", {15}), 4u);
  EXPECT_EQ(cost("fill", {65536}), 4u + 4096);
  world_.store->meter().set_fuel(4 + 4095);
  const uint8_t* const memory = world_.store->memory(runtime::MemoryId(0)).base();
  world_.store->memory(runtime::MemoryId(0)).base()[0] = 9;
  EXPECT_EQ(world_.trap(guest_, "fill", {65536}), TrapKind::out_of_fuel);
  EXPECT_EQ(memory[0], 9) << "nothing was written";
}

TEST_F(FuelTest, TheLastUnitIsEnough) {
  world_.store->meter().set_fuel(60);
  EXPECT_TRUE(world_.call(guest_, "count", {10}));
  EXPECT_EQ(world_.store->meter().fuel(), 0u);
  world_.store->meter().set_fuel(59);
  EXPECT_EQ(world_.trap(guest_, "count", {10}), TrapKind::out_of_fuel);
  // The row that could not be paid was not run.
  EXPECT_EQ(world_.store->meter().fuel(), 5u);
}

TEST_F(FuelTest, ARowLeftInTheMiddleStaysPaid) {
  world_.store->meter().set_fuel(100);
  EXPECT_EQ(world_.trap(guest_, "fault"), TrapKind::unreachable);
  EXPECT_EQ(world_.store->meter().fuel(), 97u);
}

TEST_F(FuelTest, NoLoopEscapes) {
  world_.store->meter().set_fuel(1000);
  EXPECT_EQ(world_.trap(guest_, "forever"), TrapKind::out_of_fuel);
}

TEST_F(FuelTest, YieldsAtTheEndOfASlice) {
  world_.store->meter().set_fuel(1000);
  world_.store->meter().set_interval(25);
  auto activation = Activation::create(*world_.store);
  ASSERT_TRUE(activation);
  ASSERT_TRUE((*activation)->start(world_.function(guest_, "count"), std::vector<Slot>{20}));
  int yields = 0;
  Exit exit = (*activation)->run();
  for (; exit == Exit::suspended; exit = (*activation)->run()) {
    EXPECT_EQ((*activation)->yielded(), Yielded::fuel);
    EXPECT_FALSE((*activation)->backtrace().empty());
    ++yields;
  }
  EXPECT_EQ(exit, Exit::returned);
  // 120 units in slices of 25, of which a row of 6 leaves the rest to the next one.
  EXPECT_EQ(yields, 4);
  EXPECT_EQ(world_.store->meter().fuel(), 880u);
  EXPECT_EQ(world_.store->statistics().fuel_yields, 4u);
}

TEST_F(FuelTest, YieldsOnceWhereItIsAskedTo) {
  runtime::Meter& meter = world_.store->meter();
  meter.set_fuel(1000);
  const uint64_t before = meter.burnt();
  const auto yields_of = [&](uint64_t after) {
    const uint64_t place = meter.burnt() + after;
    meter.yield_at(place);
    auto activation = Activation::create(*world_.store);
    EXPECT_TRUE((*activation)->start(world_.function(guest_, "count"), std::vector<Slot>{10}));
    int yields = 0;
    while ((*activation)->run() == Exit::suspended) {
      EXPECT_EQ(meter.burnt(), place);
      ++yields;
    }
    return yields;
  };
  EXPECT_EQ(yields_of(0), 1);
  EXPECT_EQ(yields_of(12), 1);
  EXPECT_EQ(yields_of(13), 0) << "no row begins there";
  meter.set_interval(25);
  EXPECT_EQ(meter.burnt() - before, 3 * 60u) << "what was burnt is burnt";
  meter.set_fuel(7);
  EXPECT_EQ(meter.burnt() - before, 3 * 60u);
}

TEST_F(FuelTest, ASliceMayBeSmallerThanWhatIsAskedAtOnce) {
  world_.store->meter().set_fuel(5000);
  world_.store->meter().set_interval(3);
  auto activation = Activation::create(*world_.store);
  ASSERT_TRUE((*activation)->start(world_.function(guest_, "fill"), std::vector<Slot>{65536}));
  int yields = 0;
  Exit exit = (*activation)->run();
  for (; exit == Exit::suspended; exit = (*activation)->run()) ++yields;
  EXPECT_EQ(exit, Exit::returned);
  EXPECT_EQ(yields, 2);
  EXPECT_EQ(world_.store->meter().fuel(), 5000u - 4100);
  // Bulk operations are not torn apart, and what cannot be paid is not begun.
  ASSERT_TRUE((*activation)->start(world_.function(guest_, "fill"), std::vector<Slot>{65536}));
  while ((exit = (*activation)->run()) == Exit::suspended) continue;
  EXPECT_EQ(exit, Exit::trapped);
  EXPECT_EQ((*activation)->trap().kind, TrapKind::out_of_fuel);
}

TEST(Fuel, IsALimitThatNeedsAnEngineThatCharges) {
  runtime::StoreLimits limits;
  limits.fuel = 10;
  EXPECT_FALSE(runtime::StoreCore::create(make_engine({}), limits));
  World world(with_fuel(), limits);
  const InstanceId guest = world.instantiate(kGuest);
  EXPECT_EQ(world.trap(guest, "forever"), TrapKind::out_of_fuel);
}

TEST(Fuel, IsFreeWhereNobodyAskedForIt) {
  World world;
  const InstanceId guest = world.instantiate(kGuest);
  EXPECT_TRUE(world.call(guest, "count", {1000}));
  EXPECT_EQ(world.store->meter().fuel(), UINT64_MAX);
}

}  // namespace
}  // namespace reprise::code
