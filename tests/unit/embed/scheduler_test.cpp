// What only a scheduler resumes: guests that yield and guests in atomic waits; and deadlines that
// reach guests that wait for the host. All of it suspended, resumed, cancelled, recorded, replayed.

#include "reprise/scheduler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "code/interpreter.hpp"
#include "embed/wait_door.hpp"
#include "recorded.hpp"
#include "reprise/component.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"
#include "runtime/activation.hpp"
#include "runtime/instantiate.hpp"
#include "slow_sink.hpp"
#include "text/wat.hpp"
#include "turns.hpp"
#include "wasm/reader.hpp"

namespace reprise {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kModule = R"((module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1 2 shared)
  (global $n (export "n") (mut i32) (i32.const 0))
  (func (export "count") (param $to i32) (result i32)
    (loop $more
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (global.get $n) (local.get $to))))
    (global.get $n))
  (func (export "sum") (param $times i32) (result i32) (local $sum i32)
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 16))))
      (i32.store (i32.const 20) (local.get $sum))
      (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum))
  (func (export "host") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "wait") (param $expected i32) (param $timeout i64) (result i32)
    (memory.atomic.wait32 (i32.const 8) (local.get $expected) (local.get $timeout)))
  (func (export "notify") (param $count i32) (result i32)
    (memory.atomic.notify (i32.const 8) (local.get $count)))))";

struct App {
  Waiters waiting;
};

class SchedulerTest : public testing::Test {
 protected:
  explicit SchedulerTest(const EngineOptions& options = {}) : engine_(*Engine::create(options)) {
    EXPECT_TRUE(linker_.core_func("host", "wait", [](Call<App> call, int32_t x) -> Task<int32_t> {
      co_await WaitForTest{call.data().waiting};
      co_return 10 * x;
    }));
    EXPECT_TRUE(store_.set_scheduler(turns_));
  }

  void record(bool interruptible = false) {
    ASSERT_TRUE(store_.record({.path = trace_.path(), .interruptible = interruptible}));
  }
  CoreInstance instantiate() {
    auto made = linker_.instantiate(store_, module_).run_if_ready();
    EXPECT_TRUE(made && *made) << made->error().to_string();
    return **made;
  }
  template <class R, class... A>
  Operation<R> call(const CoreInstance& instance, std::string_view name, A... arguments) {
    return instance.func<R(A...)>(name)->call(store_, arguments...);
  }
  static TrapKind trap_of(const Outcome<int32_t>& outcome) {
    return outcome || !outcome.error().trap() ? TrapKind::host : outcome.error().trap()->kind;
  }
  /// Two calls take turns, and the host changes what they read whenever one yields.
  void take_turns(const CoreInstance& one, const CoreInstance& two, bool with_epochs) {
    const auto tick = [&] {
      if (with_epochs) engine_.increment_epoch();
    };
    tick();
    auto first = call<int32_t>(one, "sum", 300);
    ASSERT_FALSE(first.start());
    tick();
    auto second = call<int32_t>(two, "sum", 200);
    ASSERT_FALSE(second.start());
    for (uint8_t turn = 1; !first.done() || !second.done(); ++turn) {
      const uint8_t bytes[] = {turn, 0, 0, 0};
      ASSERT_TRUE((turn % 3 == 0 ? one : two).memory("memory")->write(store_, 16, bytes));
      if (turn < 20) tick();
      ASSERT_TRUE(turns_->next());
    }
    EXPECT_GT(first.take().value(), 10);
    EXPECT_GT(second.take().value(), 10);
  }
  replay::Recorder& recorder() { return *detail::Access::state(store_).session->recorder(); }
  /// How many records of the trace are requests.
  size_t requests() {
    auto reader = trace::Reader::open(trace_.path());
    size_t found = 0;
    while (true) {
      const auto record = *(*reader)->next();
      if (!record) return found;
      found += record->kind == trace::Kind::asked ? 1 : 0;
    }
  }
  embed::ReplayOutcome outcome_of_replay() {
    EXPECT_TRUE(store_.close_recording());
    return trace_.run()->loop().outcome();
  }
  std::optional<Trap> replay() {
    auto closed = store_.close_recording();
    EXPECT_TRUE(closed) << closed.error().to_string();
    return trace_.replay(store_).trap;
  }

