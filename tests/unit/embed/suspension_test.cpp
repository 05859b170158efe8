// Suspending and cancelling, row by row of the table of suspension points: what a store was just
// before, it is again; what was recorded replays; and whatever fails fails as a value.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "embed/api_state.hpp"
#include "embed/replay_run.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"

namespace reprise {
namespace {

constexpr std::string_view kHost = "test:host/api@1.0.0";

/// Everything that a guest here can wait for.
constexpr std::string_view kGuest = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "thing" (type $thing (sub resource)))
    (export "make" (func (result (own $thing))))
    (export "wait" (func (param "x" u32) (result u32)))
    (export "look" (func (param "thing" (borrow $thing)) (result u32)))))
  (alias export $host "thing" (type $thing))
  (core func $wait (canon lower (func $host "wait")))
  (core func $make (canon lower (func $host "make")))
  (core func $look (canon lower (func $host "look")))
  (core module $m
    (import "" "wait" (func $wait (param i32) (result i32)))
    (import "" "make" (func $make (result i32)))
    (import "" "look" (func $look (param i32) (result i32)))
    (memory (export "memory") 1 10)
    (table $t 2 20 funcref)
    (global $n (mut i32) (i32.const 0))
    (func (export "wait") (param i32) (result i32)
      (i32.add (i32.const 1) (call $wait (local.get 0))))
    (func (export "look") (result i32) (call $look (call $make)))
    (func (export "grow-memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "grow-table") (param i32) (result i32)
      (table.grow $t (ref.null func) (local.get 0)))
    (func (export "count") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (core instance $i (instantiate $m (with "" (instance
    (export "wait" (func $wait)) (export "make" (func $make)) (export "look" (func $look))))))
  (func (export "wait") (param "x" u32) (result u32) (canon lift (core func $i "wait")))
  (func (export "look") (result u32) (canon lift (core func $i "look")))
  (func (export "grow-memory") (param "x" u32) (result u32)
    (canon lift (core func $i "grow-memory")))
  (func (export "grow-table") (param "x" u32) (result u32) (canon lift (core func $i "grow-table")))
  (func (export "count") (result u32) (canon lift (core func $i "count")))
))";

/// The same, with a start function that waits for the host.
constexpr std::string_view kStarting = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "wait" (func (param "x" u32) (result u32)))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (import "" "wait" (func $wait (param i32) (result i32)))
    (func $start (drop (call $wait (i32.const 7))))
    (start $start))
  (core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait))))))
))";

/// A resource of the guest's, whose destructor waits for the host.
constexpr std::string_view kDestroying = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "wait" (func (param "x" u32) (result u32)))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m
    (import "" "wait" (func $wait (param i32) (result i32)))
    (global $dropped (mut i32) (i32.const 0))
    (func (export "drop") (param i32)
      (global.set $dropped (i32.add (global.get $dropped) (call $wait (local.get 0)))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait))))))
  (type $own (resource (rep i32) (dtor (core func $i "drop"))))
  (core func $new (canon resource.new $own))
  (core module $n
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
  (core instance $j (instantiate $n (with "" (instance (export "new" (func $new))))))
  (export $thing "thing" (type $own))
  (func (export "make") (param "x" u32) (result (own $thing)) (canon lift (core func $j "make")))
  (func (export "dropped") (result u32) (canon lift (core func $i "dropped")))
))";

/// Coroutines come to wait here, and go on when the test says so.
class Gate {
 public:
  struct Awaiter {
    Gate& gate;
    std::coroutine_handle<> self;
    explicit Awaiter(Gate& g) : gate(g) {}
    ~Awaiter() { std::erase(gate.waiting_, self); }
    bool await_ready() const { return gate.is_open; }
    void await_suspend(std::coroutine_handle<> h) { gate.waiting_.push_back(self = h); }
    void await_resume() {}
  };
  Awaiter wait(Suspend& suspend) {
    suspend.check();
    return Awaiter(*this);
  }
  /// Lets the one that has waited longest go on.
  bool fire() {
    if (waiting_.empty()) return false;
    const std::coroutine_handle<> first = waiting_.front();
    waiting_.erase(waiting_.begin());
    first.resume();
    return true;
  }
  size_t waiting() const { return waiting_.size(); }
  bool is_open = false;

