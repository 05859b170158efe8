// What an embedder may do wrong, or at an odd moment: each is refused, or ends the program with a
// message, or is sound.

#include <gtest/gtest.h>

#include <thread>

#include "reprise/component.hpp"
#include "reprise/linker.hpp"
#include "turns.hpp"

namespace reprise {
namespace {

struct App {
  Waiters waiting;
  std::function<void()> meanwhile = {};
};
struct Bound {};

}  // namespace

template <>
inline constexpr bool sendable<App> = true;

namespace {

constexpr std::string_view kModule = R"((module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1 100)
  (table (export "table") 1 100 funcref)
  (global (export "n") (mut i32) (i32.const 0))
  (func (export "wait") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";

/// Links with nothing.
constexpr std::string_view kPlain = R"((module
  (memory (export "memory") 3 100)
  (table (export "table") 1 100 funcref)
  (global (export "n") (mut i32) (i32.const 0))
  (func (export "one") (result i32) (i32.const 1))))";

/// Makes the questions that are told to wait, and counts what it hears.
class Quota final : public AsyncLimiter {
 public:
  explicit Quota(Waiters& waiting) : waiting_(waiting) {}
  ~Quota() override { alive_ = false; }
  Decision allow(Suspend& suspend, ResourceRequest request) override {
    if (request.what == ResourceRequest::What::instance) return true;
    ++counts->asked;
    return ask(suspend, this);
  }
  void settled(const ResourceRequest& request, bool done) override {
    if (request.what != ResourceRequest::What::instance)
      ++(done ? counts->granted : counts->refused);
  }
  struct Counts {
    int asked = 0, granted = 0, refused = 0;
    bool operator==(const Counts&) const = default;
  };
  const std::shared_ptr<Counts> counts = std::make_shared<Counts>();

 private:
  static Task<bool> ask(Suspend& suspend, Quota* self) {
    suspend.check();
    co_await WaitForTest{self->waiting_};
    co_return self->alive_;
  }
  Waiters& waiting_;
  bool alive_ = true;
};

class MisuseTest : public testing::Test {
 protected:
  MisuseTest() {
    EXPECT_TRUE(linker_.core_func("host", "wait", [](Call<App> call, int32_t x) -> Task<int32_t> {
      if (call.data().meanwhile) call.data().meanwhile();
      co_await WaitForTest{call.data().waiting};
      co_return x;
    }));
  }
  CoreInstance instantiate(std::string_view text = kModule) {
    const Module module = *Module::read(engine_, text, "test.wat");
    auto made = linker_.instantiate(store_, module).run_if_ready();
    EXPECT_TRUE(made && *made) << made->error().to_string();
    return **made;
  }
  Operation<int32_t> waiting(const CoreInstance& instance) {
    auto call = instance.func<int32_t(int32_t)>("wait")->call(store_, 7);
    EXPECT_FALSE(call.start());
    return call;
  }
  void fire() {
    ASSERT_FALSE(store_.data().waiting.empty());
    const std::coroutine_handle<> first = store_.data().waiting.front();
    store_.data().waiting.erase(store_.data().waiting.begin());
    first.resume();
  }

  Engine engine_ = *Engine::create();
  Store<App> store_ = *Store<App>::create(engine_);
  Linker<App> linker_;
};

// ---- Operations ----

TEST_F(MisuseTest, ThereIsNoResultBeforeTheEnd) {
  const CoreInstance instance = instantiate();
  auto call = waiting(instance);
  EXPECT_FALSE(call.take());
  const Module module = *Module::read(engine_, kModule, "test.wat");
  EXPECT_FALSE(linker_.instantiate(store_, module).take());
  fire();
  EXPECT_EQ(call.take().value(), 7);
}

TEST_F(MisuseTest, AnOperationThatWasCancelledOrMovedIsDoneWithAnError) {
  const CoreInstance instance = instantiate();
  auto call = waiting(instance);
  auto moved = std::move(call);
  EXPECT_TRUE(call.done());  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(call.start());
  EXPECT_FALSE(call.take());
  EXPECT_FALSE(std::move(call).run());
  moved.reset();
  EXPECT_TRUE(store_.data().waiting.empty());
  EXPECT_TRUE(moved.done());
  EXPECT_FALSE(moved.waits_at());
  EXPECT_NE(moved.take().error().to_string().find("cancelled"), std::string::npos);
}

TEST_F(MisuseTest, AHostFunctionDropsAnotherOperation) {
  const CoreInstance one = instantiate(), two = instantiate();
  std::optional<Operation<int32_t>> first(waiting(one));
  store_.data().meanwhile = [&] { first.reset(); };
  auto second = waiting(two);
  EXPECT_EQ(store_.data().waiting.size(), 1u);
  fire();
  EXPECT_EQ(second.take().value(), 7);
}

TEST_F(MisuseTest, AProgramThatWasNotLinkedSuspendsNothing) {
  const CoreInstance plain = instantiate(kPlain);
  const auto one = plain.func<int32_t()>("one");
  const Module module = *Module::read(engine_, kModule, "test.wat");
  auto refused = linker_.instantiate(store_, module).run();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().to_string().find("host#wait"), std::string::npos);
  EXPECT_EQ(one->call(store_).run().value(), 1);
  instantiate();
  EXPECT_FALSE(one->call(store_).run());
}

