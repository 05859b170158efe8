// The interpreter end to end: text in, results out.

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::slot_of_f64;
using runtime::slot_of_i32;

TEST(Interpreter, Adds) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "add") (param i32 i32) (result i32)
      local.get 0 local.get 1 i32.add)))");
  EXPECT_EQ(world.value(guest, "add", {2, 40}), 42u);
  EXPECT_EQ(world.value(guest, "add", {0xffffffff, 2}), 1u);
}

TEST(Interpreter, RecursesAndLoops) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "sum") (param i64) (result i64) (local i64)
      (loop $again
        (local.set 1 (i64.add (local.get 1) (local.get 0)))
        (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))
        (br_if $again (i64.ne (i64.const 0))))
      (local.get 1))))");
  EXPECT_EQ(world.value(guest, "fib", {20}), 6765u);
  EXPECT_EQ(world.value(guest, "sum", {100000}), 5000050000u);
}

TEST(Interpreter, KeepsWhatWasReadBeforeALocalIsWritten) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "swap") (param i32 i32) (result i32)
      local.get 0          ;; stays on the stack
      local.get 1
      local.set 0          ;; while its local is overwritten
      local.get 0
      i32.const 10
      i32.mul
      i32.add)
    (func (export "across") (param i32) (result i32)
      local.get 0
      (block (br_if 0 (local.get 0)) (local.set 0 (i32.const 7)))
      local.get 0
      i32.sub)))");
  EXPECT_EQ(world.value(guest, "swap", {3, 4}), 43u);
  EXPECT_EQ(world.value(guest, "across", {5}), 0u);
  EXPECT_EQ(world.value(guest, "across", {0}), static_cast<uint32_t>(-7));
}

TEST(Interpreter, CarriesValuesOverBranches) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "pick") (param i32) (result i32 i32)
      (i32.const 1)
      (block $b (result i32 i32)
        (i32.const 100)
        (i32.const 10) (i32.const 20)
        (br_if $b (local.get 0))
        (drop) (drop) (drop)
        (i32.const 30) (i32.const 40))
      (i32.add) (i32.add) (local.get 0))
    (func (export "table") (param i32) (result i32)
      (block $c (block $b (block $a
        (br_table $a $b $c $a (local.get 0)))
        (return (i32.const 10)))
        (return (i32.const 20)))
      (i32.const 30))
    (func (export "tee") (param i32) (result i32)
      (block (result i32)
        (br_table 0 1 (i32.const 5) (local.get 0)))
      (i32.const 100) (i32.add))))");
  EXPECT_EQ(*world.call(guest, "pick", {1}), (std::vector<Slot>{31, 1}));
  EXPECT_EQ(*world.call(guest, "pick", {0}), (std::vector<Slot>{71, 0}));
  EXPECT_EQ(world.value(guest, "table", {0}), 10u);
  EXPECT_EQ(world.value(guest, "table", {1}), 20u);
  EXPECT_EQ(world.value(guest, "table", {2}), 30u);
  EXPECT_EQ(world.value(guest, "table", {77}), 10u);
  EXPECT_EQ(world.value(guest, "tee", {0}), 105u);
  EXPECT_EQ(world.value(guest, "tee", {1}), 5u);
}

class Bounded : public testing::TestWithParam<runtime::Bounds> {};

TEST_P(Bounded, MemoryFaultsAreTraps) {
  World world({GetParam()});
  const auto guest = world.instantiate(R"((module (memory 1 2)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "far") (param i32) (result i64) (i64.load offset=4294967295 (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 offset=3 (local.get 0) (local.get 1)))
    (func (export "sign") (param i32) (result i32) (i32.load8_s (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "copy") (param i32 i32 i32)
      (memory.copy (local.get 0) (local.get 1) (local.get 2)))))");
  EXPECT_EQ(world.value(guest, "load", {65532}), 0u);
  EXPECT_EQ(world.trap(guest, "load", {65533}), TrapKind::memory_out_of_bounds);
  EXPECT_EQ(world.trap(guest, "load", {0xffffffff}), TrapKind::memory_out_of_bounds);
  EXPECT_EQ(world.trap(guest, "far", {0xffffffff}), TrapKind::memory_out_of_bounds);
  EXPECT_TRUE(world.call(guest, "store", {10, 0x1ff}));
  EXPECT_EQ(world.value(guest, "load", {13}), 0xffu);
  EXPECT_EQ(world.value(guest, "sign", {13}), 0xffffffffu);
  EXPECT_EQ(world.trap(guest, "store", {65533, 1}), TrapKind::memory_out_of_bounds);
  EXPECT_EQ(world.value(guest, "grow", {1}), 1u);
  EXPECT_EQ(world.value(guest, "load", {65533}), 0u);
  EXPECT_EQ(world.value(guest, "grow", {1}), 0xffffffffu);
  EXPECT_TRUE(world.call(guest, "copy", {65536, 13, 1}));
  EXPECT_EQ(world.value(guest, "load", {65536}), 0xffu);
  EXPECT_EQ(world.trap(guest, "copy", {131071, 0, 2}), TrapKind::memory_out_of_bounds);
}

