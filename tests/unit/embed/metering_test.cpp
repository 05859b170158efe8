// Fuel, epochs and deadlines through the public API: who is stopped, what stays closed, who yields.

#include "reprise/metering.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "reprise/component.hpp"
#include "reprise/linker.hpp"
#include "turns.hpp"

namespace reprise {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kComponent = R"((component
  (core module $m
    (func (export "forever") (loop (br 0)))
    (func (export "count") (param i32) (result i32) (local i32)
      (loop
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1)))
  (core instance $i (instantiate $m))
  (func (export "forever") (canon lift (core func $i "forever")))
  (func (export "count") (param "to" u32) (result u32) (canon lift (core func $i "count")))
))";

struct App {};

class MeteringTest : public testing::Test {
 protected:
  explicit MeteringTest(const EngineOptions& options = {}) : engine_(*Engine::create(options)) {}

  Instance instantiate() {
    const Component component = *Component::read(engine_, kComponent, "test.wat");
    auto instance = linker_.instantiate(store_, component).run();
    EXPECT_TRUE(instance) << instance.error().to_string();
    return *instance;
  }

  TrapKind trap_of_forever(Instance& instance) {
    auto forever = instance.func<void()>("", "forever");
    auto outcome = forever->call(store_).run();
    if (outcome || !outcome.error().trap()) return TrapKind::host;
    return outcome.error().trap()->kind;
  }

  Engine engine_;
  Store<App> store_ = *Store<App>::create(engine_);
  Linker<App> linker_;
};

class FuelledTest : public MeteringTest {
 protected:
  FuelledTest() : MeteringTest({.fuel = true}) {}
};

TEST_F(FuelledTest, AGuestWithoutFuelTrapsAndIsClosed) {
  Instance instance = instantiate();
  ASSERT_TRUE(store_.metering().set_fuel(1000));
  EXPECT_EQ(trap_of_forever(instance), TrapKind::out_of_fuel);
  auto count = instance.func<uint32_t(uint32_t)>("", "count");
  EXPECT_FALSE(count->call(store_, 1).run()) << "nobody enters it any more";
}

TEST_F(FuelledTest, EverybodyPaysTheSame) {
  Instance instance = instantiate();
  auto count = instance.func<uint32_t(uint32_t)>("", "count");
  uint64_t cost = 0;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(store_.metering().set_fuel(10'000));
    EXPECT_EQ(count->call(store_, 100).run().value(), 100u);
    const uint64_t paid = 10'000 - store_.metering().fuel();
    if (round != 0) EXPECT_EQ(paid, cost);
    cost = paid;
  }
  EXPECT_GT(cost, 100u);
}

TEST_F(FuelledTest, YieldsGoWhereTheyAreScheduled) {
  Instance instance = instantiate();
  auto count = instance.func<uint32_t(uint32_t)>("", "count");
  ASSERT_TRUE(store_.metering().yield_every(100));
  EXPECT_EQ(count->call(store_, 100).run().value(), 100u) << "nobody schedules";
  const auto turns = std::make_shared<Turns>();
  ASSERT_TRUE(store_.set_scheduler(turns));
  EXPECT_FALSE(count->call(store_, 100).run()) << "run() cannot wait";
  auto task = count->call(store_, 100);
  task.start();
  int yields = 0;
  while (!task.done()) {
    EXPECT_EQ(task.waits_at(), SuspensionPoint::fuel_yield);
    ++yields;
    ASSERT_TRUE(turns->next());
  }
  EXPECT_EQ(task.take().value(), 100u);
  EXPECT_GT(yields, 5);
}

TEST_F(MeteringTest, FuelNeedsAnEngineThatCharges) {
  EXPECT_FALSE(store_.metering().set_fuel(10));
  EXPECT_FALSE(store_.metering().yield_every(10));
  EXPECT_FALSE(Store<App>::create(engine_, {}, {.fuel = 10}));
}

TEST_F(MeteringTest, ATimeoutStopsALoop) {
  Instance instance = instantiate();
  store_.metering().set_timeout(milliseconds(5));
  EXPECT_EQ(trap_of_forever(instance), TrapKind::interrupted);
  EXPECT_EQ(store_.statistics().interruptions, 1u);
}

TEST_F(MeteringTest, ATimeoutCanBeCleared) {
  Instance instance = instantiate();
  store_.metering().set_timeout(milliseconds(1));
  std::this_thread::sleep_for(milliseconds(5));
  store_.metering().clear_timeout();
  auto count = instance.func<uint32_t(uint32_t)>("", "count");
  EXPECT_EQ(count->call(store_, 3).run().value(), 3u);
}

TEST_F(MeteringTest, AnotherThreadInterrupts) {
  Instance instance = instantiate();
  std::thread other([stop = store_.metering().interrupt()] { stop.raise(); });
  EXPECT_EQ(trap_of_forever(instance), TrapKind::interrupted);
  other.join();
}

TEST_F(MeteringTest, EpochsOfTheEngineStopItsStores) {
  Instance instance = instantiate();
  store_.metering().trap_after_epochs(2);
  engine_.increment_epoch();
  auto count = instance.func<uint32_t(uint32_t)>("", "count");
  EXPECT_EQ(count->call(store_, 3).run().value(), 3u);
  std::thread other([this] { engine_.increment_epoch(); });
  EXPECT_EQ(trap_of_forever(instance), TrapKind::interrupted);
  other.join();
}

}  // namespace
}  // namespace reprise
