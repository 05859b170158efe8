// Every limit of a store at its boundary: the last thing that is allowed, and the first that isn't.

#include "reprise/limits.hpp"

#include <gtest/gtest.h>

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::MemoryId;
using runtime::TableId;

Limits with(std::string_view name, uint64_t value) {
  Limits limits;
  EXPECT_TRUE(limits.set(name, value));
  return limits;
}

/// What instantiating `wat` is refused with.
std::string refusal(World& world, std::string_view wat) {
  auto made = runtime::instantiate(*world.store, world.load(wat), {}, "guest");
  if (made) return "";
  EXPECT_EQ(made.error().kind, ErrorKind::limit);
  return made.error().message;
}

TEST(Limits, AreSetByName) {
  Limits limits;
  ASSERT_TRUE(limits.set("memory-bytes", 65536));
  EXPECT_EQ(limits.memory_bytes, 65536u);
  EXPECT_FALSE(limits.set("memories", uint64_t{1} << 32));
  const auto unknown = limits.set("elephants", 1);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("memory-bytes"), std::string::npos);
  for (const auto& [name, value] : Limits().list()) {
    Limits copy;
    EXPECT_TRUE(copy.set(name, value));
    EXPECT_EQ(copy, Limits()) << name;
  }
}

TEST(Limits, MemoryBytes) {
  World world({}, with("memory-bytes", 3 * 65536));
  const InstanceId guest = world.instantiate(R"((module (memory 2)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  EXPECT_EQ(world.value(guest, "grow", {2}), 0xffffffffu);
  EXPECT_EQ(world.value(guest, "grow", {1}), 2u);
  EXPECT_EQ(world.value(guest, "grow", {1}), 0xffffffffu);
  EXPECT_EQ(refusal(world, "(module (memory 3))"), "");
  EXPECT_EQ(refusal(world, "(module (memory 4))"),
            "limit memory-bytes: this store allows no more than 196608 bytes in one memory");
}

TEST(Limits, TotalMemoryBytes) {
  World world({}, with("total-memory-bytes", 4 * 65536));
  const InstanceId guest = world.instantiate(R"((module (memory 1) (memory 1)
    (func (export "grow") (param i32) (result i32) (memory.grow 0 (local.get 0)))
    (func (export "grow1") (param i32) (result i32) (memory.grow 1 (local.get 0)))))");
  EXPECT_EQ(world.value(guest, "grow", {3}), 0xffffffffu);
  EXPECT_EQ(world.value(guest, "grow", {1}), 1u);
  EXPECT_EQ(world.value(guest, "grow1", {2}), 0xffffffffu);
  EXPECT_EQ(refusal(world, "(module (memory 2))"),
            "limit total-memory-bytes: this store allows no more than 262144 bytes in all memories "
            "together");
  // What was refused took nothing.
  EXPECT_EQ(refusal(world, "(module (memory 1) (memory 1))"),
            "limit total-memory-bytes: this store allows no more than 262144 bytes in all memories "
            "together");
  EXPECT_EQ(world.value(guest, "grow1", {1}), 1u);
  EXPECT_EQ(world.store->memory_bytes(), 4u * 65536);
}

TEST(Limits, TableElements) {
  World world({}, with("table-elements", 10));
  const InstanceId guest = world.instantiate(R"((module (table 8 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))))");
  EXPECT_EQ(world.value(guest, "grow", {3}), 0xffffffffu);
  EXPECT_EQ(world.value(guest, "grow", {2}), 8u);
  EXPECT_EQ(refusal(world, "(module (table 11 funcref))"),
            "limit table-elements: this store allows no more than 10 elements in one table");
}

TEST(Limits, TotalTableElements) {
  World world({}, with("total-table-elements", 10));
  const InstanceId guest = world.instantiate(R"((module (table 4 funcref) (table 4 externref)
    (func (export "grow") (param i32) (result i32)
      (table.grow 1 (ref.null extern) (local.get 0)))))");
  EXPECT_EQ(world.value(guest, "grow", {3}), 0xffffffffu);
  EXPECT_EQ(world.value(guest, "grow", {1}), 4u);
  EXPECT_EQ(refusal(world, "(module (table 2 funcref))"),
            "limit total-table-elements: this store allows no more than 10 elements in all tables "
            "together");
  EXPECT_EQ(refusal(world, "(module (table 1 funcref))"), "");
}

