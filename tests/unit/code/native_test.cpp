// Native functions: phases, calls back, suspension, what happens to their scratch.

#include "guest.hpp"

namespace reprise::code {
namespace {

using runtime::Activation;
using runtime::Exit;
using runtime::NativeCall;
using runtime::NativeStep;
using runtime::slot_of_i32;
using wasm::kI32;

NativeStep twice(NativeCall& call) {
  call.results()[0] = slot_of_i32(2 * static_cast<uint32_t>(call.args()[0]));
  return NativeStep::done;
}

TEST(Native, ReturnsAtOnce) {
  World world;
  const FuncId f = world.native(world.type({kI32}, {kI32}), {.step = twice, .name = "twice"});
  const auto guest = world.instantiate(R"((module
    (import "" "twice" (func $twice (param i32) (result i32)))
    (table funcref (elem $twice))
    (export "direct" (func $twice))
    (func (export "call") (param i32) (result i32)
      (i32.add (i32.const 100) (call $twice (local.get 0))))
    (func (export "tail") (param i32) (result i32) (return_call $twice (local.get 0)))
    (func (export "indirect") (param i32) (result i32)
      (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))))",
                                       {f});
  EXPECT_EQ(world.value(guest, "direct", {21}), 42u);
  EXPECT_EQ(world.value(guest, "call", {21}), 142u);
  EXPECT_EQ(world.value(guest, "tail", {21}), 42u);
  EXPECT_EQ(world.value(guest, "indirect", {21}), 42u);
}

/// Counts those that are alive.
struct Tracked {
  explicit Tracked(int* count) : alive(count) { ++*alive; }
  ~Tracked() { --*alive; }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
  int* alive;
  uint32_t sum = 0;
};

struct Adapter {
  FuncId callee;
  int alive = 0;
};

// Calls its callee with n, n-1 … 1 and adds the answers up.
NativeStep sum_of_calls(NativeCall& call) {
  auto& adapter = call.data_as<Adapter>();
  if (call.phase() == 0) {
    call.emplace_scratch<Tracked>(&adapter.alive);
    call.locals()[0] = call.args()[0];
  } else {
    call.scratch<Tracked>().sum += static_cast<uint32_t>(call.call_args()[0]);
  }
  if (call.locals()[0] == 0) {
    call.results()[0] = call.scratch<Tracked>().sum;
    return NativeStep::done;
  }
  call.call_args()[0] = call.locals()[0]--;
  return call.call(adapter.callee);
}

TEST(Native, CallsGuestsWithoutTheNativeStack) {
  World world;
  Adapter adapter;
  const FuncId f = world.native(
      world.type({kI32}, {kI32}),
      {.step = sum_of_calls, .data = &adapter, .call_slots = 1, .name = "sum_of_calls"});
  // `nest` goes through the adapter again at each level.
  const auto guest = world.instantiate(R"((module
    (import "" "f" (func $f (param i32) (result i32)))
    (func (export "square") (param i32) (result i32)
      (i32.mul (local.get 0) (local.get 0)))
    (func (export "trap") (param i32) (result i32) unreachable)
    (func (export "nest") (param i32) (result i32)
      (if (result i32) (i32.eq (local.get 0) (i32.const 1))
        (then (i32.const 1)) (else (call $f (i32.const 1)))))
    (global $left (mut i32) (i32.const 20000))
    (func (export "deep") (param i32) (result i32)
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (if (result i32) (global.get $left)
        (then (call $f (i32.const 1))) (else (i32.const 77))))
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)))))",
                                       {f});
  adapter.callee = world.function(guest, "square");
  EXPECT_EQ(world.value(guest, "run", {10}), 385u);
  EXPECT_EQ(adapter.alive, 0);
  adapter.callee = world.function(guest, "deep");
  EXPECT_EQ(world.value(guest, "run", {1}), 77u);
  EXPECT_EQ(adapter.alive, 0);
  adapter.callee = world.function(guest, "trap");
  const auto results = world.call(guest, "run", {3});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().kind, TrapKind::unreachable);
  ASSERT_EQ(results.error().frames.size(), 3u);
  EXPECT_EQ(results.error().frames[1].function_name, "sum_of_calls");
  EXPECT_EQ(adapter.alive, 0);
}

