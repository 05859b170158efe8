// Objects and exceptions, beyond what the conformance scripts say: that garbage is collected, that
// what is referred to from anywhere is not, that limits hold.

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::NativeCall;
using runtime::NativeStep;
using wasm::kI32;

constexpr std::string_view kLists = R"((module
  (type $node (struct (field $value i32) (field $next (ref null $node))))
  (type $bytes (array (mut i8)))
  (global $kept (mut (ref null $node)) (ref.null $node))
  (table $nodes 1 (ref null $node))
  (func (export "keep") (param i32)
    (loop $l
      (global.set $kept (struct.new $node (local.get 0) (global.get $kept)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "sum") (result i32) (local $n (ref null $node)) (local $s i32)
    (local.set $n (global.get $kept))
    (block $done
      (loop $l
        (br_if $done (ref.is_null (local.get $n)))
        (local.set $s (i32.add (local.get $s) (struct.get $node $value (local.get $n))))
        (local.set $n (struct.get $node $next (local.get $n)))
        (br $l)))
    (local.get $s))
  (func (export "waste") (param i32)
    (table.set $nodes (i32.const 0) (struct.new $node (i32.const 7) (ref.null $node)))
    (loop $l
      (drop (array.new_default $bytes (i32.const 1000)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "in-table") (result i32)
    (struct.get $node $value (table.get $nodes (i32.const 0))))
  (func (export "in-frame") (param i32) (result i32) (local $mine (ref null $node))
    (local.set $mine (struct.new $node (i32.const 5) (ref.null $node)))
    (i32.add
      (struct.get $node $value (struct.new $node (i32.const 6) (local.get $mine)))
      (block (result i32) (call 2 (local.get 0)) (struct.get $node $value (local.get $mine)))))
  (func (export "huge") (drop (array.new_default $bytes (i32.const 0x7fffffff))))))";

TEST(Objects, LiveAsLongAsTheyAreReferredTo) {
  World world({}, {.heap_bytes = 8 << 20});
  const auto guest = world.instantiate(kLists);
  ASSERT_TRUE(world.call(guest, "keep", {1000}));
  // Many times the heap's limit.
  ASSERT_TRUE(world.call(guest, "waste", {100000}));
  EXPECT_GT(world.store->heap().collections(), 10u);
  EXPECT_LT(world.store->heap().allocated_bytes(), 4u << 20);
  EXPECT_EQ(world.value(guest, "sum"), 500500u);
  EXPECT_EQ(world.value(guest, "in-table"), 7u);
  EXPECT_EQ(world.value(guest, "in-frame", {50000}), 11u);
  EXPECT_EQ(world.value(guest, "sum"), 500500u);
}

TEST(Objects, ExhaustTheHeapAtItsLimit) {
  World world({}, {.heap_bytes = 1 << 20});
  const auto guest = world.instantiate(kLists);
  EXPECT_EQ(world.trap(guest, "huge"), TrapKind::heap_exhausted);
  EXPECT_EQ(world.trap(guest, "keep", {1000000}), TrapKind::heap_exhausted);
  // The trap left the store usable.
  EXPECT_NE(world.value(guest, "sum"), 0u);
}

TEST(Objects, AreKeptForTheHostByRoots) {
  World world;
  const auto guest = world.instantiate(R"((module (type $s (struct (field i64)))
    (func (export "make") (param i64) (result (ref $s)) (struct.new $s (local.get 0)))
    (func (export "read") (param (ref $s)) (result i64) (struct.get $s 0 (local.get 0)))))");
  const Slot rooted = world.value(guest, "make", {11});
  world.store->root(rooted);
  const Slot loose = world.value(guest, "make", {22});
  world.store->collect();
  EXPECT_TRUE(world.store->heap().is_object(rooted));
  EXPECT_FALSE(world.store->heap().is_object(loose));
  EXPECT_EQ(world.value(guest, "read", {rooted}), 11u);
  world.store->unroot(rooted);
  world.store->collect();
  EXPECT_FALSE(world.store->heap().is_object(rooted));
}

// Each function makes garbage enough for a collection while something that is no reference, or no
// longer one, looks like the name of an object.
constexpr std::string_view kLookAlikes = R"((module
  (type $s (struct (field i64)))
  (type $more (array (mut i64)))
  (global $last (mut (ref null $s)) (ref.null $s))
  (elem declare func $seventh)
  (func $make (export "make") (result (ref $s)) (struct.new $s (i64.const 5)))
  (func (export "make-last") (global.set $last (call $make)))
  (func $collect (drop (array.new_default $more (i32.const 20))))
  (func (export "number") (param i64) (result i64) (call $collect) (local.get 0))
  (func (export "operand") (param i64) (result i64)
    (i64.add (local.get 0) (block (result i64) (call $collect) (i64.const 0))))
  (func (export "dropped") (param (ref null $s)) (result i32)
    (drop (ref.as_non_null (local.get 0)))
    (local.set 0 (ref.null $s))
    (call $collect)
    (i32.const 0))
  (func (export "stale") (param i64) (result i64)
    (drop (i64.add (local.get 0) (i64.const 0)))
    (local.set 0 (i64.const 0))
    (call $collect)
    (local.get 0))
  (func $seventh (export "function") (result i32) (local $f funcref)
    (local.set $f (ref.func $seventh))
    (call $collect)
    (ref.is_null (local.get $f)))))";

