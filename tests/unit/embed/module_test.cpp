// Core modules through the public API: numbers both ways, what the embedder does to memories,
// tables and globals, several instances in one store, calls back into guests; all of it replayed.

#include <gtest/gtest.h>

#include "recorded.hpp"
#include "reprise/linker.hpp"
#include "reprise/loop.hpp"
#include "turns.hpp"

namespace reprise {
namespace {

constexpr std::string_view kModule = R"((module
  (import "host" "add" (func $add (param i32 i64) (result i64)))
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1 8)
  (table (export "table") 2 8 funcref)
  (elem (i32.const 0) func $seven)
  (global (export "total") (mut i32) (i32.const 3))
  (global (export "fixed") f64 (f64.const 1.5))
  (func $seven (result i32) (i32.const 7))
  (func (export "add") (param i32 i64) (result i64)
    (call $add (local.get 0) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "wait") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "pages") (result i32) (memory.size))
  (func (export "count") (result i32) (global.get 0))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
))";

/// Objects of the guest's own, in a heap that grows.
constexpr std::string_view kObjects = R"((module
  (type $node (struct (field i64) (field (ref null $node))))
  (func (export "build") (param $n i32) (result i32)
    (local $list (ref null $node))
    (loop $more
      (local.set $list (struct.new $node (i64.const 1) (local.get $list)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $more (local.get $n)))
    (i32.const 1))
))";

struct Late {
  std::vector<std::coroutine_handle<>> waiting;
  struct Awaiter {
    Late& late;
    Suspend& suspend;
    std::coroutine_handle<> self;
    Awaiter(Late& l, Suspend& s) : late(l), suspend(s) {}
    ~Awaiter() { std::erase(late.waiting, self); }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      suspend.check();
      late.waiting.push_back(self = h);
    }
    void await_resume() {}
  };
  void fire(size_t which) {
    const std::coroutine_handle<> handle = waiting.at(which);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(which));
    handle.resume();
  }
};

struct App {
  Late late;
  std::optional<CoreInstance> other;
};

/// Waits where a test says so.
class SlowLimiter final : public AsyncLimiter {
 public:
  explicit SlowLimiter(Late& late) : late_(late) {}
  Decision allow(Suspend& suspend, ResourceRequest request) override {
    if (request.what == ResourceRequest::What::instance) return true;
    return ask(suspend, this);
  }
  void settled(const ResourceRequest& request, bool done) override {
    last = request;
    done ? ++granted : ++refused;
  }
  bool answer = true;
  int granted = 0, refused = 0;
  ResourceRequest last;

 private:
  static Task<bool> ask(Suspend& suspend, SlowLimiter* self) {
    co_await Late::Awaiter(self->late_, suspend);
    co_return self->answer;
  }
  Late& late_;
};

class ModuleTest : public testing::Test {
 protected:
  ModuleTest() {
    EXPECT_TRUE(linker_.core_func("host", "add",
                                  [](Call<App> call, int32_t a, int64_t b) -> TrapOr<int64_t> {
                                    if (!call.data().other) return a + b;
                                    // Calls back, into another instance of the same store.
                                    auto f = call.data().other->func<int32_t(int32_t)>("load");
                                    auto loaded = f->call(call, a).run_if_ready();
                                    if (!loaded || !*loaded)
                                      return std::unexpected(Trap::host("no answer"));
                                    return **loaded + b;
                                  }));
    EXPECT_TRUE(linker_.core_func("host", "wait", [](Call<App> call, int32_t x) -> Task<int32_t> {
      co_await Late::Awaiter(call.data().late, call.suspend());
      co_return 10 * x;
    }));
  }

  CoreInstance instantiate(std::string_view text = kModule) {
    if (!module_) module_ = Module::read(engine_, text, "test.wat").value();
    auto made = linker_.instantiate(store_, *module_).run_if_ready();
    EXPECT_TRUE(made && *made) << made->error().to_string();
    return **made;
  }
  void record() { ASSERT_TRUE(store_.record({.path = trace_.path()})); }
  template <class Signature>
  TypedFunc<Signature> func(const CoreInstance& instance, std::string_view name) {
    auto found = instance.func<Signature>(name);
    EXPECT_TRUE(found) << found.error().to_string();
    return *found;
  }

