// Each allocation that is as large as a guest wants it, and each of a coroutine's frame, made to
// fail in turn: what was asked for fails with a value that says so, and the store is what it was.

#include <gtest/gtest.h>

#include <algorithm>

#include "embed/api_state.hpp"
#include "failing.hpp"
#include "reprise/linker.hpp"
#include "turns.hpp"

namespace reprise {
namespace {

using testing::FailAfter;

constexpr std::string_view kModule = R"((module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (type $node (array i64))
  (memory (export "memory") 1 100)
  (table (export "table") 5000 100000 funcref)
  (elem (i32.const 1) func $call)
  (data (i32.const 0) "contents")
  (global $n (export "n") (mut i32) (i32.const 0))
  (func $call (export "call") (param i32) (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (local.get 0))
  (func (export "wait") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "grow-memory") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow-table") (param i32) (result i32)
    (table.grow (ref.null func) (local.get 0)))
  (func (export "allocate") (param i32) (result i32)
    (array.len (array.new_default $node (local.get 0))))))";

/// Strings and lists as large as a guest makes them.
constexpr std::string_view kComponent = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "take" (func (param "bytes" (list u8)) (result (list u8))))))
  (core module $libc
    (memory (export "memory") 10)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072)))
  (core instance $libc (instantiate $libc))
  (core func $take (canon lower (func $host "take") (memory $libc "memory")
    (realloc (core func $libc "realloc"))))
  (core module $m
    (import "" "take" (func $take (param i32 i32 i32)))
    (import "" "memory" (memory 1))
    (func (export "pass") (param i32) (result i32)
      (call $take (i32.const 65536) (local.get 0) (i32.const 8))
      (i32.load (i32.const 12))))
  (core instance $i (instantiate $m (with "" (instance
    (export "take" (func $take)) (export "memory" (memory $libc "memory"))))))
  (func (export "pass") (param "x" u32) (result u32) (canon lift (core func $i "pass")))
))";

struct App {
  Waiters waiting;
};

/// Everything in a store that a failure must leave alone.
struct Contents {
  std::vector<uint64_t> sizes;
  uint64_t digest;
  uint64_t heap;
  size_t instances, functions;

  explicit Contents(AnyStore& store) {
    runtime::StoreCore& core = detail::Access::state(store).session->core();
    for (uint32_t i = 0; i < core.memory_count(); ++i)
      sizes.push_back(core.memory(runtime::MemoryId(i)).pages());
    for (uint32_t i = 0; i < core.table_count(); ++i)
      sizes.push_back(core.table(runtime::TableId(i)).size());
    digest = embed::digest_state(core);
    // An empty heap takes 8 bytes once it has a place.
    heap = std::max<uint64_t>(core.heap().used_bytes(), 8);
    instances = core.instance_count();
    functions = core.function_count();
  }
  bool operator==(const Contents&) const = default;
};

class AllocationTest : public ::testing::Test {
 protected:
  AllocationTest() {
    EXPECT_TRUE(linker_.core_func("host", "wait", [](Call<App> call, int32_t x) -> Task<int32_t> {
      co_await WaitForTest{call.data().waiting};
      co_return x;
    }));
    EXPECT_TRUE(linker_.func("test:host/api@1.0.0", "take",
                             [](Call<App>, std::vector<uint8_t> bytes) { return bytes; }));
  }

  /// An engine that keeps nothing, so that everything has to be allocated.
  Store<App> make_store() { return *Store<App>::create(engine_, App{}, {.stack_slots = 65536}); }
  CoreInstance instantiate(Store<App>& store) {
    return **linker_.instantiate(store, module_).run_if_ready();
  }

  /// Does `work` on one store again and again, with one allocation less failing each time, until
  /// none fails. `failed` looks at what came of it.
  template <class Work, class Failed>
  void each_fails(Store<App>& store, Work work, Failed failed) {
    for (uint64_t granted = 0;; ++granted) {
      ASSERT_LT(granted, 1000u);
      const Contents before(store);
      auto outcome = [&] {
        const FailAfter failing(granted);
        return work();
      }();
      if (!FailAfter::has_failed()) return;
      ++failures_;
      EXPECT_EQ(Contents(store), before) << "after " << granted;
      failed(std::move(outcome));
    }
  }

  Engine engine_ = *Engine::create({.pooled = 0});
  Linker<App> linker_;
  Module module_ = *Module::read(engine_, kModule, "test.wat");
  int failures_ = 0;
};

const auto kIsError = [](auto outcome) {
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().to_string(), "");
};

TEST_F(AllocationTest, Stores) {
  int failures = 0;
  for (uint64_t granted = 0;; ++granted) {
    const FailAfter failing(granted);
    auto store = Store<App>::create(engine_, App{});
    if (!FailAfter::has_failed()) break;
    ++failures;
    kIsError(std::move(store));
  }
  EXPECT_GT(failures, 0);
}