  TemporaryTrace trace_{"scheduler"};
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
  Engine engine_;
  Store<App> store_ = *Store<App>::create(engine_, App{});
  Linker<App> linker_;
  Module module_ = *Module::read(engine_, kModule, "test.wat");
};

class FuelledSchedulerTest : public SchedulerTest {
 protected:
  FuelledSchedulerTest() : SchedulerTest({.fuel = true}) {}
};

// ---- Yields ----

TEST_F(FuelledSchedulerTest, AYieldGoesOnInItsTurn) {
  record();
  const CoreInstance instance = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  EXPECT_FALSE(call<int32_t>(instance, "count", 100).run()) << "run() cannot wait";
  auto counting = call<int32_t>(instance, "count", 100);
  ASSERT_FALSE(counting.start());
  EXPECT_EQ(counting.waits_at(), SuspensionPoint::fuel_yield);
  turns_->run();
  ASSERT_TRUE(counting.done());
  EXPECT_EQ(counting.take().value(), 100);
  EXPECT_FALSE(replay());
  EXPECT_EQ(requests(), 0u) << "nothing else happened meanwhile";
}

TEST_F(FuelledSchedulerTest, AYieldIsCancelled) {
  record();
  const CoreInstance instance = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  auto counting = call<int32_t>(instance, "count", 1'000'000'000);
  ASSERT_FALSE(counting.start());
  ASSERT_TRUE(turns_->next());
  EXPECT_EQ(counting.waits_at(), SuspensionPoint::fuel_yield);
  counting.reset();
  turns_->run();  // its turn comes, and nobody is there
  EXPECT_FALSE(call<int32_t>(instance, "count", 1).run_if_ready()->has_value());
  EXPECT_EQ(replay()->kind, TrapKind::cancelled);
}

TEST_F(FuelledSchedulerTest, AYieldThatIsCancelledAfterAHostCallIsReplayed) {
  Linker<App> linker;
  ASSERT_TRUE(linker.core_func("host", "wait", [](Call<App>, int32_t x) { return x; }));
  record();
  const Module module = *Module::read(engine_, R"((module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (func (export "spin") (result i32)
      (drop (call $wait (i32.const 1)))
      (loop (br 0))
      (i32.const 0))))",
                                      "spin.wat");
  const CoreInstance instance = **linker.instantiate(store_, module).run_if_ready();
  ASSERT_TRUE(store_.metering().yield_every(100));
  auto spinning = call<int32_t>(instance, "spin");
  ASSERT_FALSE(spinning.start());
  spinning.reset();
  EXPECT_EQ(replay()->kind, TrapKind::cancelled);
}

TEST_F(FuelledSchedulerTest, CallsThatTakeTurnsAreReplayed) {
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  take_turns(one, two, false);
  EXPECT_FALSE(replay());
  EXPECT_GT(requests(), 20u);
}

TEST_F(FuelledSchedulerTest, TheIntervalMayChangeMeanwhile) {
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  auto first = call<int32_t>(one, "count", 100);
  ASSERT_FALSE(first.start());
  ASSERT_TRUE(store_.metering().yield_every(17));
  EXPECT_FALSE(call<int32_t>(two, "sum", 50).start());
  turns_->run();
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first.take().value(), 100);
  EXPECT_FALSE(replay());
}

TEST_F(FuelledSchedulerTest, EpochsYieldWhereFuelSays) {
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  store_.metering().yield_every_epochs(1);
  take_turns(one, two, true);
  EXPECT_GT(store_.statistics().epoch_yields, 10u);
  EXPECT_EQ(store_.statistics().fuel_yields, 0u);
  EXPECT_FALSE(replay());
  EXPECT_GT(requests(), 10u);
}