  std::unique_ptr<embed::Replayer> run_again() { return trace_.run(); }
  embed::ReplayOutcome replay() {
    auto closed = store_.close_recording();
    EXPECT_TRUE(closed) << closed.error().to_string();
    return trace_.replay(store_);
  }

  TemporaryTrace trace_{"module"};
  Engine engine_ = *Engine::create();
  Store<App> store_ = *Store<App>::create(engine_);
  Linker<App> linker_;
  std::optional<Module> module_;
};

TEST_F(ModuleTest, NumbersCrossBothWays) {
  const CoreInstance instance = instantiate();
  EXPECT_EQ((func<int64_t(int32_t, int64_t)>(instance, "add")
                 .call(store_, -3, 1LL << 40)
                 .run_if_ready()
                 ->value()),
            (1LL << 40) - 3);
  EXPECT_EQ(func<double(double)>(instance, "half").call(store_, 3).run_if_ready()->value(), 1.5);
  // Core integers have no sign.
  EXPECT_EQ(func<uint32_t(uint32_t)>(instance, "load").call(store_, 0).run_if_ready()->value(), 0u);
  EXPECT_FALSE(instance.func<float(double)>("half"));
  EXPECT_FALSE(instance.func<void()>("nothing"));
  EXPECT_EQ(module_->imports().size(), 2u);
  EXPECT_EQ(module_->exports().size(), 11u);
}

TEST_F(ModuleTest, AnImportOfAnotherTypeIsNamed) {
  Linker<App> wrong;
  ASSERT_TRUE(wrong.core_func("host", "add", [](Call<App>, float a) { return a; }));
  module_ = Module::read(engine_, kModule, "test.wat").value();
  auto refused = wrong.instantiate(store_, *module_).run();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().to_string().find("host.add"), std::string::npos);
  EXPECT_FALSE(wrong.core_func("host", "text", [](Call<App>, std::string) {}));
}

TEST_F(ModuleTest, DynamicFunctionsCheckTheirValues) {
  const CoreInstance instance = instantiate();
  const DynamicFunc add = *instance.dynamic("add");
  EXPECT_EQ(add.type(), "func(p0: s32, p1: s64) -> s64");
  auto sum = add.call(store_, {Value{int64_t{2}}, Value{int64_t{3}}}).run_if_ready();
  ASSERT_TRUE(sum && *sum) << (*sum).error().to_string();
  EXPECT_EQ(std::get<int64_t>((**sum)->data), 5);
  EXPECT_FALSE(add.call(store_, {Value{int64_t{2}}}).run_if_ready()->has_value());
  EXPECT_FALSE(add.call(store_, {Value{true}, Value{int64_t{3}}}).run_if_ready()->has_value());
  EXPECT_FALSE(instance.dynamic("nothing"));
}

TEST_F(ModuleTest, WhatTheEmbedderWritesIsReplayed) {
  record();
  const CoreInstance instance = instantiate();
  const Memory memory = *instance.memory("memory");
  const uint8_t bytes[] = {1, 2, 0, 0};
  ASSERT_TRUE(memory.write(store_, 100, bytes));
  EXPECT_FALSE(memory.write(store_, 65534, bytes));
  ASSERT_TRUE(memory.edit(store_, 104, 1, [](std::span<uint8_t> b) { b[0] = 9; }));
  const Global count = *instance.global("total");
  ASSERT_TRUE(count.set(store_, int32_t{12}));
  EXPECT_FALSE(count.set(store_, 1.0));
  EXPECT_FALSE(instance.global("fixed")->set(store_, 2.0));
  EXPECT_EQ(std::get<double>(*instance.global("fixed")->get(store_)), 1.5);
  const Table table = *instance.table("table");
  ASSERT_TRUE(table.set(store_, 1, *table.get(store_, 0)));
  EXPECT_FALSE(table.set(store_, 2, {}));
  EXPECT_FALSE(instance.memory("table"));

  EXPECT_EQ(func<int32_t(int32_t)>(instance, "load").call(store_, 100).run_if_ready()->value(),
            513);
  EXPECT_EQ(func<int32_t()>(instance, "count").call(store_).run_if_ready()->value(), 12);
  EXPECT_EQ(func<int32_t(int32_t)>(instance, "call").call(store_, 1).run_if_ready()->value(), 7);
  EXPECT_EQ(memory.grow(store_, 2).run_if_ready()->value(), 1u);
  EXPECT_FALSE(memory.grow(store_, 20).run_if_ready()->has_value());
  EXPECT_EQ(table.grow(store_, 3, *table.get(store_, 0)).run_if_ready()->value(), 2u);
  EXPECT_EQ(func<int32_t()>(instance, "pages").call(store_).run_if_ready()->value(), 3);
  EXPECT_EQ(func<int32_t(int32_t)>(instance, "call").call(store_, 4).run_if_ready()->value(), 7);
  EXPECT_FALSE(replay().trap);
}