 private:
  std::vector<std::coroutine_handle<>> waiting_;
};

struct App {
  Gate* gate;
};

struct Thing {};

/// Answers when the gate lets it, and keeps accounts.
class Quota final : public AsyncLimiter {
 public:
  explicit Quota(Gate& gate) : gate_(gate) {}
  Decision allow(Suspend& suspend, ResourceRequest request) override {
    ++asked;
    if (!(waits & 1u << static_cast<unsigned>(request.what))) return answer;
    return ask(suspend, this);
  }
  void settled(const ResourceRequest&, bool done) override { done ? ++granted : ++refused; }

  bool answer = true;
  /// A bit for each kind of request that has to wait.
  unsigned waits = 0;
  int asked = 0, granted = 0, refused = 0;

 private:
  static Task<bool> ask(Suspend& suspend, Quota* self) {
    co_await self->gate_.wait(suspend);
    co_return self->answer;
  }
  Gate& gate_;
};

class SlowHook final : public AsyncCallHook {
 public:
  SlowHook(Gate& gate, Crossing waits_at) : gate_(gate), waits_at_(waits_at) {}
  Task<TrapOr<void>> crossing(Suspend& suspend, Crossing crossing, std::string) override {
    ++crossings[crossing];
    if (crossing == waits_at_) co_await gate_.wait(suspend);
    if (refuses) co_return std::unexpected(Trap::host("the hook says no"));
    co_return TrapOr<void>();
  }
  std::map<Crossing, int> crossings;
  bool refuses = false;

 private:
  Gate& gate_;
  Crossing waits_at_;
};

}  // namespace
}  // namespace reprise

REPRISE_RESOURCE(reprise::Thing, "test:host/api.thing")

namespace reprise {
namespace {

/// What must be the same before and after something that was cancelled.
struct Sizes {
  std::vector<uint64_t> memories, tables;
  size_t instances;
  uint32_t resources;
  uint64_t digest;

  explicit Sizes(AnyStore& store) {
    detail::StoreState& state = detail::Access::state(store);
    runtime::StoreCore& core = state.session->core();
    for (uint32_t i = 0; i < core.memory_count(); ++i)
      memories.push_back(core.memory(runtime::MemoryId(i)).pages());
    for (uint32_t i = 0; i < core.table_count(); ++i)
      tables.push_back(core.table(runtime::TableId(i)).size());
    instances = core.instance_count();
    resources = store.resources().live();
    digest = embed::digest_state(core);
  }
  bool operator==(const Sizes&) const = default;
};

class SuspensionTest : public testing::Test {
 protected:
  SuspensionTest() {
    EXPECT_TRUE(linker_.resource<Thing>(kHost, "thing"));
    EXPECT_TRUE(linker_.func(kHost, "make", [](Call<App> call) { return call.push(Thing()); }));
    EXPECT_TRUE(linker_.func(kHost, "wait", [](Call<App> call, uint32_t x) -> Task<uint32_t> {
      co_await call.data().gate->wait(call.suspend());
      co_return 2 * x;
    }));
    EXPECT_TRUE(linker_.func(kHost, "look", [](Call<App> call, Borrow<Thing>) -> Task<uint32_t> {
      co_await call.data().gate->wait(call.suspend());
      co_return 5;
    }));
  }
  ~SuspensionTest() override { std::filesystem::remove(path_); }

  Component read(std::string_view text) {
    return Component::read(engine_, text, "test.wat").value();
  }
  Operation<Instance> instantiating(std::string_view text = kGuest) {
    return linker_.instantiate(store_, read(text));
  }
  Instance instantiate(std::string_view text = kGuest) {
    auto instance = instantiating(text).run_if_ready();
    EXPECT_TRUE(instance && *instance) << (*instance).error().to_string();
    return **instance;
  }
  std::shared_ptr<Quota> limit() {
    auto quota = std::make_shared<Quota>(gate_);
    store_.set_limiter(std::shared_ptr<AsyncLimiter>(quota));
    return quota;
  }
  void record() { ASSERT_TRUE(store_.record({.path = path_})); }