TEST_F(FuelledSchedulerTest, FuelThatWasSetBeforeTheRecordingRunsOutInTheReplay) {
  ASSERT_TRUE(store_.metering().set_fuel(500));
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  auto counting = call<int32_t>(one, "count", 1'000);
  ASSERT_FALSE(counting.start());
  EXPECT_EQ(call<int32_t>(two, "count", 1).run_if_ready()->value(), 1);
  turns_->run();
  EXPECT_EQ(trap_of(counting.take()), TrapKind::out_of_fuel);
  EXPECT_EQ(replay()->kind, TrapKind::out_of_fuel);
}

TEST_F(FuelledSchedulerTest, YieldsByFuelAndByEpochsMix) {
  record(true);
  const CoreInstance one = instantiate(), two = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(150));
  store_.metering().yield_every_epochs(1);
  take_turns(one, two, true);
  EXPECT_GT(store_.statistics().epoch_yields, 5u);
  EXPECT_GT(store_.statistics().fuel_yields, 5u);
  EXPECT_FALSE(replay());
}

TEST_F(FuelledSchedulerTest, AYieldIsCancelledAfterOthersHaveRun) {
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  auto spinning = call<int32_t>(one, "count", 1'000'000'000);
  ASSERT_FALSE(spinning.start());
  auto counting = call<int32_t>(two, "count", 20);
  ASSERT_FALSE(counting.start());
  ASSERT_TRUE(turns_->next());
  spinning.reset();
  turns_->run();
  EXPECT_EQ(counting.take().value(), 20);
  EXPECT_FALSE(replay()) << "the other one ended last";
}

TEST_F(FuelledSchedulerTest, ARecordingMayBeClosedWhileAGuestYields) {
  record();
  const CoreInstance instance = instantiate();
  ASSERT_TRUE(store_.metering().yield_every(100));
  auto counting = call<int32_t>(instance, "count", 200);
  ASSERT_FALSE(counting.start());
  EXPECT_FALSE(replay());
  turns_->run();
  EXPECT_EQ(counting.take().value(), 200);
}

TEST_F(FuelledSchedulerTest, ATraceThatEndsAYieldOfNobodysIsRefused) {
  record();
  const CoreInstance instance = instantiate();
  recorder().answered(7, trace::Verdict::allowed);
  ASSERT_TRUE(call<int32_t>(instance, "count", 10).run_if_ready()->has_value());
  const auto outcome = outcome_of_replay();
  EXPECT_EQ(outcome.kind, embed::ReplayOutcome::Kind::failed);
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->message.find("answers a request"), std::string::npos);
}

TEST_F(FuelledSchedulerTest, ATraceWithAYieldThatNobodyReachesDiverges) {
  record();
  const CoreInstance instance = instantiate();
  const auto yield =
      recorder().begin_yield(replay::YieldPlace{trace::Growable::yield_at_fuel, 1 << 20}, 9);
  recorder().output(replay::Stream::out, {});
  recorder().end_yield(yield);
  ASSERT_TRUE(call<int32_t>(instance, "count", 10).run_if_ready()->has_value());
  EXPECT_EQ(outcome_of_replay().kind, embed::ReplayOutcome::Kind::divergence);
}

TEST_F(SchedulerTest, CallsThatTakeTurnsByEpochsAreReplayed) {
  record(true);
  const CoreInstance one = instantiate(), two = instantiate();
  store_.metering().yield_every_epochs(1);
  take_turns(one, two, true);
  EXPECT_FALSE(replay());
  EXPECT_GT(requests(), 10u);
}

TEST_F(SchedulerTest, ARecordingCountsWhereEpochsYieldAlready) {
  store_.metering().yield_every_epochs(1);
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  take_turns(one, two, true);
  EXPECT_FALSE(replay());
}