TEST(Objects, AreNotKeptByWhatLooksLikeTheirNames) {
  for (const std::string name : {"number", "operand", "dropped", "stale", "function"}) {
    World world;
    const auto guest = world.instantiate(kLookAlikes);
    const Slot object = world.value(guest, "make");
    // So that what is free is not at the end, where the next object would begin in it.
    ASSERT_TRUE(world.call(guest, "make-last"));
    world.store->heap().set_pace(0);
    ASSERT_TRUE(world.store->heap().is_object(object));
    if (name == "function") {
      const auto function = world.function(guest, "function");
      ASSERT_EQ(runtime::ref_of_func(function), object);
      ASSERT_TRUE(world.call(guest, name));
    } else {
      ASSERT_TRUE(world.call(guest, name, {object}));
    }
    EXPECT_FALSE(world.store->heap().is_object(object)) << name;
  }
}

TEST(Objects, AreKeptByOperandsInEveryFrame) {
  World world;
  world.store->heap().set_pace(0);
  const auto guest = world.instantiate(R"((module
    (type $list (struct (field (ref null $list)) (field i32) (field (ref null $list))))
    (func $build (param i32) (result (ref null $list))
      (if (result (ref null $list)) (i32.eqz (local.get 0))
        (then (ref.null $list))
        (else
          (struct.new $list
            (call $build (i32.sub (local.get 0) (i32.const 1)))
            (local.get 0)
            (call $build (i32.sub (local.get 0) (i32.const 1)))))))
    (func $sum (param (ref null $list)) (result i32)
      (if (result i32) (ref.is_null (local.get 0))
        (then (i32.const 0))
        (else
          (i32.add (struct.get $list 1 (local.get 0))
            (i32.add (call $sum (struct.get $list 0 (local.get 0)))
                     (call $sum (struct.get $list 2 (local.get 0))))))))
    (func (export "sum-of") (param i32) (result i32) (call $sum (call $build (local.get 0))))))");
  EXPECT_EQ(world.value(guest, "sum-of", {8}), 502u);
  EXPECT_GT(world.store->heap().collections(), 200u);
}

/// Collects, and gives back its second parameter.
NativeStep collect_and_return(NativeCall& call) {
  call.store().collect();
  call.data_as<bool>() = call.store().heap().is_object(call.args()[0]);
  call.results()[0] = call.args()[1];
  return NativeStep::done;
}