TEST_F(AllocationTest, Instances) {
  // The first one of a module makes its images, too.
  for (int instance = 0; instance < 3; ++instance) {
    for (uint64_t granted = 0;; ++granted) {
      Store<App> store = make_store();
      auto outcome = [&] {
        const FailAfter failing(granted);
        return *linker_.instantiate(store, module_).run_if_ready();
      }();
      if (!FailAfter::has_failed()) break;
      ++failures_;
      // An image that cannot be made is done without.
      if (!outcome) continue;
      EXPECT_EQ(outcome->func<int32_t(int32_t)>("call")->call(store, 5).run_if_ready()->value(), 5);
    }
  }
  EXPECT_GT(failures_, 3);
}

TEST_F(AllocationTest, StacksOfCalls) {
  for (uint64_t granted = 0;; ++granted) {
    Store<App> store = make_store();
    const CoreInstance instance = instantiate(store);
    const Contents before(store);
    auto outcome = [&] {
      const FailAfter failing(granted);
      return *instance.func<int32_t(int32_t)>("call")->call(store, 1).run_if_ready();
    }();
    if (!FailAfter::has_failed()) break;
    // A thread's first call gives it a stack for signals, and can do without.
    if (outcome) continue;
    ++failures_;
    EXPECT_EQ(Contents(store), before);
    kIsError(std::move(outcome));
  }
  EXPECT_GT(failures_, 0);
}

TEST_F(AllocationTest, MemoriesThatGuestsGrow) {
  Store<App> store = make_store();
  const CoreInstance instance = instantiate(store);
  const auto grow = *instance.func<int32_t(int32_t)>("grow-memory");
  ASSERT_EQ(grow.call(store, 0).run_if_ready()->value(), 1);
  each_fails(
      store, [&] { return *grow.call(store, 3).run_if_ready(); },
      [](auto outcome) { EXPECT_EQ(outcome.value(), -1); });
  EXPECT_GT(failures_, 0);
  EXPECT_EQ(instance.memory("memory")->pages(store), 4u);
}

TEST_F(AllocationTest, TablesThatGuestsGrow) {
  Store<App> store = make_store();
  const CoreInstance instance = instantiate(store);
  const auto grow = *instance.func<int32_t(int32_t)>("grow-table");
  ASSERT_EQ(grow.call(store, 0).run_if_ready()->value(), 5000);
  each_fails(
      store, [&] { return *grow.call(store, 20'000).run_if_ready(); },
      [](auto outcome) { EXPECT_EQ(outcome.value(), -1); });
  EXPECT_GT(failures_, 0);
  EXPECT_EQ(instance.table("table")->size(store), 25'000u);
}

TEST_F(AllocationTest, MemoriesAndTablesThatTheHostGrows) {
  Store<App> store = make_store();
  const CoreInstance instance = instantiate(store);
  const Memory memory = *instance.memory("memory");
  const Table table = *instance.table("table");
  each_fails(store, [&] { return *memory.grow(store, 3).run_if_ready(); }, kIsError);
  each_fails(store, [&] { return *table.grow(store, 20'000).run_if_ready(); }, kIsError);
  EXPECT_GT(failures_, 1);
  EXPECT_EQ(memory.pages(store), 4u);
}

TEST_F(AllocationTest, ObjectsOfGuests) {
  for (uint64_t granted = 0;; ++granted) {
    Store<App> store = make_store();
    const CoreInstance instance = instantiate(store);
    const auto allocate = *instance.func<int32_t(int32_t)>("allocate");
    instance.func<int32_t(int32_t)>("call")->call(store, 1).run_if_ready()->value();
    const Contents before(store);
    auto outcome = [&] {
      const FailAfter failing(granted);
      return *allocate.call(store, 100'000).run_if_ready();
    }();
    if (!FailAfter::has_failed()) break;
    ++failures_;
    EXPECT_EQ(Contents(store), before);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().trap()->kind, TrapKind::heap_exhausted);
  }
  EXPECT_GT(failures_, 1);
}

TEST_F(AllocationTest, ValuesThatCrossTheBoundary) {
  const Component component = *Component::read(engine_, kComponent, "test.wat");
  for (uint64_t granted = 0;; ++granted) {
    Store<App> store = make_store();
    const Instance instance = **linker_.instantiate(store, component).run_if_ready();
    const auto pass = *instance.func<uint32_t(uint32_t)>("", "pass");
    auto outcome = [&] {
      const FailAfter failing(granted);
      return *pass.call(store, 100'000).run_if_ready();
    }();
    if (!FailAfter::has_failed()) {
      EXPECT_EQ(outcome.value(), 100'000u);
      break;
    }
    ++failures_;
    kIsError(std::move(outcome));
  }
  EXPECT_GT(failures_, 1);
}

TEST_F(AllocationTest, FramesOfCoroutines) {
  for (uint64_t frames = 0;; ++frames) {
    Store<App> store = make_store();
    const CoreInstance instance = instantiate(store);
    auto suspend = std::make_unique<Suspend>();
    suspend->frames().fail_after(frames);
    detail::Access::state(store).idle_suspends.clear();
    detail::Access::state(store).idle_suspends.push_back(std::move(suspend));
    auto waiting = instance.func<int32_t(int32_t)>("wait")->call(store, 1);
    if (!waiting.start()) break;
    ++failures_;
    kIsError(waiting.take());
    EXPECT_TRUE(store.data().waiting.empty());
  }
  EXPECT_EQ(failures_, 2);
}

}  // namespace
}  // namespace reprise