TEST_F(ModuleTest, ARawPointerPoisons) {
  record();
  const CoreInstance instance = instantiate();
  uint8_t* const raw = instance.memory("memory")->unwatched(store_);
  ASSERT_NE(raw, nullptr);
  const auto load = func<int32_t(int32_t)>(instance, "load");
  EXPECT_EQ(load.call(store_, 100).run_if_ready()->value(), 0);
  raw[100] = 1;
  EXPECT_EQ(load.call(store_, 100).run_if_ready()->value(), 1);
  auto closed = store_.close_recording();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("raw pointer"), std::string::npos);
  // It replays as far as it is true, and says what was wrong with it then.
  const auto divergence = run_again()->loop().outcome().divergence;
  ASSERT_TRUE(divergence);
  EXPECT_EQ(divergence->what, "the guest returns another value");
  EXPECT_NE(divergence->to_string().find("raw pointer"), std::string::npos);
}

TEST_F(ModuleTest, CallsEndInAnotherOrderThanTheyBegan) {
  record();
  const CoreInstance one = instantiate();
  const CoreInstance two = instantiate();
  auto slow = func<int32_t(int32_t)>(one, "wait").call(store_, 1);
  auto quick = func<int32_t(int32_t)>(two, "wait").call(store_, 2);
  ASSERT_FALSE(slow.start());
  ASSERT_FALSE(quick.start());
  // The embedder writes while both wait.
  ASSERT_TRUE(one.global("total")->set(store_, int32_t{99}));
  store_.data().late.fire(1);
  ASSERT_TRUE(quick.done());
  EXPECT_FALSE(slow.done());
  EXPECT_EQ(quick.take().value(), 20);
  EXPECT_EQ(func<int32_t()>(two, "count").call(store_).run_if_ready()->value(), 3);
  store_.data().late.fire(0);
  EXPECT_EQ(slow.take().value(), 10);
  EXPECT_EQ(func<int32_t()>(one, "count").call(store_).run_if_ready()->value(), 99);
  EXPECT_FALSE(replay().trap);
}

TEST_F(ModuleTest, OneOfTwoIsCancelledAndTheOtherGoesOn) {
  record();
  const CoreInstance one = instantiate();
  const CoreInstance two = instantiate();
  auto first = func<int32_t(int32_t)>(one, "wait").call(store_, 1);
  auto second = func<int32_t(int32_t)>(two, "wait").call(store_, 2);
  ASSERT_FALSE(first.start());
  ASSERT_FALSE(second.start());
  first.reset();
  EXPECT_FALSE(func<int32_t()>(one, "count").call(store_).run_if_ready()->has_value());
  store_.data().late.fire(0);
  EXPECT_EQ(second.take().value(), 20);
  replay();
}

TEST_F(ModuleTest, AHostFunctionCallsBack) {
  record();
  const CoreInstance one = instantiate();
  store_.data().other = instantiate();
  const uint8_t forty[] = {40, 0, 0, 0};
  ASSERT_TRUE(store_.data().other->memory("memory")->write(store_, 8, forty));
  const auto add = func<int64_t(int32_t, int64_t)>(one, "add");
  EXPECT_EQ(add.call(store_, 8, 2).run_if_ready()->value(), 42);
  // Not into the instance that is calling.
  store_.data().other = one;
  EXPECT_FALSE(add.call(store_, 8, 2).run_if_ready()->has_value());
  EXPECT_TRUE(replay().trap);
}