TEST(Objects, AreKeptByParametersOfNativeFunctions) {
  World world;
  bool number_is_object = true;
  const auto type = world.type({wasm::kI64, wasm::kAnyref}, {wasm::kAnyref});
  const FuncId native = world.native(type, {.step = collect_and_return, .data = &number_is_object});
  const auto guest = world.instantiate(R"((module
    (import "" "f" (func $f (param i64 anyref) (result anyref)))
    (type $s (struct (field i64)))
    (func (export "make") (result anyref) (struct.new $s (i64.const 5)))
    (func (export "over") (param i64) (result i64)
      (struct.get $s 0
        (ref.cast (ref $s) (call $f (local.get 0) (struct.new $s (i64.const 9))))))))",
                                       {native});
  const Slot object = world.value(guest, "make");
  EXPECT_EQ(world.value(guest, "over", {object}), 9u);
  EXPECT_FALSE(number_is_object);
}

TEST(Objects, AreKeptAsResultsUntilTheNextCall) {
  World world;
  const auto guest = world.instantiate(kLookAlikes);
  auto activation = std::move(*runtime::Activation::create(*world.store));
  ASSERT_TRUE(activation->start(world.function(guest, "make"), {}));
  ASSERT_EQ(activation->run(), runtime::Exit::returned);
  const Slot object = activation->results()[0];
  world.store->collect();
  EXPECT_TRUE(world.store->heap().is_object(object));
  ASSERT_TRUE(activation->start(world.function(guest, "make-last"), {}));
  ASSERT_EQ(activation->run(), runtime::Exit::returned);
  world.store->collect();
  EXPECT_FALSE(world.store->heap().is_object(object));
}

struct Adapter {
  FuncId callee;
  int alive = 0;
};
struct Counted {
  explicit Counted(int* n) : alive(n) { ++*alive; }
  ~Counted() { --*alive; }
  int* alive;
};
NativeStep forward(NativeCall& call) {
  auto& adapter = call.data_as<Adapter>();
  if (call.phase() == 1) return NativeStep::done;
  call.emplace_scratch<Counted>(&adapter.alive);
  return call.call(adapter.callee);
}

TEST(Exceptions, StopAtNativeFunctions) {
  World world;
  Adapter adapter;
  const FuncId f = world.native(world.type({}, {}), {.step = forward, .data = &adapter});
  const auto guest = world.instantiate(R"((module
    (import "" "f" (func $f))
    (tag $e (param i32 i64))
    (func $throw (export "throw") (throw $e (i32.const 3) (i64.const 4)))
    (func (export "directly") (result i32 i64)
      (block $h (result i32 i64) (try_table (catch $e $h) (call $throw)) (unreachable)))
    (func (export "over-native") (result i32 i64)
      (block $h (result i32 i64) (try_table (catch $e $h) (call $f)) (unreachable)))
    (func (export "to-results") (result i32 i64)
      (try_table (catch $e 0) (call $throw)) (unreachable))))",
                                       {f});
  adapter.callee = world.function(guest, "throw");
  EXPECT_EQ(*world.call(guest, "directly"), (std::vector<Slot>{3, 4}));
  EXPECT_EQ(*world.call(guest, "to-results"), (std::vector<Slot>{3, 4}));
  EXPECT_EQ(world.trap(guest, "over-native"), TrapKind::uncaught_exception);
  EXPECT_EQ(adapter.alive, 0);
  EXPECT_EQ(world.trap(guest, "throw"), TrapKind::uncaught_exception);
}

TEST(Exceptions, GiveBackTheStackTheyUnwind) {
  World world({}, {.stack_slots = 2000});
  const auto guest = world.instantiate(R"((module
    (tag $e)
    (func $deep (param i32)
      (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
        (else (throw $e))))
    (func (export "run") (param i32) (result i32) (local $n i32)
      (loop $l
        (block $h (try_table (catch $e $h) (call $deep (i32.const 100))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $n))))");
  EXPECT_EQ(world.value(guest, "run", {1000}), 1000u);
}

}  // namespace
}  // namespace reprise::code