NativeStep wait_twice(NativeCall& call) {
  auto& adapter = call.data_as<Adapter>();
  if (call.phase() == 0) call.emplace_scratch<Tracked>(&adapter.alive);
  if (call.phase() < 2) return NativeStep::suspend;
  call.results()[0] = call.args()[0] + 1;
  return NativeStep::done;
}

TEST(Native, ParksAnActivation) {
  World world;
  Adapter adapter;
  const FuncId f = world.native(world.type({kI32}, {kI32}), {.step = wait_twice, .data = &adapter});
  const auto guest = world.instantiate(R"((module
    (import "" "f" (func $f (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (i32.mul (i32.const 3) (call $f (local.get 0))))))",
                                       {f});
  auto activation = std::move(*Activation::create(*world.store));
  const Slot args[] = {13};
  ASSERT_TRUE(activation->start(world.function(guest, "run"), args));
  EXPECT_EQ(activation->run(), Exit::suspended);
  EXPECT_EQ(activation->backtrace().size(), 2u);
  // Another activation runs meanwhile.
  EXPECT_EQ(adapter.alive, 1);
  EXPECT_EQ(activation->run(), Exit::suspended);
  EXPECT_EQ(activation->run(), Exit::returned);
  EXPECT_EQ(activation->results()[0], 42u);
  EXPECT_EQ(adapter.alive, 0);

  ASSERT_TRUE(activation->start(world.function(guest, "run"), args));
  EXPECT_EQ(activation->run(), Exit::suspended);
  EXPECT_EQ(adapter.alive, 1);
  activation->cancel();
  EXPECT_EQ(adapter.alive, 0);
  // One call to its end has nobody to resume it.
  EXPECT_EQ(world.trap(guest, "run", {1}), TrapKind::cannot_suspend);
  EXPECT_EQ(adapter.alive, 0);
}

NativeStep leaf_caller(NativeCall& call) {
  const Slot args[] = {call.args()[0]};
  Slot result[1] = {};
  if (auto done = call.call_leaf(call.data_as<Adapter>().callee, args, result); !done)
    return call.trap(std::move(done.error()));
  call.results()[0] = result[0] + 1;
  return NativeStep::done;
}

NativeStep throws(NativeCall&) {
  throw std::runtime_error("no good");
}

TEST(Native, CallsALeafAndWaitsForIt) {
  World world;
  Adapter adapter;
  Adapter waits;
  const auto type = world.type({kI32}, {kI32});
  const FuncId leaf = world.native(type, {.step = leaf_caller, .data = &adapter, .name = "leaf"});
  const FuncId wait = world.native(type, {.step = wait_twice, .data = &waits});
  const FuncId bad = world.native(type, {.step = throws});
  const auto guest = world.instantiate(R"((module
    (import "" "leaf" (func $leaf (param i32) (result i32)))
    (import "" "wait" (func $wait (param i32) (result i32)))
    (import "" "bad" (func $bad (param i32) (result i32)))
    (func (export "ten") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))
    (func (export "waits") (param i32) (result i32) (call $wait (local.get 0)))
    (func (export "again") (param i32) (result i32) (call $leaf (local.get 0)))
    (func (export "bad") (param i32) (result i32) (call $bad (local.get 0)))
    (func (export "run") (param i32) (result i32)
      (i32.sub (call $leaf (local.get 0)) (i32.const 1)))))",
                                       {leaf, wait, bad});
  adapter.callee = world.function(guest, "ten");
  EXPECT_EQ(world.value(guest, "run", {7}), 70u);
  adapter.callee = world.function(guest, "waits");
  EXPECT_EQ(world.trap(guest, "run", {7}), TrapKind::cannot_suspend);
  EXPECT_EQ(waits.alive, 0);
  adapter.callee = world.function(guest, "again");  // for ever
  EXPECT_EQ(world.trap(guest, "run", {7}), TrapKind::call_stack_exhausted);
  const auto results = world.call(guest, "bad", {0});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().kind, TrapKind::host);
  EXPECT_NE(results.error().message.find("no good"), std::string::npos);
}