  /// Closes the recording, and makes the run again.
  embed::ReplayOutcome replay(std::string_view text = kGuest) {
    auto closed = store_.close_recording();
    EXPECT_TRUE(closed) << closed.error().to_string();
    auto player = replay::Player::open(*trace::Reader::open(path_));
    EXPECT_TRUE(player) << player.error().to_string();
    replay::Mirror mirror([](replay::Stream, Bytes) {});
    replay::Playback playback(**player, mirror);
    const Component component = read(text);
    const auto& state = detail::Access::state(component);
    auto session = embed::Session::create(state->engine, {}, nullptr);
    EXPECT_TRUE((*session)->replay(playback));
    embed::HostLibrary library;
    EXPECT_TRUE(library.add_recorded(state->loaded->component(), **player));
    auto program = embed::ComponentProgram::link(**session, state->loaded, library);
    EXPECT_TRUE(program) << program.error().to_string();
    const auto another = [&](uint32_t) -> Result<std::unique_ptr<embed::Program>> {
      REPRISE_ASSIGN(auto made, embed::ComponentProgram::link(**session, state->loaded, library));
      return made;
    };
    embed::ReplayOutcome outcome = embed::run_replay(playback, **program, {}, another);
    EXPECT_EQ(outcome.kind, embed::ReplayOutcome::Kind::finished)
        << (outcome.divergence ? outcome.divergence->to_string() : "")
        << (outcome.error ? outcome.error->to_string() : "");
    EXPECT_FALSE(outcome.cut);
    replayed_digest_ = (*program)->state_digest();
    return outcome;
  }
  uint64_t digest() { return embed::digest_state(detail::Access::state(store_).session->core()); }

  /// Cancels `operation`, which waits at `point`, and compares the store with what it was before.
  template <class R>
  void cancel_at(SuspensionPoint point, Operation<R> operation) {
    const Sizes before(store_);
    EXPECT_FALSE(operation.start());
    EXPECT_EQ(operation.waits_at(), point);
    EXPECT_EQ(gate_.waiting(), 1u);
    operation.reset();
    EXPECT_EQ(gate_.waiting(), 0u);
    EXPECT_EQ(Sizes(store_), before);
    EXPECT_FALSE(gate_.fire());
  }