TEST_F(SchedulerTest, WithoutAMeasureCallsThatTakeTurnsPoisonTheirRecording) {
  record();
  const CoreInstance one = instantiate(), two = instantiate();
  store_.metering().yield_every_epochs(1);
  take_turns(one, two, true);
  auto closed = store_.close_recording();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("RecordOptions::interruptible"), std::string::npos);
}

TEST_F(SchedulerTest, AGuestThatYieldedIsInterruptedAfterOthersHaveRun) {
  record(true);
  const CoreInstance one = instantiate(), two = instantiate();
  store_.metering().yield_every_epochs(1);
  engine_.increment_epoch();
  auto spinning = call<int32_t>(one, "count", 1'000'000'000);
  ASSERT_FALSE(spinning.start());
  EXPECT_EQ(call<int32_t>(two, "count", 5).run_if_ready()->value(), 5);
  engine_.increment_epoch();
  turns_->run_posted();
  ASSERT_FALSE(spinning.done());
  EXPECT_EQ(call<int32_t>(two, "count", 6).run_if_ready()->value(), 6);
  store_.metering().interrupt().raise();
  turns_->run();
  ASSERT_TRUE(spinning.done());
  EXPECT_EQ(trap_of(spinning.take()), TrapKind::interrupted);
  EXPECT_EQ(replay()->kind, TrapKind::interrupted);
}

TEST_F(SchedulerTest, AnEpochYieldsOrIsCancelled) {
  record();
  const CoreInstance instance = instantiate();
  store_.metering().yield_every_epochs(1);
  engine_.increment_epoch();
  auto counting = call<int32_t>(instance, "count", 100);
  ASSERT_FALSE(counting.start());
  EXPECT_EQ(counting.waits_at(), SuspensionPoint::epoch_yield);
  turns_->run();
  EXPECT_EQ(counting.take().value(), 100);
  engine_.increment_epoch();
  counting = call<int32_t>(instance, "count", 200);
  ASSERT_FALSE(counting.start());
  counting.reset();
  turns_->run();
  EXPECT_FALSE(call<int32_t>(instance, "count", 1).run_if_ready()->has_value());
  EXPECT_EQ(replay()->kind, TrapKind::cancelled);
}

TEST_F(SchedulerTest, AGuestThatYieldsIsInterruptedWhenItGoesOn) {
  record(true);
  const CoreInstance instance = instantiate();
  store_.metering().yield_every_epochs(1);
  engine_.increment_epoch();
  auto counting = call<int32_t>(instance, "count", 1'000'000'000);
  ASSERT_FALSE(counting.start());
  store_.metering().interrupt().raise();
  turns_->run();
  ASSERT_TRUE(counting.done());
  EXPECT_EQ(trap_of(counting.take()), TrapKind::interrupted);
  EXPECT_EQ(replay()->kind, TrapKind::interrupted);
}

/// Sums up what the host counts.
constexpr std::string_view kSummingComponent = R"((component
  (import "test:host/api@1.0.0" (instance $host (export "next" (func (result u32)))))
  (core func $next (canon lower (func $host "next")))
  (core module $m
    (import "" "next" (func $next (result i32)))
    (memory (export "memory") 1)
    (func (export "sum") (param $times i32) (result i32) (local $sum i32)
      (loop $more
        (local.set $sum (i32.add (local.get $sum) (call $next)))
        (i32.store (i32.const 20) (local.get $sum))
        (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
      (local.get $sum)))
  (core instance $i (instantiate $m (with "" (instance (export "next" (func $next))))))
  (func (export "sum") (param "times" u32) (result u32) (canon lift (core func $i "sum")))
))";

/// Two calls of components take turns; what the host counts tells them apart.
class ComponentTurns : public testing::TestWithParam<bool> {
 protected:
  void take_turns(Store<App>& store, Engine& engine) {
    Linker<App> linker;
    uint32_t counted = 0;
    ASSERT_TRUE(linker.func("test:host/api@1.0.0", "next", [&](Call<App>) { return ++counted; }));
    const Component component = *Component::read(engine, kSummingComponent, "sum.wat");
    const auto begin = [&](uint32_t times) {
      engine.increment_epoch();
      const Instance made = **linker.instantiate(store, component).run_if_ready();
      auto summing = made.func<uint32_t(uint32_t)>("", "sum")->call(store, times);
      EXPECT_FALSE(summing.start());
      return summing;
    };
    if (is_fuelled()) ASSERT_TRUE(store.metering().yield_every(30));
    auto first = begin(40), second = begin(30), cancelled = begin(1'000'000);
    while (!first.done() || !second.done()) {
      engine.increment_epoch();
      ASSERT_TRUE(turns_->next());
    }
    cancelled.reset();
    EXPECT_GT(first.take().value() + second.take().value(), 70u * 71 / 2);
  }
  bool is_fuelled() const { return GetParam(); }
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
};

TEST_P(ComponentTurns, AreReplayed) {
  const TemporaryTrace trace("component_turns");
  Engine engine = *Engine::create({.fuel = is_fuelled()});
  Store<App> store = *Store<App>::create(engine, App{});
  ASSERT_TRUE(store.set_scheduler(turns_));
  if (!is_fuelled()) store.metering().yield_every_epochs(1);
  ASSERT_TRUE(store.record({.path = trace.path()}));
  take_turns(store, engine);
  auto closed = store.close_recording();
  ASSERT_TRUE(closed) << closed.error().to_string();
  EXPECT_EQ(trace.replay(store).trap->kind, TrapKind::cancelled);
}

INSTANTIATE_TEST_SUITE_P(ByFuelAndByEpochs, ComponentTurns, testing::Bool());

// ---- Atomic waits ----

TEST_F(SchedulerTest, AnAtomicWaitEndsWithItsTime) {
  record();
  const CoreInstance instance = instantiate();
  EXPECT_FALSE(call<int32_t>(instance, "count", 1).run()) << "run() cannot wait";
  EXPECT_EQ(call<int32_t>(instance, "wait", 5, int64_t{1000}).run_if_ready()->value(), 1);
  EXPECT_EQ(call<int32_t>(instance, "wait", 0, int64_t{0}).run_if_ready()->value(), 2);
  auto waiting = call<int32_t>(instance, "wait", 0, int64_t{1000});
  ASSERT_FALSE(waiting.start());
  EXPECT_EQ(waiting.waits_at(), SuspensionPoint::atomic_wait);
  turns_->pass(999ns);
  EXPECT_FALSE(waiting.done());
  turns_->pass(1ns);
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(waiting.take().value(), 2);
  EXPECT_EQ(call<int32_t>(instance, "notify", 1).run_if_ready()->value(), 0);
  EXPECT_FALSE(replay());
}

TEST_F(SchedulerTest, AnAtomicWaitEndsWhenTheEmbedderNotifies) {
  record();
  const CoreInstance instance = instantiate();
  const Memory memory = *instance.memory("memory");
  auto waiting = call<int32_t>(instance, "wait", 0, int64_t{-1});
  ASSERT_FALSE(waiting.start());
  EXPECT_EQ(memory.notify(store_, 4).value(), 0u);
  const uint8_t seven[] = {7, 0, 0, 0};
  ASSERT_TRUE(memory.write(store_, 8, seven));
  EXPECT_EQ(memory.notify(store_, 8).value(), 1u);
  EXPECT_EQ(memory.notify(store_, 8).value(), 0u);
  EXPECT_FALSE(waiting.done()) << "not inside of notify()";
  turns_->run();
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(waiting.take().value(), 0);
  EXPECT_FALSE(replay());
}

TEST_F(SchedulerTest, OfSeveralTheOnesThatWaitedLongestAreWoken) {
  record();
  std::vector<CoreInstance> instances;
  for (int i = 0; i < 2; ++i) instances.push_back(instantiate());
  auto first = call<int32_t>(instances[0], "wait", 0, int64_t{-1});
  auto second = call<int32_t>(instances[1], "wait", 0, int64_t{100});
  ASSERT_FALSE(first.start());
  ASSERT_FALSE(second.start());
  turns_->pass(100ns);
  EXPECT_EQ(second.take().value(), 2);
  EXPECT_EQ(instances[0].memory("memory")->notify(store_, 8, 5).value(), 1u);
  turns_->run();
  EXPECT_EQ(first.take().value(), 0);
  EXPECT_FALSE(replay());
}

TEST_F(SchedulerTest, AnAtomicWaitIsCancelled) {
  record();
  const CoreInstance instance = instantiate();
  auto waiting = call<int32_t>(instance, "wait", 0, int64_t{1000});
  ASSERT_FALSE(waiting.start());
  EXPECT_EQ(turns_->sleeping(), 1u);
  waiting.reset();
  EXPECT_EQ(turns_->sleeping(), 0u);
  EXPECT_EQ(instance.memory("memory")->notify(store_, 8).value(), 0u);
  EXPECT_FALSE(call<int32_t>(instance, "count", 1).run_if_ready()->has_value());
  EXPECT_EQ(replay()->kind, TrapKind::cancelled);
}

TEST_F(SchedulerTest, AnAtomicWaitIsCancelledAfterItWasWoken) {
  record();
  const CoreInstance instance = instantiate();
  auto waiting = call<int32_t>(instance, "wait", 0, int64_t{-1});
  ASSERT_FALSE(waiting.start());
  EXPECT_EQ(instance.memory("memory")->notify(store_, 8).value(), 1u);
  waiting.reset();
  turns_->run();
  EXPECT_EQ(replay()->kind, TrapKind::cancelled);
}

TEST_F(SchedulerTest, AnAtomicWaitIsInterrupted) {
  record();
  const CoreInstance instance = instantiate();
  auto waiting = call<int32_t>(instance, "wait", 0, int64_t{-1});
  ASSERT_FALSE(waiting.start());
  store_.metering().interrupt().raise();
  turns_->run();
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(trap_of(waiting.take()), TrapKind::interrupted);
  EXPECT_EQ(replay()->kind, TrapKind::interrupted);
}

TEST_F(SchedulerTest, WithoutASchedulerAnAtomicWaitIsOverAtOnce) {
  ASSERT_TRUE(store_.set_scheduler(nullptr));
  const CoreInstance instance = instantiate();
  EXPECT_EQ(call<int32_t>(instance, "wait", 0, int64_t{1000}).run_if_ready()->value(), 2);
  EXPECT_EQ(trap_of(*call<int32_t>(instance, "wait", 0, int64_t{-1}).run_if_ready()),
            TrapKind::endless_wait);
}

/// Two instances with one memory: what only instances that are linked to each other have.
TEST(AtomicWaits, AnotherActivationNotifies) {
  Turns turns;
  HostContext context;
  embed::SchedulerDoor door(std::shared_ptr<Scheduler>(std::shared_ptr<void>(), &turns), context);
  const auto engine = code::make_engine();
  auto store = *runtime::StoreCore::create(engine, {});
  store->set_wait_door(&door);
  auto bytes = text::encode_module(R"((module
    (import "" "memory" (memory 1 1 shared))
    (func (export "wait") (result i32)
      (memory.atomic.wait64 (i32.const 8) (i64.const 0) (i64.const -1)))
    (func (export "notify") (result i32) (memory.atomic.notify (i32.const 8) (i32.const 9)))))");
  const auto loaded = engine->load(*wasm::read_module(*std::move(bytes), engine->types()));
  const auto memory =
      store->add_memory({.limits = {.minimum = 1, .maximum = 1}, .is_shared = true});
  ASSERT_TRUE(memory);
  const auto instance = [&] {
    return runtime::instantiate(*store, loaded, {{runtime::Extern(*memory)}})->instance;
  };
  const auto function = [&](runtime::InstanceId of, const char* name) {
    return std::get<runtime::FuncId>(*store->find_export(of, name));
  };
  auto waits = *runtime::Activation::create(*store);
  ASSERT_TRUE(waits->start(function(instance(), "wait"), {}));
  ASSERT_EQ(waits->run(), runtime::Exit::suspended);
  const auto woken = runtime::call(*store, function(instance(), "notify"), {});
  ASSERT_TRUE(woken);
  EXPECT_EQ((*woken)[0], 1u);
  ASSERT_EQ(waits->run(), runtime::Exit::returned);
  EXPECT_EQ(waits->results()[0], 0u);
  store->set_wait_door(nullptr);
}

// ---- Space in the trace ----

class TraceSpaceTest : public SchedulerTest {
 protected:
  TraceSpaceTest() {
    EXPECT_TRUE(calling_.core_func("host", "add", [this](Call<App>, int32_t x) {
      ++called_;
      return x + 1;
    }));
    replay::RecorderOptions options;
    options.writer.chunk_bytes = 4096;
    options.writer.ring_bytes = 1 << 18;
    auto sink = std::make_unique<SlowSink>(*trace::FileSink::create(trace_.path()), is_open_);
    detail::StoreState& state = detail::Access::state(store_);
    EXPECT_TRUE(state.session->record(*replay::Recorder::create(std::move(sink), options)));
    state.recording = RecordOptions{.path = trace_.path()};
    const Module module = *Module::read(engine_, R"((module
      (import "host" "add" (func $add (param i32) (result i32)))
      (func (export "loop") (param $times i32) (result i32) (local $n i32)
        (loop $more
          (local.set $n (call $add (local.get $n)))
          (br_if $more (i32.lt_u (local.get $n) (local.get $times))))
        (local.get $n))))",
                                        "calling.wat");
    instance_ = **calling_.instantiate(store_, module).run_if_ready();
  }
  ~TraceSpaceTest() override { open(); }
  void open() {
    is_open_ = true;
    is_open_.notify_all();
  }

  std::atomic<bool> is_open_ = false;
  Linker<App> calling_;
  std::optional<CoreInstance> instance_;
  int called_ = 0;
};