NativeStep interrupts(NativeCall& call) {
  call.activation().interrupt();
  return NativeStep::done;
}

TEST(Native, InterruptsALoop) {
  World world;
  const FuncId f = world.native(world.type({}, {}), {.step = interrupts});
  const auto guest = world.instantiate(R"((module
    (import "" "f" (func $f))
    (func (export "run") (call $f) (loop $l (br $l)))
    (func (export "counting") (local i32) (call $f)
      (loop $l (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                                 (i32.const 0)))))))",
                                       {f});
  EXPECT_EQ(world.trap(guest, "run"), TrapKind::interrupted);
  EXPECT_EQ(world.trap(guest, "counting"), TrapKind::interrupted);
}

TEST(Instances, CallEachOther) {
  World world;
  const auto a = world.instantiate(R"((module
    (memory 1) (data (i32.const 0) "\2a")
    (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))))");
  const FuncId peek = world.function(a, "peek");
  const auto b = world.instantiate(R"((module
    (import "a" "peek" (func $peek (param i32) (result i32)))
    (memory 1) (data (i32.const 0) "\01")
    (func (export "sum") (result i32)
      (i32.add (call $peek (i32.const 0)) (i32.load8_u (i32.const 0))))
    (func (export "tail") (result i32) (return_call $peek (i32.const 0)))
    (func (export "both") (result i32) (i32.add (call 4) (i32.load8_u (i32.const 0))))
    (func (result i32) (return_call $peek (i32.const 0)))))",
                                   {peek});
  EXPECT_EQ(world.value(b, "sum"), 43u);
  EXPECT_EQ(world.value(b, "tail"), 42u);
  EXPECT_EQ(world.value(b, "both"), 43u);
}

TEST(Instances, SayWhatDoesNotLink) {
  World world;
  const auto code = world.load(R"((module
    (import "host" "f" (func (param i32) (result i64)))
    (import "host" "m" (memory 2))))");
  const FuncId f = world.native(world.type({kI32}, {kI32}), {.step = twice});
  const Extern imports[] = {f};
  const auto made = runtime::instantiate(*world.store, code, imports);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::link);
  EXPECT_EQ(
      made.error().message,
      "incompatible import type for host.f: (func (param i32) (result i64)) is needed, "
      "(func (param i32) (result i32)) was given; unknown import host.m: (memory 2) is needed");
}

struct Refuses final : runtime::GrowthDoor {
  Answer answer = Answer::deny;
  int outcomes = 0;
  Answer ask(const ResourceRequest& request, runtime::Asker) override {
    EXPECT_EQ(request.to, request.from + 1);
    return answer;
  }
  void settled(const ResourceRequest&, bool) override { ++outcomes; }
};

TEST(GrowthDoor, DecidesAboutGrowth) {
  World world;
  const auto guest = world.instantiate(R"((module (memory 1)
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))");
  Refuses limiter;
  world.store->set_growth_door(&limiter);
  EXPECT_EQ(world.value(guest, "grow"), 0xffffffffu);
  limiter.answer = runtime::GrowthDoor::Answer::later;
  auto activation = std::move(*Activation::create(*world.store));
  ASSERT_TRUE(activation->start(world.function(guest, "grow"), {}));
  EXPECT_EQ(activation->run(), Exit::suspended);
  EXPECT_EQ(activation->run(), Exit::suspended);
  limiter.answer = runtime::GrowthDoor::Answer::allow;
  EXPECT_EQ(activation->run(), Exit::returned);
  EXPECT_EQ(activation->results()[0], 1u);
  EXPECT_EQ(limiter.outcomes, 2);
}

}  // namespace
}  // namespace reprise::code
