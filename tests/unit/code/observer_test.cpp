// Ticks: what counts, what doesn't, and stopping at them.

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::Activation;
using runtime::Exit;
using runtime::NativeCall;
using runtime::NativeStep;
using runtime::Observer;
using wasm::kI32;

struct Ran {
  std::vector<Slot> results;
  TrapKind trap = TrapKind::host;
  Exit exit = Exit::suspended;
  uint64_t ticks = 0;
  uint64_t stops = 0;
};

/// Runs to the end, stopping at every `every`th tick (never, if it is 0).
Ran run(World& world, FuncId function, std::vector<Slot> args, uint64_t every) {
  Observer observer;
  world.store->set_observer(&observer);
  auto activation = std::move(*Activation::create(*world.store));
  EXPECT_TRUE(activation->start(function, args));
  Ran run;
  while (true) {
    observer.stop_at_tick = every == 0 ? UINT64_MAX : observer.ticks + every;
    run.exit = activation->run();
    if (run.exit != Exit::stopped) break;
    EXPECT_EQ(observer.ticks, observer.stop_at_tick);
    EXPECT_TRUE(activation->is_stopped());
    run.stops++;
  }
  run.ticks = observer.ticks;
  if (run.exit == Exit::returned)
    run.results.assign(activation->results().begin(), activation->results().end());
  if (run.exit == Exit::trapped) run.trap = activation->trap().kind;
  world.store->set_observer(nullptr);
  return run;
}

/// The same with stops at every tick and at every third, and in a world that is warm.
Ran run_all_ways(World& world, FuncId function, const std::vector<Slot>& args) {
  const Ran cold = run(world, function, args, 0);
  EXPECT_EQ(cold.stops, 0u);
  for (uint64_t every : {1, 3}) {
    const Ran stopped = run(world, function, args, every);
    EXPECT_EQ(stopped.ticks, cold.ticks);
    EXPECT_EQ(stopped.stops, cold.ticks / every);
    EXPECT_EQ(stopped.exit, cold.exit);
    EXPECT_EQ(stopped.results, cold.results);
  }
  return cold;
}

TEST(Observer, CountsEntriesOfFunctions) {
  World world;
  const auto guest = world.instantiate(R"((module
    (table funcref (elem $leaf))
    (type $t (func (result i32)))
    (func $leaf (result i32) (i32.const 7))
    (func $first (result i32) (call $leaf))
    (func (export "calls") (result i32)
      (i32.add (call $first) (call_indirect (type $t) (i32.const 0))))
    (func $down (export "down") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 3))
        (else (return_call $down (i32.sub (local.get 0) (i32.const 1))))))
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))");
  EXPECT_EQ(run_all_ways(world, world.function(guest, "calls"), {}).ticks, 4u);
  EXPECT_EQ(run_all_ways(world, world.function(guest, "down"), {10}).ticks, 11u);
  const Ran fib = run_all_ways(world, world.function(guest, "fib"), {10});
  EXPECT_EQ(fib.ticks, 177u);
  EXPECT_EQ(fib.results.at(0), 55u);
}

TEST(Observer, CountsBranchesTakenBack) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "plain") (param i32) (result i32)
      (loop $a
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $a (local.get 0)))
      (local.get 0))
    (func (export "compare") (param i32) (result i32) (local i32)
      (loop $a
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $a (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1))
    (func (export "table") (param i32) (result i32)
      (loop $a (block $b
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_table $b $a (local.get 0))))
      (local.get 0))
    (func (export "nested") (param i32) (result i32) (local i32)
      (loop $a (loop $b
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $a (i32.and (local.get 1) (i32.const 1)))
        (br_if $b (i32.lt_u (local.get 1) (local.get 0)))))
      (local.get 1)))
  )");
  EXPECT_EQ(run_all_ways(world, world.function(guest, "plain"), {10}).ticks, 10u);
  EXPECT_EQ(run_all_ways(world, world.function(guest, "compare"), {10}).ticks, 10u);
  EXPECT_EQ(run_all_ways(world, world.function(guest, "table"), {10}).ticks, 10u);
  EXPECT_EQ(run_all_ways(world, world.function(guest, "nested"), {10}).ticks, 10u);
}