/// Modules and components, each with functions of names that the others have, too.
TEST_F(ModuleTest, AStoreOfSeveralProgramsIsReplayed) {
  constexpr std::string_view kComponent = R"((component
    (import "test:host/api@1.0.0" (instance $host
      (export "tell" (func (param "x" u32) (result u32)))))
    (core func $tell (canon lower (func $host "tell")))
    (core module $m
      (import "" "tell" (func $tell (param i32) (result i32)))
      (func (export "load") (param i32) (result i32) (call $tell (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "tell" (func $tell))))))
    (func (export "load") (param "x" u32) (result u32) (canon lift (core func $i "load")))))";
  ASSERT_TRUE(linker_.core_func("host", "scale", [](Call<App>, double x) { return 3 * x; }));
  ASSERT_TRUE(
      linker_.func("test:host/api@1.0.0", "tell", [](Call<App>, uint32_t x) { return x + 1; }));
  record();
  const CoreInstance first = instantiate();
  const Module other = *Module::read(engine_, R"((module
    (import "host" "scale" (func $scale (param f64) (result f64)))
    (func (export "load") (param f64) (result f64) (call $scale (local.get 0)))))",
                                     "other.wat");
  const CoreInstance second = **linker_.instantiate(store_, other).run_if_ready();
  const Component component = *Component::read(engine_, kComponent, "component.wat");
  const Instance third = **linker_.instantiate(store_, component).run_if_ready();
  const CoreInstance fourth = **linker_.instantiate(store_, other).run_if_ready();
  EXPECT_EQ(func<double(double)>(second, "load").call(store_, 2).run_if_ready()->value(), 6);
  EXPECT_EQ(func<int32_t(int32_t)>(first, "load").call(store_, 0).run_if_ready()->value(), 0);
  EXPECT_EQ(third.func<uint32_t(uint32_t)>("", "load")->call(store_, 7).run_if_ready()->value(),
            8u);
  EXPECT_EQ(func<double(double)>(fourth, "load").call(store_, 1).run_if_ready()->value(), 3);
  EXPECT_FALSE(replay().trap);
}

/// One recording of all that may happen in a store, side by side.
TEST_F(ModuleTest, AllOfItInOneRecordingIsReplayed) {
  ASSERT_TRUE(store_.record({.path = trace_.path(), .interruptible = true}));
  const auto turns = std::make_shared<Turns>();
  ASSERT_TRUE(store_.set_scheduler(turns));
  const CoreInstance one = instantiate(), two = instantiate(), three = instantiate(),
                     four = instantiate(), five = instantiate();
  const auto limiter = std::make_shared<SlowLimiter>(store_.data().late);
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter));
  Late& late = store_.data().late;

  // Calls that wait, and end in another order; one is cancelled meanwhile.
  auto first = func<int32_t(int32_t)>(one, "wait").call(store_, 1);
  auto second = func<int32_t(int32_t)>(two, "wait").call(store_, 2);
  auto third = func<int32_t(int32_t)>(three, "wait").call(store_, 3);
  ASSERT_FALSE(first.start() || second.start() || third.start());
  // Growth that is refused, by a limiter that takes its time; and what the embedder writes.
  auto growth = four.memory("memory")->grow(store_, 1);
  ASSERT_FALSE(growth.start());
  const uint8_t forty[] = {40, 0, 0, 0};
  ASSERT_TRUE(four.memory("memory")->write(store_, 8, forty));
  ASSERT_TRUE(one.global("total")->set(store_, int32_t{99}));
  third.reset();
  limiter->answer = false;
  late.fire(2);
  EXPECT_FALSE(growth.take());
  // A host function that calls back while two calls wait.
  store_.data().other = four;
  EXPECT_EQ(
      (func<int64_t(int32_t, int64_t)>(five, "add").call(store_, 8, 2).run_if_ready()->value()),
      42);
  late.fire(1);
  EXPECT_EQ(second.take().value(), 20);
  // A deadline finds the last one waiting.
  store_.metering().interrupt().raise();
  turns->run();
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first.take().error().trap()->kind, TrapKind::interrupted);
  EXPECT_EQ(func<int32_t()>(two, "count").call(store_).run_if_ready()->value(), 3);
  EXPECT_FALSE(replay().trap);
}