  const std::string path_ =
      testing::TempDir() + "suspension_" + std::to_string(getpid()) + ".trace";
  Gate gate_;
  Engine engine_ = *Engine::create();
  Store<App> store_ = *Store<App>::create(engine_, App{&gate_});
  Linker<App> linker_;
  uint64_t replayed_digest_ = 0;
};

using Number = uint32_t(uint32_t);

// ---- One row after the other: suspended and resumed, suspended and cancelled, both recorded ----

TEST_F(SuspensionTest, AHostFunctionWaitsAndGoesOn) {
  record();
  const Instance instance = instantiate();
  auto call = instance.func<Number>("", "wait")->call(store_, 20);
  ASSERT_FALSE(call.start());
  EXPECT_EQ(call.waits_at(), SuspensionPoint::host_function);
  EXPECT_FALSE(instance.func<uint32_t()>("", "count")->call(store_).run_if_ready()->has_value());
  EXPECT_TRUE(gate_.fire());
  ASSERT_TRUE(call.done());
  EXPECT_EQ(call.take().value(), 41u);
  EXPECT_EQ(instance.func<uint32_t()>("", "count")->call(store_).run_if_ready()->value(), 1u);
  EXPECT_FALSE(replay().trap);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, AHostFunctionIsCancelledAndItsInstanceClosed) {
  record();
  const Instance instance = instantiate();
  cancel_at(SuspensionPoint::host_function, instance.func<Number>("", "wait")->call(store_, 20));
  auto after = instance.func<uint32_t()>("", "count")->call(store_).run_if_ready();
  ASSERT_TRUE(after);
  EXPECT_FALSE(*after);
  const embed::ReplayOutcome outcome = replay();
  ASSERT_TRUE(outcome.trap);
  EXPECT_EQ(outcome.trap->kind, TrapKind::cancelled);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, ACallThatTheStoreHasNoRoomForIsRecordedAsGivenUp) {
  Limits limits;
  limits.activations = 0;
  store_ = *Store<App>::create(engine_, App{&gate_}, limits);
  record();
  const Instance instance = instantiate();
  auto count = instance.func<uint32_t()>("", "count")->call(store_).run_if_ready();
  ASSERT_TRUE(count);
  ASSERT_FALSE(*count);
  EXPECT_NE((*count).error().error(), nullptr);
  const embed::ReplayOutcome outcome = replay();  // in a store that has room
  ASSERT_TRUE(outcome.trap);
  EXPECT_EQ(outcome.trap->kind, TrapKind::cancelled);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, WhatWasLentForACancelledCallIsGivenBack) {
  const Instance instance = instantiate();
  auto call = instance.func<uint32_t()>("", "look")->call(store_);
  ASSERT_FALSE(call.start());
  EXPECT_EQ(store_.resources().live(), 1u);
  call.reset();
  EXPECT_EQ(store_.resources().live(), 1u);  // the guest's own: it was made before
}

TEST_F(SuspensionTest, GrowthOfAMemoryWaitsAndGoesOn) {
  const auto quota = limit();
  record();
  const Instance instance = instantiate();
  quota->waits = 1u << static_cast<unsigned>(ResourceRequest::What::memory);
  const auto grow = instance.func<Number>("", "grow-memory");
  auto call = grow->call(store_, 2);
  ASSERT_FALSE(call.start());
  EXPECT_EQ(call.waits_at(), SuspensionPoint::memory_growth);
  EXPECT_TRUE(gate_.fire());
  ASSERT_TRUE(call.done());
  EXPECT_EQ(call.take().value(), 1u);
  quota->answer = false;
  call = grow->call(store_, 3);
  ASSERT_FALSE(call.start());
  EXPECT_TRUE(gate_.fire());
  EXPECT_EQ(call.take().value(), ~0u);
  quota->waits = 0;
  EXPECT_EQ(grow->call(store_, 3).run_if_ready()->value(), ~0u);
  quota->answer = true;
  EXPECT_EQ(grow->call(store_, 3).run_if_ready()->value(), 3u);
  EXPECT_FALSE(replay().trap);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, GrowthOfAMemoryIsCancelled) {
  const auto quota = limit();
  record();
  const Instance instance = instantiate();
  const int settled = quota->granted + quota->refused;
  quota->waits = 1u << static_cast<unsigned>(ResourceRequest::What::memory);
  cancel_at(SuspensionPoint::memory_growth,
            instance.func<Number>("", "grow-memory")->call(store_, 2));
  EXPECT_EQ(quota->granted + quota->refused, settled + 1);
  EXPECT_EQ(quota->refused, 1);
  EXPECT_EQ(replay().trap->kind, TrapKind::cancelled);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, GrowthOfATableIsCancelledOrGoesOn) {
  const auto quota = limit();
  record();
  const Instance instance = instantiate();
  quota->waits = 1u << static_cast<unsigned>(ResourceRequest::What::table);
  auto call = instance.func<Number>("", "grow-table")->call(store_, 4);
  ASSERT_FALSE(call.start());
  EXPECT_TRUE(gate_.fire());
  EXPECT_EQ(call.take().value(), 2u);
  cancel_at(SuspensionPoint::table_growth,
            instance.func<Number>("", "grow-table")->call(store_, 2));
  EXPECT_EQ(replay().trap->kind, TrapKind::cancelled);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, CreatingAnInstanceIsCancelledOrGoesOn) {
  const auto quota = limit();
  quota->waits = 1u << static_cast<unsigned>(ResourceRequest::What::instance);
  cancel_at(SuspensionPoint::instance_creation, instantiating());
  auto waiting = instantiating();
  ASSERT_FALSE(waiting.start());
  EXPECT_TRUE(gate_.fire());
  ASSERT_TRUE(waiting.done());
  ASSERT_TRUE(waiting.take());
  quota->answer = false;
  waiting = instantiating();
  ASSERT_FALSE(waiting.start());
  EXPECT_TRUE(gate_.fire());
  ASSERT_TRUE(waiting.done());
  EXPECT_FALSE(waiting.take());
}

TEST_F(SuspensionTest, CreatingAnInstanceIsRecorded) {
  const auto quota = limit();
  record();
  quota->waits = 1u << static_cast<unsigned>(ResourceRequest::What::instance);
  auto waiting = instantiating();
  ASSERT_FALSE(waiting.start());
  EXPECT_TRUE(gate_.fire());
  const Instance instance = *waiting.take();
  EXPECT_EQ(instance.func<uint32_t()>("", "count")->call(store_).run_if_ready()->value(), 1u);
  EXPECT_FALSE(replay().trap);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, ACancelledCreationIsRecorded) {
  const auto quota = limit();
  record();
  quota->waits = 1u << static_cast<unsigned>(ResourceRequest::What::instance);
  cancel_at(SuspensionPoint::instance_creation, instantiating());
  EXPECT_EQ(replay().trap->kind, TrapKind::cancelled);
}

TEST_F(SuspensionTest, AStartFunctionIsCancelledOrGoesOn) {
  auto starting = instantiating(kStarting);
  ASSERT_FALSE(starting.start());
  EXPECT_EQ(starting.waits_at(), SuspensionPoint::start_function);
  EXPECT_TRUE(gate_.fire());
  EXPECT_TRUE(starting.take());
  starting = instantiating(kStarting);
  ASSERT_FALSE(starting.start());
  starting.reset();
  EXPECT_EQ(gate_.waiting(), 0u);
}

TEST_F(SuspensionTest, ACancelledStartFunctionIsRecorded) {
  record();
  auto starting = instantiating(kStarting);
  ASSERT_FALSE(starting.start());
  starting.reset();
  EXPECT_EQ(replay(kStarting).trap->kind, TrapKind::cancelled);
}

/// The host makes a resource of the guest's, and gives it up.
TEST_F(SuspensionTest, AGuestsDestructorWaitsAndGoesOn) {
  record();
  const Instance instance = instantiate(kDestroying);
  ASSERT_TRUE(instance.dynamic("", "make")->call(store_, {Value{uint64_t{7}}}).run_if_ready());
  auto dropping = instance.drop_resource(store_, "", "thing", 7);
  ASSERT_FALSE(dropping.start());
  EXPECT_EQ(dropping.waits_at(), SuspensionPoint::guest_destructor);
  const auto dropped = instance.func<uint32_t()>("", "dropped");
  EXPECT_FALSE(dropped->call(store_).run_if_ready()->has_value()) << "it is in the middle of it";
  EXPECT_TRUE(gate_.fire());
  ASSERT_TRUE(dropping.done());
  EXPECT_TRUE(dropping.take());
  EXPECT_EQ(dropped->call(store_).run_if_ready()->value(), 14u);
  EXPECT_FALSE(replay(kDestroying).trap);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, AGuestsDestructorIsCancelled) {
  record();
  const Instance instance = instantiate(kDestroying);
  ASSERT_TRUE(instance.dynamic("", "make")->call(store_, {Value{uint64_t{7}}}).run_if_ready());
  cancel_at(SuspensionPoint::guest_destructor, instance.drop_resource(store_, "", "thing", 7));
  EXPECT_FALSE(instance.func<uint32_t()>("", "dropped")->call(store_).run_if_ready()->has_value());
  EXPECT_EQ(replay(kDestroying).trap->kind, TrapKind::cancelled);
  EXPECT_EQ(replayed_digest_, digest());
}

TEST_F(SuspensionTest, AGuestsDestructorIsInterrupted) {
  record();
  const Instance instance = instantiate(kDestroying);
  ASSERT_TRUE(instance.dynamic("", "make")->call(store_, {Value{uint64_t{7}}}).run_if_ready());
  auto dropping = instance.drop_resource(store_, "", "thing", 7);
  ASSERT_FALSE(dropping.start());
  store_.metering().interrupt_waiting();
  ASSERT_TRUE(dropping.done());
  EXPECT_EQ(dropping.take().error().trap()->kind, TrapKind::interrupted);
  EXPECT_EQ(replay(kDestroying).trap->kind, TrapKind::interrupted);
}

/// Every row at which a guest is parked is one at which it can be stopped.
TEST_F(SuspensionTest, WhatWaitsForTheLimiterIsInterrupted) {
  const auto quota = limit();
  record();
  const Instance instance = instantiate();
  const Instance another = instantiate();
  quota->waits = ~0u;
  auto growing = instance.func<Number>("", "grow-memory")->call(store_, 2);
  ASSERT_FALSE(growing.start());
  store_.metering().interrupt_waiting();
  ASSERT_TRUE(growing.done());
  EXPECT_EQ(growing.take().error().trap()->kind, TrapKind::interrupted);
  auto growing_table = another.func<Number>("", "grow-table")->call(store_, 2);
  ASSERT_FALSE(growing_table.start());
  store_.metering().interrupt_waiting();
  EXPECT_EQ(growing_table.take().error().trap()->kind, TrapKind::interrupted);
  EXPECT_EQ(quota->refused, 2);
  auto creating = instantiating();
  ASSERT_FALSE(creating.start());
  store_.metering().interrupt_waiting();
  EXPECT_EQ(creating.take().error().trap()->kind, TrapKind::interrupted);
  EXPECT_EQ(gate_.waiting(), 0u);
  EXPECT_EQ(replay().trap->kind, TrapKind::interrupted);
  EXPECT_EQ(replayed_digest_, digest());
}

class HookTest : public SuspensionTest, public testing::WithParamInterface<Crossing> {
 protected:
  std::shared_ptr<SlowHook> hook() {
    auto hook = std::make_shared<SlowHook>(gate_, GetParam());
    EXPECT_TRUE(store_.set_call_hook(std::shared_ptr<AsyncCallHook>(hook)));
    return hook;
  }
  static SuspensionPoint point() {
    switch (GetParam()) {
      case Crossing::calling_guest:
        return SuspensionPoint::calling_guest;
      case Crossing::returned_from_guest:
        return SuspensionPoint::returned_from_guest;
      case Crossing::calling_host:
        return SuspensionPoint::calling_host;
      case Crossing::returned_from_host:
        break;
    }
    return SuspensionPoint::returned_from_host;
  }
  Instance enter() {
    auto instantiating_now = instantiating();
    if (!instantiating_now.start()) gate_.fire();
    return instantiating_now.take().value();
  }
};

TEST_P(HookTest, WaitsAndGoesOn) {
  const auto slow = hook();
  record();
  const Instance instance = enter();
  slow->crossings.clear();
  auto call = instance.func<Number>("", "wait")->call(store_, 20);
  ASSERT_FALSE(call.start());
  int fired = 0;
  while (gate_.fire()) ++fired;
  EXPECT_EQ(fired, 2);  // the hook, and the host function
  ASSERT_TRUE(call.done());
  EXPECT_EQ(call.take().value(), 41u);
  for (const Crossing c : {Crossing::calling_guest, Crossing::calling_host,
                           Crossing::returned_from_host, Crossing::returned_from_guest})
    EXPECT_EQ(slow->crossings[c], 1);
  EXPECT_FALSE(replay().trap);
}

TEST_P(HookTest, IsCancelled) {
  hook();
  record();
  const Instance instance = enter();
  auto call = instance.func<Number>("", "wait")->call(store_, 20);
  ASSERT_FALSE(call.start());
  while (call.waits_at() != point()) ASSERT_TRUE(gate_.fire());
  const Sizes before(store_);
  call.reset();
  EXPECT_EQ(gate_.waiting(), 0u);
  EXPECT_EQ(Sizes(store_), before);
  const bool in_guest =
      GetParam() == Crossing::calling_host || GetParam() == Crossing::returned_from_host;
  const embed::ReplayOutcome outcome = replay();
  EXPECT_EQ(outcome.trap.has_value(), in_guest);
}

TEST_P(HookTest, Refuses) {
  const auto slow = hook();
  record();
  const Instance instance = enter();
  slow->refuses = true;
  auto call = instance.func<Number>("", "wait")->call(store_, 20);
  call.start();
  while (gate_.fire()) {
  }
  ASSERT_TRUE(call.done());
  auto outcome = call.take();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().to_string().find("the hook says no"), std::string::npos);
  replay();
}

TEST_P(HookTest, IsInterrupted) {
  hook();
  record();
  const Instance instance = enter();
  auto call = instance.func<Number>("", "wait")->call(store_, 20);
  ASSERT_FALSE(call.start());
  while (call.waits_at() != point()) ASSERT_TRUE(gate_.fire());
  store_.metering().interrupt_waiting();
  ASSERT_TRUE(call.done());
  EXPECT_EQ(gate_.waiting(), 0u);
  EXPECT_EQ(call.take().error().trap()->kind, TrapKind::interrupted);
  replay();
}

INSTANTIATE_TEST_SUITE_P(Crossings, HookTest,
                         testing::Values(Crossing::calling_guest, Crossing::returned_from_guest,
                                         Crossing::calling_host, Crossing::returned_from_host));

// ---- Side by side ----

TEST_F(SuspensionTest, ASlowHostCallDoesNotHoldUpATimeoutBesideIt) {
  auto loop = *EventLoop::create();
  const Instance slow = instantiate();
  auto waiting = slow.func<Number>("", "wait")->call(store_, 1);
  ASSERT_FALSE(waiting.start());
  // Beside it a call of another instance waits for the clock.
  Linker<App> timed;
  ASSERT_TRUE(timed.func(kHost, "wait", [&](Call<App> call, uint32_t ms) -> Task<uint32_t> {
    co_await loop.sleep(call.suspend(), std::chrono::milliseconds(ms));
    co_return ms;
  }));
  ASSERT_TRUE(timed.resource<Thing>(kHost, "thing"));
  ASSERT_TRUE(timed.func(kHost, "make", [](Call<App> call) { return call.push(Thing()); }));
  ASSERT_TRUE(timed.func(kHost, "look", [](Call<App>, Borrow<Thing>) { return 1u; }));
  const Instance third = loop.run(timed.instantiate(store_, read(kGuest))).value();
  EXPECT_EQ(loop.run(third.func<Number>("", "wait")->call(store_, 5)).value(), 6u);
  EXPECT_FALSE(waiting.done());
  EXPECT_TRUE(gate_.fire());
  EXPECT_EQ(waiting.take().value(), 3u);
}

// ---- What goes wrong at each of them ----

TEST_F(SuspensionTest, RunRefusesAndNamesWhatMaySuspend) {
  Linker<App> plain;
  ASSERT_TRUE(plain.resource<Thing>(kHost, "thing"));
  ASSERT_TRUE(plain.func(kHost, "make", [](Call<App> call) { return call.push(Thing()); }));
  ASSERT_TRUE(plain.func(kHost, "wait", [](Call<App>, uint32_t x) { return x; }));
  ASSERT_TRUE(plain.func(kHost, "look", [](Call<App>, Borrow<Thing>) { return 1u; }));
  auto instance = plain.instantiate(store_, read(kGuest)).run();
  ASSERT_TRUE(instance) << instance.error().to_string();
  const auto count = instance->func<uint32_t()>("", "count");
  EXPECT_EQ(count->call(store_).run().value(), 1u);
  limit();
  auto refused = count->call(store_).run();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().to_string().find("asynchronous limiter"), std::string::npos);
  EXPECT_EQ(count->call(store_).run_if_ready()->value(), 2u);
  // Inside of a coroutine that is run(), too.
  auto outer = [](AnyStore* store, TypedFunc<uint32_t()> f) -> Task<Outcome<uint32_t>> {
    co_return co_await f.call(*store);
  };
  EXPECT_FALSE(outer(&store_, *count).run());
  EXPECT_EQ(outer(&store_, *count).run_if_ready()->value(), 3u);
}