TEST(Observer, CountsCatchesThatGoBack) {
  World world;
  const auto guest = world.instantiate(R"((module
    (tag $e)
    (func $thrower (throw $e))
    (func (export "back") (param i32) (result i32)
      (block $out
        (loop $a
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $out (i32.eqz (local.get 0)))
          (try_table (catch $e $a) (call $thrower))))
      (local.get 0))
    (func (export "forward") (result i32)
      (block $out (try_table (catch $e $out) (call $thrower)))
      (i32.const 1))))");
  EXPECT_EQ(run_all_ways(world, world.function(guest, "back"), {4}).ticks, 1u + 3 * 2);
  EXPECT_EQ(run_all_ways(world, world.function(guest, "forward"), {}).ticks, 2u);
}

/// Calls data's function, plainly or as a leaf, and adds one.
struct Callee {
  FuncId function;
};
NativeStep call_plainly(NativeCall& call) {
  if (call.phase() == 0) {
    call.call_args()[0] = call.args()[0];
    return call.call(call.data_as<Callee>().function);
  }
  call.results()[0] = call.call_args()[0] + 1;
  return NativeStep::done;
}
NativeStep call_as_leaf(NativeCall& call) {
  Slot result = 0;
  const Slot argument = call.args()[0];
  if (auto done = call.call_leaf(call.data_as<Callee>().function, {&argument, 1}, {&result, 1});
      !done)
    return call.trap(std::move(done.error()));
  call.results()[0] = result + 1;
  return NativeStep::done;
}

TEST(Observer, CountsThroughNativeFunctionsAndStopsInNoLeaf) {
  World world;
  Callee callee;
  const auto type = world.type({kI32}, {kI32});
  const FuncId plainly =
      world.native(type, {.step = call_plainly, .data = &callee, .call_slots = 1});
  const FuncId leaf = world.native(type, {.step = call_as_leaf, .data = &callee, .call_slots = 1});
  const auto guest = world.instantiate(R"((module
    (import "h" "plainly" (func $plainly (param i32) (result i32)))
    (import "h" "leaf" (func $leaf (param i32) (result i32)))
    (func $end (result i32) (i32.const 0))
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "p") (param i32) (result i32) (i32.add (call $end) (call $plainly (local.get 0))))
    (func (export "l") (param i32) (result i32)
      (i32.add (call $leaf (local.get 0)) (call $end)))))",
                                       {plainly, leaf});
  callee.function = world.function(guest, "double");
  const Ran plain = run_all_ways(world, world.function(guest, "p"), {20});
  EXPECT_EQ(plain.ticks, 3u);
  EXPECT_EQ(plain.results.at(0), 41u);

  const FuncId l = world.function(guest, "l");
  EXPECT_EQ(run(world, l, {20}, 0).ticks, 3u);
  Observer observer{.stop_at_tick = 2};  // inside the leaf
  world.store->set_observer(&observer);
  auto activation = std::move(*Activation::create(*world.store));
  ASSERT_TRUE(activation->start(l, {{20}}));
  EXPECT_EQ(activation->run(), Exit::stopped);
  EXPECT_EQ(observer.ticks, 3u);
  EXPECT_EQ(activation->backtrace().front().function_index, 2u);
  observer.stop_at_tick = UINT64_MAX;
  EXPECT_EQ(activation->run(), Exit::returned);
  EXPECT_EQ(activation->results()[0], 41u);
}

TEST(Observer, TrapsAndBodiesThatAreInvalidEndAsEver) {
  World world;
  const auto guest = world.instantiate(R"((module
    (func $deep (export "deep") (call $deep))
    (func (export "div") (param i32) (result i32)
      (loop $a
        (drop (i32.div_u (i32.const 1) (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (br $a))
      (i32.const 0))))");
  EXPECT_EQ(run(world, world.function(guest, "deep"), {}, 1000).trap,
            TrapKind::call_stack_exhausted);
  const Ran div = run_all_ways(world, world.function(guest, "div"), {5});
  EXPECT_EQ(div.ticks, 5u);
}

TEST(Observer, AStoppedActivationCanBeCancelled) {
  World world;
  const auto guest = world.instantiate("(module (func (export \"f\") (loop (br 0))))");
  Observer observer{.stop_at_tick = 5};
  world.store->set_observer(&observer);
  auto activation = std::move(*Activation::create(*world.store));
  ASSERT_TRUE(activation->start(world.function(guest, "f"), {}));
  EXPECT_EQ(activation->run(), Exit::stopped);
  activation->cancel();
  EXPECT_TRUE(activation->is_idle());
  observer.stop_at_tick = 8;
  ASSERT_TRUE(activation->start(world.function(guest, "f"), {}));
  EXPECT_EQ(activation->run(), Exit::stopped);
  EXPECT_EQ(observer.ticks, 8u);
}

}  // namespace
}  // namespace reprise::code
