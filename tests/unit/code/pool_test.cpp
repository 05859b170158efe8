// What instances are made of, and that nobody can see whether it was made for them: first
// instances, later ones, and those whose parts another store had used before.

#include <gtest/gtest.h>

#include <cstring>

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::MemoryId;
using runtime::StoreCore;
using runtime::TableId;

/// 20,000 bytes of data, a table with a hole, and everything that looks at elements.
std::string guest_text() {
  std::string data(20'000, 'x');
  return R"((module
    (type $answer (func (result i32)))
    (memory (export "memory") 2 10)
    (table (export "table") 6 20 funcref)
    (elem (i32.const 1) $one $two $three)
    (elem (i32.const 3) $four)
    (data (i32.const 100) ")" +
         data + R"(")
    (func $one (result i32) (i32.const 1))
    (func $two (result i32) (i32.const 2))
    (func $three (result i32) (i32.const 3))
    (func $four (result i32) (i32.const 4))
    (func (export "call") (param i32) (result i32) (call_indirect (type $answer) (local.get 0)))
    (func (export "is_null") (param i32) (result i32) (ref.is_null (table.get (local.get 0))))
    (func (export "clear") (param i32) (table.set (local.get 0) (ref.null func)))
    (func (export "copy") (table.copy (i32.const 0) (i32.const 1) (i32.const 3)))
    (func (export "grow") (result i32) (table.grow (ref.func $one) (i32.const 2)))
    (func (export "grow_memory") (result i32) (memory.grow (i32.const 1)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 7)))))";
}

class PoolTest : public testing::Test {
 protected:
  struct Guest {
    std::unique_ptr<StoreCore> store;
    InstanceId instance;

    TrapOr<Slot> call(std::string_view name, std::vector<Slot> args = {}) {
      const auto f = std::get<FuncId>(*store->find_export(instance, name));
      auto results = runtime::call(*store, f, args);
      if (!results) return std::unexpected(std::move(results.error()));
      return results->empty() ? 0 : (*results)[0];
    }
    std::vector<uint8_t> memory() {
      const auto bytes = store->memory(MemoryId(0)).bytes();
      return {bytes.begin(), bytes.end()};
    }
    std::vector<Slot> table() {
      const auto all = store->table(TableId(0)).all();
      return {all.begin(), all.end()};
    }
  };

  PoolTest() : code_(world_.load(guest_text())) {}

  Guest make() {
    Guest guest{*StoreCore::create(world_.engine, {}), {}};
    auto made = runtime::instantiate(*guest.store, code_, {}, "guest");
    EXPECT_TRUE(made && !made->trap);
    guest.instance = made->instance;
    return guest;
  }

  World world_;
  std::shared_ptr<runtime::ModuleCode> code_;
};

TEST_F(PoolTest, LaterInstancesLookLikeTheFirst) {
  Guest first = make();
  EXPECT_EQ(first.store->statistics().lazy_tables, 0u);
  const auto memory = first.memory();
  const auto table = first.table();
  EXPECT_EQ(memory[100], 'x');
  for (int round = 0; round < 3; ++round) {
    Guest next = make();
    EXPECT_EQ(next.store->statistics().lazy_tables, 1u);
    EXPECT_EQ(next.memory(), memory);
    EXPECT_EQ(next.table(), table);
  }
}

TEST_F(PoolTest, CallsFindElementsThatNobodyNeededBefore) {
  make();
  for (int round = 0; round < 2; ++round) {
    Guest guest = make();
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(guest.call("call", {1}), 1u);
      EXPECT_EQ(guest.call("call", {2}), 2u);
      EXPECT_EQ(guest.call("call", {3}), 4u) << "the later segment wins";
    }
    for (const Slot hole : {0, 4, 5})
      EXPECT_EQ(guest.call("call", {hole}).error().kind, TrapKind::uninitialized_element);
    EXPECT_EQ(guest.call("call", {6}).error().kind, TrapKind::undefined_element);
  }
}