TEST_F(SuspensionTest, RunIfReadyCancelsWhatWaits) {
  const Instance instance = instantiate();
  EXPECT_FALSE(instance.func<Number>("", "wait")->call(store_, 1).run_if_ready());
  EXPECT_EQ(gate_.waiting(), 0u);
}

TEST_F(SuspensionTest, AStoreThatGoesCancelsWhatIsInIt) {
  auto store = std::make_unique<Store<App>>(*Store<App>::create(engine_, App{&gate_}));
  auto instance = linker_.instantiate(*store, read(kGuest)).run_if_ready();
  auto call = (*instance)->func<Number>("", "wait")->call(*store, 1);
  ASSERT_FALSE(call.start());
  store.reset();
  EXPECT_EQ(gate_.waiting(), 0u);
  EXPECT_FALSE(call.done());
}

TEST_F(SuspensionTest, FramesThatCannotBeAllocatedAreErrors) {
  const Instance instance = instantiate();
  detail::StoreState& state = detail::Access::state(store_);
  const auto wait = instance.func<Number>("", "wait");
  std::vector<std::string> failures;
  for (uint64_t frames = 0; frames < 2; ++frames) {
    Store<App> store = *Store<App>::create(engine_, App{&gate_});
    auto fresh = linker_.instantiate(store, read(kGuest)).run_if_ready();
    auto suspend = std::make_unique<Suspend>();
    suspend->frames().fail_after(frames);
    detail::Access::state(store).idle_suspends.clear();
    detail::Access::state(store).idle_suspends.push_back(std::move(suspend));
    auto call = (*fresh)->func<Number>("", "wait")->call(store, 1);
    EXPECT_TRUE(call.start()) << frames;
    auto outcome = call.take();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(gate_.waiting(), 0u);
  }
  EXPECT_TRUE(state.works.empty());
}