TEST_F(MisuseTest, HandlesAreOfOneStore) {
  const CoreInstance instance = instantiate(kPlain);
  Store<App> other = *Store<App>::create(engine_);
  const Memory memory = *instance.memory("memory");
  const Table table = *instance.table("table");
  const Global global = *instance.global("n");
  uint8_t byte = 1;
  EXPECT_FALSE(memory.read(other, 0, {&byte, 1}));
  EXPECT_FALSE(memory.write(other, 0, {&byte, 1}));
  EXPECT_FALSE(memory.notify(other, 0));
  EXPECT_FALSE(memory.grow(other, 1).run());
  EXPECT_EQ(memory.bytes(other), 0u);
  EXPECT_EQ(memory.unwatched(other), nullptr);
  EXPECT_EQ(table.size(other), 0u);
  EXPECT_FALSE(table.get(other, 0));
  EXPECT_FALSE(table.set(other, 0, {}));
  EXPECT_FALSE(table.grow(other, 1).run());
  EXPECT_FALSE(global.get(other));
  EXPECT_FALSE(global.set(other, int32_t{1}));
  EXPECT_EQ(memory.pages(store_), 3u);
}

// ---- Limiters ----

/// Who was asked answers, hears what came of it, and lives for so long.
TEST_F(MisuseTest, ALimiterIsReplacedWhileItIsAsked) {
  const CoreInstance instance = instantiate();
  const auto grow = *instance.func<int32_t(int32_t)>("grow");
  for (const bool by_another : {true, false}) {
    auto first = std::make_shared<Quota>(store_.data().waiting);
    const auto heard = first->counts;
    store_.set_limiter(std::shared_ptr<AsyncLimiter>(std::move(first)));
    const int32_t pages = static_cast<int32_t>(instance.memory("memory")->pages(store_));
    auto growing = grow.call(store_, 2);
    ASSERT_FALSE(growing.start());
    auto second = std::make_shared<Quota>(store_.data().waiting);
    if (by_another) {
      store_.set_limiter(std::shared_ptr<AsyncLimiter>(second));
    } else {
      store_.set_limiter(std::shared_ptr<Limiter>());
    }
    fire();
    ASSERT_TRUE(growing.done());
    EXPECT_EQ(growing.take().value(), pages);
    EXPECT_EQ(*heard, (Quota::Counts{1, 1, 0}));
    EXPECT_EQ(*second->counts, Quota::Counts());
  }
  EXPECT_EQ(grow.call(store_, 1).run_if_ready()->value(), 5) << "nobody is asked";
}

TEST_F(MisuseTest, ALimiterIsReplacedAndTheQuestionTakenBack) {
  const CoreInstance instance = instantiate();
  auto first = std::make_shared<Quota>(store_.data().waiting);
  const auto heard = first->counts;
  store_.set_limiter(std::shared_ptr<AsyncLimiter>(std::move(first)));
  auto growing = instance.memory("memory")->grow(store_, 2);
  ASSERT_FALSE(growing.start());
  store_.set_limiter(std::shared_ptr<AsyncLimiter>());
  growing.reset();
  EXPECT_TRUE(store_.data().waiting.empty());
  EXPECT_EQ(*heard, (Quota::Counts{1, 0, 1}));
  EXPECT_EQ(instance.memory("memory")->grow(store_, 2).run_if_ready()->value(), 1u);
}

// ---- Schedulers ----

TEST_F(MisuseTest, ASchedulerThatThrowsCancelsWhatWaits) {
  class Full final : public Scheduler {
   public:
    void post(std::move_only_function<void()>) override { throw std::length_error("no room"); }
    Task<void> sleep(Suspend&, std::chrono::nanoseconds) override { return {}; }
  };
  Engine engine = *Engine::create({.fuel = true});
  Store<App> store = *Store<App>::create(engine);
  ASSERT_TRUE(store.set_scheduler(std::make_shared<Full>()));
  ASSERT_TRUE(store.metering().yield_every(10));
  const Module module = *Module::read(engine, R"((module (func (export "spin") (loop (br 0)))))");
  const CoreInstance instance = **linker_.instantiate(store, module).run_if_ready();
  auto spinning = instance.func<void()>("spin")->call(store);
  ASSERT_TRUE(spinning.start());
  EXPECT_NE(spinning.take().error().to_string().find("scheduler"), std::string::npos);
  EXPECT_FALSE(instance.func<void()>("spin")->call(store).run_if_ready()->has_value());
}