TEST_F(ModuleTest, GrowthByTheHostWaitsAndIsCancelled) {
  record();
  const CoreInstance instance = instantiate();
  const auto limiter = std::make_shared<SlowLimiter>(store_.data().late);
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter));
  const Memory memory = *instance.memory("memory");
  auto growing = memory.grow(store_, 2);
  ASSERT_FALSE(growing.start());
  EXPECT_EQ(growing.waits_at(), SuspensionPoint::host_growth);
  growing.reset();
  EXPECT_TRUE(store_.data().late.waiting.empty());
  EXPECT_EQ(memory.pages(store_), 1u);
  EXPECT_EQ(limiter->refused, 1);

  growing = memory.grow(store_, 3);
  ASSERT_FALSE(growing.start());
  store_.data().late.fire(0);
  EXPECT_EQ(growing.take().value(), 1u);
  EXPECT_EQ(limiter->granted, 1);
  auto table = instance.table("table")->grow(store_, 1);
  ASSERT_FALSE(table.start());
  limiter->answer = false;
  store_.data().late.fire(0);
  EXPECT_FALSE(table.take());
  // The instance was not entered: it is open.
  EXPECT_EQ(func<int32_t()>(instance, "pages").call(store_).run_if_ready()->value(), 4);
  EXPECT_FALSE(replay().trap);
}

TEST_F(ModuleTest, TwoGrowthsOfOneMemoryAreTwoQuestions) {
  const CoreInstance instance = instantiate();
  const auto limiter = std::make_shared<SlowLimiter>(store_.data().late);
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter));
  const Memory memory = *instance.memory("memory");
  auto first = memory.grow(store_, 1);
  auto second = memory.grow(store_, 2);
  ASSERT_FALSE(first.start());
  ASSERT_FALSE(second.start());
  store_.data().late.fire(0);
  EXPECT_EQ(first.take().value(), 1u);
  // What was allowed was to grow from 1 to 3: that plan holds no more, and it is asked again.
  store_.data().late.fire(0);
  ASSERT_FALSE(second.done());
  EXPECT_EQ(limiter->refused, 1);
  store_.data().late.fire(0);
  EXPECT_EQ(second.take().value(), 2u);
  EXPECT_EQ(limiter->last.from, 2u);
  EXPECT_EQ(limiter->last.to, 4u);
}

/// While it was asked about, something else has taken what there was.
TEST_F(ModuleTest, AGrowthThatHasBecomeImpossibleIsSettled) {
  record();
  module_ = Module::read(engine_, R"((module
    (import "host" "wait" (func (param i32) (result i32)))
    (memory (export "memory") 1 8)
    (table (export "table") 2 8 funcref)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "grow-table") (param i32) (result i32)
      (table.grow (ref.null func) (local.get 0)))))",
                         "grow.wat")
                .value();
  const CoreInstance one = instantiate();
  const auto limiter = std::make_shared<SlowLimiter>(store_.data().late);
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter));
  const Memory memory = *one.memory("memory");
  auto first = memory.grow(store_, 5);
  auto second = memory.grow(store_, 4);
  auto guest = func<int32_t(int32_t)>(one, "grow").call(store_, 6);
  ASSERT_FALSE(first.start() || second.start() || guest.start());
  store_.data().late.fire(0);
  EXPECT_EQ(first.take().value(), 1u);
  store_.data().late.fire(0);
  EXPECT_FALSE(second.take());
  EXPECT_EQ(limiter->refused, 1);
  store_.data().late.fire(0);
  EXPECT_EQ(guest.take().value(), -1);
  EXPECT_EQ(limiter->refused, 2);
  auto table = func<int32_t(int32_t)>(one, "grow-table").call(store_, 5);
  auto bigger = one.table("table")->grow(store_, 4);
  ASSERT_FALSE(table.start() || bigger.start());
  store_.data().late.fire(1);
  EXPECT_EQ(bigger.take().value(), 2u);
  store_.data().late.fire(0);
  EXPECT_EQ(table.take().value(), -1);
  EXPECT_EQ(limiter->refused, 3);
  EXPECT_TRUE(store_.data().late.waiting.empty());
  EXPECT_FALSE(replay().trap);
}