TEST_F(SuspensionTest, AnOperationThatNeverWaitsMakesNoFrame) {
  const auto quota = limit();
  const Instance instance = instantiate();
  const Statistics before = store_.statistics();
  EXPECT_EQ(instance.func<Number>("", "grow-memory")->call(store_, 1).run_if_ready()->value(), 1u);
  EXPECT_EQ(instance.func<uint32_t()>("", "count")->call(store_).run_if_ready()->value(), 1u);
  instantiate();
  EXPECT_EQ(store_.statistics().frames, before.frames);
  EXPECT_EQ(store_.statistics().frames_allocated, before.frames_allocated);
  EXPECT_GE(quota->asked, 3);
  // One that waits makes two, in memory that is taken once; they count while it waits, too.
  for (uint64_t calls = 1; calls <= 3; ++calls) {
    auto call = instance.func<Number>("", "wait")->call(store_, 1);
    ASSERT_FALSE(call.start());
    EXPECT_EQ(store_.statistics().frames, before.frames + 2 * calls);
    EXPECT_TRUE(gate_.fire());
    EXPECT_TRUE(call.take());
    EXPECT_EQ(store_.statistics().frames_allocated, before.frames_allocated + 1);
  }
  EXPECT_EQ(store_.statistics().activations, before.activations + 5);
  EXPECT_EQ(store_.statistics().parks, before.parks + 3);
}

TEST(SuspensionPoints, StandInTheDocumentation) {
  std::ifstream file(REPRISE_SOURCE_DIR "/docs/store.md");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto expect_row = [&](std::initializer_list<std::string_view> cells) {
    std::string row = "|";
    for (const std::string_view cell : cells) row += " " + std::string(cell) + " |";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  };
#define SUSPENSION_POINT(name, ...) expect_row({#name, __VA_ARGS__});
#include "reprise/suspension_points.def"
#undef SUSPENSION_POINT
}

}  // namespace
}  // namespace reprise