TEST_F(TraceSpaceTest, AHostCallWaitsForTheDisk) {
  auto calling = call<int32_t>(*instance_, "loop", 50'000);
  ASSERT_FALSE(calling.start());
  EXPECT_EQ(calling.waits_at(), SuspensionPoint::trace_space);
  const int called = called_;
  turns_->pass(1ms);
  EXPECT_FALSE(calling.done());
  EXPECT_EQ(called_, called) << "it waits before the host is called";
  open();
  while (!calling.done()) turns_->pass(1ms);
  EXPECT_EQ(calling.take().value(), 50'000);
  EXPECT_FALSE(replay());
}

TEST_F(TraceSpaceTest, AHostCallThatWaitsForTheDiskIsCancelled) {
  auto calling = call<int32_t>(*instance_, "loop", 50'000);
  ASSERT_FALSE(calling.start());
  const int called = called_;
  calling.reset();
  EXPECT_EQ(turns_->sleeping(), 0u);
  EXPECT_EQ(called_, called);
  open();
  EXPECT_EQ(replay()->kind, TrapKind::cancelled);
}

// ---- Interruptions of what waits ----

TEST_F(SchedulerTest, AHostCallThatWaitsIsInterruptedByHand) {
  ASSERT_TRUE(store_.set_scheduler(nullptr));
  record();
  const CoreInstance instance = instantiate();
  auto waiting = call<int32_t>(instance, "host", 1);
  ASSERT_FALSE(waiting.start());
  store_.metering().interrupt_waiting();
  ASSERT_TRUE(waiting.done());
  EXPECT_TRUE(store_.data().waiting.empty());
  EXPECT_EQ(trap_of(waiting.take()), TrapKind::interrupted);
  EXPECT_EQ(store_.statistics().interruptions, 1u);
  EXPECT_FALSE(call<int32_t>(instance, "count", 1).run_if_ready()->has_value()) << "it is closed";
  EXPECT_EQ(replay()->kind, TrapKind::interrupted);
}

TEST_F(SchedulerTest, AnotherThreadInterruptsAllThatWait) {
  record();
  const CoreInstance one = instantiate(), two = instantiate(), three = instantiate();
  auto first = call<int32_t>(one, "host", 1);
  auto second = call<int32_t>(two, "host", 2);
  ASSERT_FALSE(first.start());
  ASSERT_FALSE(second.start());
  std::thread([stop = store_.metering().interrupt()] { stop.raise(); }).join();
  EXPECT_FALSE(first.done());
  turns_->run();
  EXPECT_EQ(trap_of(first.take()), TrapKind::interrupted);
  EXPECT_EQ(trap_of(second.take()), TrapKind::interrupted);
  EXPECT_EQ(call<int32_t>(three, "count", 3).run_if_ready()->value(), 3);
  EXPECT_FALSE(replay());
}

TEST_F(SchedulerTest, WhatRunsMeanwhileIsNotTakenForWhatWaited) {
  record(true);
  const CoreInstance one = instantiate(), two = instantiate();
  auto waiting = call<int32_t>(one, "host", 1);
  ASSERT_FALSE(waiting.start());
  EXPECT_EQ(call<int32_t>(two, "count", 100).run_if_ready()->value(), 100);
  store_.metering().interrupt().raise();
  turns_->run();
  EXPECT_EQ(trap_of(waiting.take()), TrapKind::interrupted);
  store_.metering().interrupt().raise();
  turns_->run();  // nobody waits: it stops the next one
  EXPECT_EQ(trap_of(*call<int32_t>(two, "count", 200).run_if_ready()), TrapKind::interrupted);
  EXPECT_EQ(replay()->kind, TrapKind::interrupted);
}

TEST_F(SchedulerTest, ADeadlineStopsASlowHostFunction) {
  auto loop = *EventLoop::create();
  Linker<App> linker;
  ASSERT_TRUE(linker.core_func("host", "wait", [&](Call<App> call, int32_t s) -> Task<int32_t> {
    co_await loop.sleep(call.suspend(), std::chrono::seconds(s));
    co_return s;
  }));
  ASSERT_TRUE(store_.set_scheduler(loop.scheduler()));
  record();
  const CoreInstance instance = *loop.run(linker.instantiate(store_, module_));
  store_.metering().set_timeout(10ms);
  auto outcome = loop.run(call<int32_t>(instance, "host", 3600));
  EXPECT_EQ(trap_of(outcome), TrapKind::interrupted);
  EXPECT_EQ(outcome.error().trap()->message, "interrupted: the time that was allowed is over");
  EXPECT_EQ(replay()->kind, TrapKind::interrupted);
}

TEST_F(SchedulerTest, AStoreThatIsGoneIsNotInterrupted) {
  const Interrupt stop = store_.metering().interrupt();
  {
    Store<App> other = *Store<App>::create(engine_, App{});
    ASSERT_TRUE(other.set_scheduler(turns_));
    other.metering().interrupt().raise();
  }
  turns_->run();
  stop.raise();
  turns_->run();
}

TEST_F(SchedulerTest, ItIsNotSetWhileAnythingWaits) {
  const CoreInstance instance = instantiate();
  auto waiting = call<int32_t>(instance, "wait", 0, int64_t{-1});
  ASSERT_FALSE(waiting.start());
  EXPECT_FALSE(store_.set_scheduler(nullptr));
  waiting.reset();
  EXPECT_TRUE(store_.set_scheduler(nullptr));
}

}  // namespace
}  // namespace reprise
