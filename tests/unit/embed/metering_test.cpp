// Fuel, epochs and deadlines through the public API: who is stopped, what stays closed, who yields.

#include "reprise/metering.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "embed/api_state.hpp"
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

TEST_F(MeteringTest, ATimeoutThatIsOverStopsTheNextCall) {
  for (const auto timeout : {milliseconds(0), milliseconds(-5)}) {
    Instance instance = instantiate();
    store_.metering().set_timeout(timeout);
    auto count = instance.func<uint32_t(uint32_t)>("", "count")->call(store_, 3).run();
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().trap()->kind, TrapKind::interrupted);
  }
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

/// A guest needs no loop to take its time: what cannot be interrupted looks before it begins.
class LongOperationTest : public testing::TestWithParam<const char*> {
 protected:
  /// `run` calls the host, and then makes the operation on so many bytes, or a little more.
  CoreInstance instantiate(Store<App>& store, int bytes) {
    EXPECT_TRUE(linker_.core_func("host", "meanwhile", [this](Call<App>) { meanwhile(); }));
    std::string text = R"((module
      (import "host" "meanwhile" (func $meanwhile))
      (type $array (array (mut i64)))
      (memory (export "memory") 2)
      (table $t 10000 funcref)
      (data $bytes "IMAGE")
      (elem $functions funcref IMAGE_OF_FUNCTIONS)
      (global $n (export "n") (mut i32) (i32.const 0))
      (func (export "run") (local $a (ref null $array))
        (local.set $a (array.new_default $array (i32.const 512)))
        (call $meanwhile)
        OPERATION
        (global.set $n (i32.const 1)))))";
    const auto replace = [&text](std::string_view what, const std::string& with) {
      for (size_t at; (at = text.find(what)) != std::string::npos;)
        text.replace(at, what.size(), with);
    };
    replace("OPERATION", GetParam());
    replace("BYTES", std::to_string(bytes));
    replace("SLOTS", std::to_string(bytes / 8));
    std::string functions;
    for (int i = 0; i < bytes / 8; ++i) functions += "(ref.null func)";
    replace("IMAGE_OF_FUNCTIONS", functions);
    replace("IMAGE", std::string(static_cast<size_t>(bytes), 'x'));
    const Module module = *Module::read(engine_, text, "test.wat");
    auto made = linker_.instantiate(store, module).run();
    EXPECT_TRUE(made) << made.error().to_string();
    return *made;
  }
  static int32_t is_behind(Store<App>& store, const CoreInstance& instance) {
    return std::get<int32_t>(*instance.global("n")->get(store));
  }

  std::function<void()> meanwhile;
  Engine engine_ = *Engine::create();
  Linker<App> linker_;
};

TEST_P(LongOperationTest, IsNotBegunByWhoIsInterrupted) {
  Store<App> store = *Store<App>::create(engine_);
  meanwhile = [&] { store.metering().interrupt().raise(); };
  const CoreInstance instance = instantiate(store, 4096);
  auto outcome = instance.func<void()>("run")->call(store).run();
  ASSERT_FALSE(outcome);
  ASSERT_TRUE(outcome.error().trap()) << outcome.error().to_string();
  EXPECT_EQ(outcome.error().trap()->kind, TrapKind::interrupted);
  EXPECT_EQ(is_behind(store, instance), 0);
  uint8_t first = 1;
  ASSERT_TRUE(instance.memory("memory")->read(store, 0, {&first, 1}));
  EXPECT_EQ(first, 0);
}

TEST_P(LongOperationTest, IsMadeAfterAYield) {
  Store<App> store = *Store<App>::create(engine_);
  const auto turns = std::make_shared<Turns>();
  ASSERT_TRUE(store.set_scheduler(turns));
  const CoreInstance instance = instantiate(store, 4096);
  store.metering().yield_every_epochs(1);
  meanwhile = [&] { engine_.increment_epoch(); };
  auto running = instance.func<void()>("run")->call(store);
  ASSERT_FALSE(running.start());
  EXPECT_EQ(running.waits_at(), SuspensionPoint::epoch_yield);
  detail::Access::state(store).session->core().collect();
  turns->run();
  ASSERT_TRUE(running.done());
  EXPECT_TRUE(running.take());
  EXPECT_EQ(is_behind(store, instance), 1);
}

TEST_P(LongOperationTest, ASmallOneDoesNotLook) {
  Store<App> store = *Store<App>::create(engine_);
  meanwhile = [&] { store.metering().interrupt().raise(); };
  const CoreInstance instance = instantiate(store, 4088);
  EXPECT_TRUE(instance.func<void()>("run")->call(store).run());
}

INSTANTIATE_TEST_SUITE_P(
    Operations, LongOperationTest,
    testing::Values("(memory.fill (i32.const 0) (i32.const 7) (i32.const BYTES))",
                    "(memory.copy (i32.const 1) (i32.const 0) (i32.const BYTES))",
                    "(memory.init $bytes (i32.const 0) (i32.const 0) (i32.const BYTES))",
                    "(table.fill $t (i32.const 0) (ref.null func) (i32.const SLOTS))",
                    "(table.copy (i32.const 1) (i32.const 0) (i32.const SLOTS))",
                    "(table.init $t $functions (i32.const 0) (i32.const 0) (i32.const SLOTS))",
                    "(drop (array.new_default $array (i32.const BYTES)))",
                    "(drop (array.new $array (i64.const 1) (i32.const BYTES)))",
                    "(array.fill $array (local.get $a) (i32.const 0) (i64.const 1) "
                    "(i32.const SLOTS))",
                    "(array.copy $array $array (local.get $a) (i32.const 0) (local.get $a) "
                    "(i32.const 0) (i32.const SLOTS))",
                    "(array.init_data $array $bytes (local.get $a) (i32.const 0) (i32.const 0) "
                    "(i32.const SLOTS))"));

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