TEST(Limits, Counts) {
  World memories({}, with("memories", 1));
  EXPECT_EQ(refusal(memories, "(module (memory 1))"), "");
  EXPECT_EQ(refusal(memories, "(module (memory 0))"),
            "limit memories: this store allows no more than 1 memories");
  World tables({}, with("tables", 1));
  EXPECT_EQ(refusal(tables, "(module (table 0 funcref) (table 0 funcref))"),
            "limit tables: this store allows no more than 1 tables");
  EXPECT_EQ(refusal(tables, "(module (table 0 funcref))"), "") << "the first was taken back";
  World instances({}, with("instances", 2));
  EXPECT_EQ(refusal(instances, "(module)"), "");
  EXPECT_EQ(refusal(instances, "(module)"), "");
  EXPECT_EQ(refusal(instances, "(module)"),
            "limit instances: this store allows no more than 2 instances of core modules");
  World functions({}, with("functions", 2));
  EXPECT_EQ(refusal(functions, "(module (func) (func) (func))"),
            "limit functions: this store allows no more than 2 functions");
  EXPECT_EQ(refusal(functions, "(module (func) (func))"), "");
}

TEST(Limits, Stack) {
  // A frame of $down is charged 4 slots, a local and two operands: 7. The host's call is charged
  // as the guest's own are.
  constexpr std::string_view kDown = R"((module
    (func $down (export "down") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (call $down (i32.sub (local.get 0) (i32.const 1))))
        (else (i32.const 5))))))";
  World world({}, with("stack-slots", 70));
  const InstanceId guest = world.instantiate(kDown);
  EXPECT_EQ(world.value(guest, "down", {9}), 5u);
  EXPECT_EQ(world.trap(guest, "down", {10}), TrapKind::call_stack_exhausted);
}

TEST(Limits, Activations) {
  World world({}, with("activations", 2));
  auto first = runtime::Activation::create(*world.store);
  auto second = runtime::Activation::create(*world.store);
  ASSERT_TRUE(first && second);
  auto third = runtime::Activation::create(*world.store);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().message,
            "limit activations: this store allows no more than 2 calls from the host that have not "
            "ended");
  second->reset();
  EXPECT_TRUE(runtime::Activation::create(*world.store));
}

TEST(Limits, Heap) {
  // An array of 8-byte elements has a header of 8.
  constexpr std::string_view kKeep = R"((module
    (type $a (array i64))
    (func (export "make") (param i32) (result i32)
      (array.len (array.new_default $a (local.get 0))))))";
  World world({}, with("heap-bytes", 65536));
  const InstanceId guest = world.instantiate(kKeep);
  EXPECT_EQ(world.value(guest, "make", {8190}), 8190u);
  EXPECT_EQ(world.trap(guest, "make", {8191}), TrapKind::heap_exhausted);
}

TEST(Statistics, HostOnlyWorkUsesNoGuestStack) {
  World world;
  const InstanceId guest = world.instantiate(R"((module
    (type $a (array i64))
    (memory 1) (table 1 externref)
    (global (ref $a) (array.new_default $a (i32.const 10)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))");
  const auto memory = world.store->plan_memory_growth(MemoryId(0), 3);
  ASSERT_TRUE(memory && world.store->commit(*memory));
  const auto table = world.store->plan_table_growth(TableId(0), 3);
  ASSERT_TRUE(table && world.store->commit(*table, 0));
  world.store->collect();
  const Statistics& statistics = world.store->statistics();
  EXPECT_EQ(statistics.instantiations, 1u);
  EXPECT_EQ(statistics.memories, 1u);
  EXPECT_EQ(statistics.tables, 1u);
  EXPECT_EQ(statistics.growths, 2u);
  EXPECT_EQ(statistics.collections, 1u);
  EXPECT_EQ(statistics.activations, 0u);
  EXPECT_EQ(statistics.stacks_taken, 0u);
  EXPECT_EQ(statistics.runs, 0u);

  EXPECT_EQ(world.value(guest, "grow"), 4u);
  EXPECT_EQ(statistics.activations, 1u);
  EXPECT_EQ(statistics.stacks_taken, 1u);
  EXPECT_EQ(statistics.stacks_made, 1u);
  EXPECT_EQ(statistics.runs, 1u);
  EXPECT_EQ(statistics.parks, 0u);
  EXPECT_EQ(statistics.growths, 3u);
  EXPECT_EQ(statistics.guest_growths, 1u);
}

}  // namespace
}  // namespace reprise::code