// ---- Metering ----

TEST_F(MisuseTest, ForEverIsNotAtOnce) {
  const CoreInstance instance = instantiate(kPlain);
  const auto one = *instance.func<int32_t()>("one");
  engine_.increment_epoch();
  store_.metering().set_timeout(std::chrono::nanoseconds::max());
  store_.metering().trap_after_epochs(UINT64_MAX);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(one.call(store_).run().value(), 1);
  store_.metering().yield_every_epochs(UINT64_MAX);
  EXPECT_EQ(one.call(store_).run().value(), 1);
  store_.metering().yield_every_epochs(0);
  engine_.increment_epoch();
  EXPECT_EQ(one.call(store_).run().value(), 1) << "never";
}

// ---- Threads ----

TEST_F(MisuseTest, AnOperationMadeOnAnotherThreadTouchesNothing) {
  const CoreInstance instance = instantiate(kPlain);
  const auto one = *instance.func<int32_t()>("one");
  const Module module = *Module::read(engine_, kModule, "test.wat");
  std::vector<std::string> refused;
  std::thread other([&] {
    refused.push_back(one.call(store_).run().error().to_string());
    refused.push_back(one.call(store_).run_if_ready()->error().to_string());
    refused.push_back(instance.memory("memory")->grow(store_, 1).run().error().to_string());
    refused.push_back(linker_.instantiate(store_, module).run().error().to_string());
  });
  // Meanwhile: thread sanitizer sees that they have nothing in common.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.call(store_).run().value(), 1);
  other.join();
  for (const std::string& why : refused)
    EXPECT_NE(why.find("another thread"), std::string::npos) << why;
}

TEST_F(MisuseTest, AStoreThatMayGoAnywhereEndsAnywhere) {
  auto store = std::make_unique<Store<App>>(*Store<App>::create(engine_));
  const Module module = *Module::read(engine_, kModule, "test.wat");
  const CoreInstance instance = **linker_.instantiate(*store, module).run_if_ready();
  auto call = instance.func<int32_t(int32_t)>("wait")->call(*store, 1);
  ASSERT_FALSE(call.start());
  std::thread([&] { store.reset(); }).join();
  EXPECT_FALSE(call.done());
}

using MisuseDeathTest = MisuseTest;

/// Says so, whoever it is: a host function, a limiter, or what takes the whole store along.
TEST_F(MisuseDeathTest, WhatRunsInsideOfAnOperationDoesNotDropIt) {
  class Drops final : public Limiter {
   public:
    bool allow(const ResourceRequest&) override {
      if (drop) drop();
      return true;
    }
    std::function<void()> drop;
  };
  constexpr const char* kWhy = "dropped by what runs inside of it";
  const CoreInstance instance = instantiate();
  std::optional<Operation<int32_t>> call(instance.func<int32_t(int32_t)>("wait")->call(store_, 7));
  store_.data().meanwhile = [&] { call.reset(); };
  EXPECT_DEATH(call->start(), kWhy);
  auto store = std::make_unique<Store<App>>(std::move(store_));
  store->data().meanwhile = [&] { store.reset(); };
  EXPECT_DEATH(call->start(), kWhy);
  const auto limiter = std::make_shared<Drops>();
  store->set_limiter(std::shared_ptr<Limiter>(limiter));
  std::optional<Operation<uint64_t>> growing(instance.memory("memory")->grow(*store, 1));
  limiter->drop = [&] { growing.reset(); };
  EXPECT_DEATH(growing->start(), kWhy);
}

TEST_F(MisuseDeathTest, NothingOfAStoreIsUsedElsewhere) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const CoreInstance instance = instantiate();
  const auto elsewhere = [](auto work) { std::thread(work).join(); };
  constexpr const char* kWhy = "on another thread than its store's";
  EXPECT_DEATH(elsewhere([&] { store_.statistics(); }), kWhy);
  EXPECT_DEATH(elsewhere([&] { store_.metering(); }), kWhy);
  EXPECT_DEATH(elsewhere([&] { store_.resources(); }), kWhy);
  EXPECT_DEATH(elsewhere([&] { store_.set_limiter(std::shared_ptr<Limiter>()); }), kWhy);
  EXPECT_DEATH(elsewhere([&] { instance.memory("memory")->bytes(store_); }), kWhy);
  EXPECT_DEATH(elsewhere([&] {
                 auto bound = Store<Bound>::create(engine_);
                 elsewhere([&] { bound = std::unexpected(Error()); });
               }),
               kWhy);
  auto call = waiting(instance);
  EXPECT_DEATH(elsewhere([&] { call.reset(); }), kWhy);
  EXPECT_DEATH(elsewhere([&] { fire(); }), kWhy);
}

}  // namespace
}  // namespace reprise