INSTANTIATE_TEST_SUITE_P(Interpreter, Bounded,
                         testing::Values(runtime::Bounds::guard_pages,
                                         runtime::Bounds::explicit_checks));

TEST(Interpreter, CallsThroughTables) {
  World world;
  const auto guest = world.instantiate(R"((module
    (type $f (func (param i32) (result i32)))
    (table 4 funcref)
    (elem (i32.const 0) $inc $dec $other)
    (func $inc (type $f) (i32.add (local.get 0) (i32.const 1)))
    (func $dec (type $f) (i32.sub (local.get 0) (i32.const 1)))
    (func $other)
    (func (export "at") (param i32 i32) (result i32)
      (call_indirect (type $f) (local.get 1) (local.get 0)))
    (func (export "tail") (param i32 i32) (result i32)
      (return_call_indirect (type $f) (local.get 1) (local.get 0)))
    (func $even (export "even") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
        (else (i32.const 1))))
    (func $odd (param i32) (result i32) (local i64 i64)
      (if (result i32) (local.get 0)
        (then (return_call $even (i32.sub (local.get 0) (i32.const 1))))
        (else (i32.const 0))))))");
  for (const char* name : {"at", "tail"}) {
    EXPECT_EQ(world.value(guest, name, {0, 5}), 6u);
    EXPECT_EQ(world.value(guest, name, {1, 5}), 4u);
    EXPECT_EQ(world.trap(guest, name, {2, 5}), TrapKind::indirect_call_type_mismatch);
    EXPECT_EQ(world.trap(guest, name, {3, 5}), TrapKind::uninitialized_element);
    EXPECT_EQ(world.trap(guest, name, {4, 5}), TrapKind::undefined_element);
  }
  EXPECT_EQ(world.value(guest, "even", {1000001}), 0u);
}

TEST(Interpreter, ExhaustsTheStackAtTheSameCallEverywhere) {
  const std::string_view wat = R"((module
    (global $depth (export "depth") (mut i32) (i32.const 0))
    (func $down (export "down") (param i64) (local i64 i64)
      (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
      (call $down (i64.const 1)))))";
  for (const auto bounds : {runtime::Bounds::guard_pages, runtime::Bounds::explicit_checks}) {
    World world({bounds}, {.stack_slots = 900});
    const auto guest = world.instantiate(wat);
    EXPECT_EQ(world.trap(guest, "down", {0}), TrapKind::call_stack_exhausted);
    // 3 locals, 2 operands, 4 for the frame: 9 slots a call.
    const auto depth = std::get<runtime::GlobalId>(*world.store->find_export(guest, "depth"));
    EXPECT_EQ(world.store->global(depth).value[0], 100u);
  }
}

TEST(Interpreter, NamesWhereItTrapped) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func $outer (export "f") (result i32) (i32.add (i32.const 1) (call $inner (i32.const 0))))))");
  const auto results = world.call(guest, "f");
  ASSERT_FALSE(results);
  const Trap& trap = results.error();
  EXPECT_EQ(trap.message, "integer divide by zero");
  ASSERT_EQ(trap.frames.size(), 2u);
  EXPECT_EQ(trap.frames[0].function_index, 0u);
  EXPECT_EQ(trap.frames[1].function_index, 1u);
  // Each offset is that of the opcode: i32.div_u, call.
  const auto& bytes = world.store->instance(guest).module().bytes();
  EXPECT_EQ(bytes[*trap.frames[0].module_offset], 0x6e);
  EXPECT_EQ(bytes[*trap.frames[1].module_offset], 0x10);
}

TEST(Interpreter, AnInvalidBodyFailsAtItsFirstCall) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "good") (result i32) (i32.const 1))
    (func (export "bad") (result i32) (i64.const 1))))");
  EXPECT_EQ(world.value(guest, "good"), 1u);
  EXPECT_EQ(world.trap(guest, "bad"), TrapKind::invalid_function);
  EXPECT_FALSE(world.store->instance(guest).code->lower_all());
}

TEST(Interpreter, MakesCanonicalNans) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "add") (param f64) (result f64) (f64.add (local.get 0) (f64.const 1)))
    (func (export "neg") (param f64) (result f64) (f64.neg (local.get 0)))
    (func (export "nearest") (param f64) (result f64) (f64.nearest (local.get 0)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))))");
  EXPECT_EQ(world.value(guest, "add", {0x7ff0000000000001}), 0x7ff8000000000000u);
  EXPECT_EQ(world.value(guest, "neg", {0x7ff0000000000001}), 0xfff0000000000001u);
  EXPECT_EQ(world.value(guest, "nearest", {slot_of_f64(2.5)}), slot_of_f64(2));
  EXPECT_EQ(world.value(guest, "nearest", {slot_of_f64(-0.5)}), slot_of_f64(-0.0));
  EXPECT_EQ(world.value(guest, "trunc", {slot_of_f64(-2147483648.9)}), slot_of_i32(0x80000000));
  EXPECT_EQ(world.trap(guest, "trunc", {slot_of_f64(2147483648.0)}), TrapKind::integer_overflow);
  EXPECT_EQ(world.trap(guest, "trunc", {0x7ff8000000000000}),
            TrapKind::invalid_conversion_to_integer);
}

}  // namespace
}  // namespace reprise::code