TEST_F(ModuleTest, AHeapThatGrowsAsks) {
  record();
  const CoreInstance instance = instantiate(kObjects);
  const auto limiter = std::make_shared<SlowLimiter>(store_.data().late);
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter));
  auto build = func<int32_t(int32_t)>(instance, "build").call(store_, 200'000);
  ASSERT_FALSE(build.start());
  EXPECT_EQ(build.waits_at(), SuspensionPoint::heap_growth);
  int fired = 0;
  for (; !store_.data().late.waiting.empty(); ++fired) store_.data().late.fire(0);
  EXPECT_GE(fired, 2);
  ASSERT_TRUE(build.done());
  EXPECT_EQ(build.take().value(), 1);
  limiter->answer = false;
  build = func<int32_t(int32_t)>(instance, "build").call(store_, 2'000'000);
  build.start();
  while (!store_.data().late.waiting.empty()) store_.data().late.fire(0);
  auto exhausted = build.take();
  ASSERT_FALSE(exhausted);
  EXPECT_EQ(exhausted.error().trap()->kind, TrapKind::heap_exhausted);
  EXPECT_EQ(replay().trap->kind, TrapKind::heap_exhausted);
}

TEST_F(ModuleTest, AnAllocationThatWaitsIsCancelled) {
  record();
  const CoreInstance instance = instantiate(kObjects);
  const auto limiter = std::make_shared<SlowLimiter>(store_.data().late);
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(limiter));
  runtime::Heap& heap = detail::Access::state(store_).session->core().heap();
  auto build = func<int32_t(int32_t)>(instance, "build").call(store_, 1000);
  ASSERT_FALSE(build.start());
  const uint64_t used = heap.used_bytes();
  build.reset();
  EXPECT_EQ(heap.used_bytes(), used);
  EXPECT_EQ(limiter->refused, 1);
  EXPECT_TRUE(store_.data().late.waiting.empty());
  EXPECT_EQ(replay().trap->kind, TrapKind::cancelled);
}

TEST_F(ModuleTest, ASlowCallDoesNotHoldUpATimeoutBesideIt) {
  auto loop = EventLoop::create().value();
  Linker<App> linker;
  ASSERT_TRUE(linker.core_func("host", "add",
                               [](Call<App>, int32_t a, int64_t b) -> int64_t { return a + b; }));
  ASSERT_TRUE(linker.core_func("host", "wait", [&](Call<App> call, int32_t ms) -> Task<int32_t> {
    co_await loop.sleep(call.suspend(), std::chrono::milliseconds(ms));
    co_return ms;
  }));
  module_ = Module::read(engine_, kModule, "test.wat").value();
  const CoreInstance one = loop.run(linker.instantiate(store_, *module_)).value();
  const CoreInstance two = loop.run(linker.instantiate(store_, *module_)).value();
  auto slow = func<int32_t(int32_t)>(one, "wait").call(store_, 600'000);
  ASSERT_FALSE(slow.start());
  EXPECT_EQ(loop.run(func<int32_t(int32_t)>(two, "wait").call(store_, 5)).value(), 5);
  EXPECT_FALSE(slow.done());
}

TEST_F(ModuleTest, WhatNobodyWillResumeIsCancelledByTheLoop) {
  auto loop = EventLoop::create().value();
  const CoreInstance instance = instantiate();
  auto outcome = loop.run(func<int32_t(int32_t)>(instance, "wait").call(store_, 1));
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().to_string().find("never hear of"), std::string::npos);
  EXPECT_TRUE(store_.data().late.waiting.empty());
}

}  // namespace
}  // namespace reprise