TEST_F(PoolTest, LookingAtATableInAnyOtherWayFillsIt) {
  make();
  Guest a = make();
  EXPECT_EQ(a.call("is_null", {1}), 0u);
  EXPECT_EQ(a.call("is_null", {0}), 1u);
  Guest b = make();
  ASSERT_TRUE(b.call("clear", {2}));
  EXPECT_EQ(b.call("call", {2}).error().kind, TrapKind::uninitialized_element) << "null for good";
  EXPECT_EQ(b.call("call", {1}), 1u);
  Guest c = make();
  ASSERT_TRUE(c.call("copy"));
  EXPECT_EQ(c.call("call", {0}), 1u);
  EXPECT_EQ(c.call("call", {2}), 4u);
  Guest d = make();
  EXPECT_EQ(d.call("grow"), 6u);
  EXPECT_EQ(d.call("call", {7}), 1u);
  EXPECT_EQ(d.call("call", {2}), 2u);
}

TEST_F(PoolTest, NothingOfAStoreOutlivesIt) {
  make();
  {
    Guest dirty = make();
    ASSERT_TRUE(dirty.call("store", {0}));
    ASSERT_TRUE(dirty.call("store", {200}));
    ASSERT_TRUE(dirty.call("store", {131071}));
    EXPECT_EQ(dirty.call("grow_memory"), 2u);
    ASSERT_TRUE(dirty.call("store", {3 * 65536 - 1}));
    EXPECT_EQ(dirty.call("call", {1}), 1u);
  }
  Guest clean = make();
  EXPECT_EQ(clean.store->statistics().memories_pooled, 1u);
  EXPECT_EQ(clean.store->statistics().images_reused, 1u);
  EXPECT_EQ(clean.call("load", {0}), 0u);
  EXPECT_EQ(clean.call("load", {200}), 'x');
  EXPECT_EQ(clean.call("load", {131071}), 0u);
  EXPECT_EQ(clean.call("load", {2 * 65536}).error().kind, TrapKind::memory_out_of_bounds);
  EXPECT_EQ(clean.call("grow_memory"), 2u);
  EXPECT_EQ(clean.call("load", {3 * 65536 - 1}), 0u);
}

TEST_F(PoolTest, ASlotServesAnotherModule) {
  make();
  make();
  const auto other = world_.load("(module (memory 1) (data (i32.const 0) \"abc\"))");
  auto store = *StoreCore::create(world_.engine, {});
  ASSERT_TRUE(runtime::instantiate(*store, other, {}, "other"));
  EXPECT_EQ(store->statistics().memories_pooled, 1u);
  const auto bytes = store->memory(MemoryId(0)).bytes();
  EXPECT_EQ(bytes.size(), 65536u);
  EXPECT_EQ(std::memcmp(bytes.data(), "abc", 4), 0);
  EXPECT_TRUE(std::all_of(bytes.begin() + 3, bytes.end(), [](uint8_t b) { return b == 0; }));
}

TEST_F(PoolTest, AStoreWithoutCallsTakesNoStack) {
  make();
  Guest guest = make();
  EXPECT_EQ(guest.store->statistics().stacks_taken, 0u);
  ASSERT_TRUE(guest.call("load", {0}));
  guest = make();
  ASSERT_TRUE(guest.call("load", {0}));
  EXPECT_EQ(guest.store->statistics().stacks_taken, 1u);
}

TEST_F(PoolTest, WithoutAPoolEverythingIsTheSame) {
  runtime::EngineOptions options;
  options.pool = {.memories = 0, .stacks = 0, .stores = 0, .tables = 0};
  World world(options);
  const auto code = world.load(guest_text());
  for (int round = 0; round < 3; ++round) {
    auto store = *StoreCore::create(world.engine, {});
    ASSERT_TRUE(runtime::instantiate(*store, code, {}, "guest"));
    EXPECT_EQ(store->statistics().memories_pooled, 0u);
    EXPECT_EQ(store->memory(MemoryId(0)).base()[100], 'x');
  }
}

}  // namespace
}  // namespace reprise::code
