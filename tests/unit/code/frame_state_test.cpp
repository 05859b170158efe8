// Frames that can be read and changed: locals and operands in both codes, and the two codes against
// each other.

#include "code/frame_state.hpp"

#include "guest.hpp"
#include "two_codes.hpp"

namespace reprise::code {
namespace {

using runtime::Activation;
using runtime::Exit;
using runtime::Observer;
using runtime::ProbeAnswer;
using runtime::ProbeView;

/// The slots of values, v128 as two.
std::vector<Slot> slots(const std::vector<TypedSlot>& values) {
  std::vector<Slot> all;
  for (const TypedSlot& value : values) {
    all.push_back(value.low);
    if (value.type.slots() == 2) all.push_back(value.high);
  }
  return all;
}

constexpr std::string_view kFolding = R"((module
  (func $inner (param i32) (result i32)
    (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 0))
  (func (export "f") (param i32 i64) (result i64) (local v128)
    (local.set 2 (v128.const i64x2 5 6))
    (i64.const 0x123456789ab)    ;; stays a constant
    (local.get 1)                ;; stays in its local
    (local.get 2)
    (drop)
    (i64.extend_i32_u (call $inner (local.get 0)))
    (i64.add)
    (i64.add))))";

TEST(FrameState, NamesWhatFoldingLeftElsewhere) {
  for (const auto mode : {Observer::Mode::counting, Observer::Mode::observing}) {
    World world;
    const auto guest = world.instantiate(kFolding);
    Observer observer{.stop_at_tick = 2, .mode = mode};
    world.store->set_observer(&observer);
    auto activation = std::move(*Activation::create(*world.store));
    ASSERT_TRUE(activation->start(world.function(guest, "f"), {{3, 40}}));
    ASSERT_EQ(activation->run(), Exit::stopped);

    auto frames = frame_states(*activation);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_FALSE(frames[0].is_calling);
    EXPECT_EQ(slots(frames[0].locals), (std::vector<Slot>{3}));
    EXPECT_TRUE(frames[0].operands.empty());
    EXPECT_TRUE(frames[1].is_calling);
    EXPECT_EQ(slots(frames[1].locals), (std::vector<Slot>{3, 40, 5, 6}));
    EXPECT_EQ(slots(frames[1].operands), (std::vector<Slot>{0x123456789ab, 40}));
    EXPECT_EQ(frames[1].operands[0].type, wasm::kI64);
    EXPECT_LT(frames[0].offset, frames[1].offset);

    observer.stop_at_tick = 3;
    ASSERT_EQ(activation->run(), Exit::stopped);
    frames = frame_states(*activation);
    EXPECT_EQ(slots(frames[0].locals), (std::vector<Slot>{2}));

    // Written through: the caller still has 40 on its stack.
    EXPECT_TRUE(set_local(*activation, 1, 1, 77));
    EXPECT_TRUE(set_local(*activation, 0, 0, 1));
    EXPECT_FALSE(set_local(*activation, 0, 1, 1));
    EXPECT_FALSE(set_local(*activation, 2, 0, 1));
    frames = frame_states(*activation);
    EXPECT_EQ(slots(frames[0].locals), (std::vector<Slot>{1}));
    EXPECT_EQ(slots(frames[1].locals), (std::vector<Slot>{3, 77, 5, 6}));
    EXPECT_EQ(slots(frames[1].operands), (std::vector<Slot>{0x123456789ab, 40}));
    observer.stop_at_tick = UINT64_MAX;
    ASSERT_EQ(activation->run(), Exit::returned);
    EXPECT_EQ(activation->results()[0], 0x123456789abu + 40);
    EXPECT_EQ(observer.ticks, 3u);
  }
}

TEST(FrameState, ProbesSeeEveryInstructionOnceAndMayStopAtIt) {
  struct Seen {
    std::vector<uint32_t> offsets;
    std::vector<std::vector<Slot>> operands;
    bool stops = false;
  };
  const auto probe = [](void* data, Activation& activation, const ProbeView& view) {
    auto& seen = *static_cast<Seen*>(data);
    seen.offsets.push_back(view.offset);
    const auto frames = frame_states(activation, 1);
    EXPECT_EQ(frames[0].offset, view.offset);
    seen.operands.push_back(slots(frames[0].operands));
    return seen.stops ? ProbeAnswer::stop : ProbeAnswer::go_on;
  };
  World world;
  const auto guest = world.instantiate(R"((module
    (func (export "f") (param i32) (result i32)
      (local.get 0) (nop) (i32.const 2)
      (block (br_if 0 (local.get 0)) (nop))
      (i32.mul) (local.tee 0))))");
  Seen through, stepping;
  stepping.stops = true;
  for (Seen* seen : {&through, &stepping}) {
    Observer observer{.mode = Observer::Mode::observing, .probe = probe, .data = seen};
    world.store->set_observer(&observer);
    auto activation = std::move(*Activation::create(*world.store));
    ASSERT_TRUE(activation->start(world.function(guest, "f"), {{21}}));
    Exit exit;
    size_t stops = 0;
    while ((exit = activation->run()) == Exit::stopped) {
      EXPECT_EQ(frame_states(*activation)[0].offset, seen->offsets.back());
      ++stops;
    }
    EXPECT_EQ(stops, seen->stops ? seen->offsets.size() : 0);
    EXPECT_EQ(exit, Exit::returned);
    EXPECT_EQ(activation->results()[0], 42u);
  }
  // local.get nop i32.const block local.get br_if, and behind the block: mul tee end
  ASSERT_EQ(through.offsets.size(), 9u);
  EXPECT_EQ(through.offsets, stepping.offsets);
  const std::vector<std::vector<Slot>> operands = {{},          {21},    {21}, {21, 2}, {21, 2},
                                                   {21, 2, 21}, {21, 2}, {42}, {42}};
  EXPECT_EQ(through.operands, operands);
  EXPECT_EQ(stepping.operands, operands);
}

TEST(FrameState, IsThereAfterATrap) {
  for (const auto mode : {Observer::Mode::counting, Observer::Mode::observing}) {
    World world;
    const auto guest = world.instantiate(R"((module (memory 1)
      (func (export "f") (param i32) (result i32) (local i32)
        (local.set 1 (i32.const 9))
        (i32.add (local.get 1) (i32.load (local.get 0))))))");
    Observer observer{.mode = mode};
    world.store->set_observer(&observer);
    auto activation = std::move(*Activation::create(*world.store));
    ASSERT_TRUE(activation->start(world.function(guest, "f"), {{0xffffff00}}));
    ASSERT_EQ(activation->run(), Exit::trapped);
    const auto frames = frame_states(*activation);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].offset, activation->trap().frames.at(0).module_offset);
    EXPECT_EQ(slots(frames[0].locals), (std::vector<Slot>{0xffffff00, 9}));
    EXPECT_EQ(slots(frames[0].operands), (std::vector<Slot>{9, 0xffffff00}));
  }
}

struct Went {
  std::vector<Slot> results;
  std::string trap;
  std::vector<std::string> seen;
  uint64_t ticks = 0;
  std::vector<uint8_t> memory;
  friend bool operator==(const Went&, const Went&) = default;
};

/// Calls an export of a module with a world of its own.
Went go(std::string_view wat, std::string_view name, const std::vector<Slot>& args, Codes codes,
        uint32_t seed) {
  World world;
  const auto guest = world.instantiate(wat);
  Watch watch(codes, seed);
  world.store->set_observer(&watch.observer);
  const auto results = world.call(guest, name, args);
  Went went;
  went.seen = std::move(watch.seen);
  went.ticks = watch.observer.ticks;
  if (results) {
    went.results = *results;
  } else {
    went.trap = results.error().to_string();
  }
  if (codes == Codes::observed) EXPECT_GE(watch.instructions, went.ticks);
  if (world.store->memory_count() != 0) {
    const auto bytes = world.store->memory(runtime::MemoryId(0)).bytes();
    went.memory.assign(bytes.begin(), bytes.end());
  }
  return went;
}

void expect_equal_codes(std::string_view wat, std::string_view name, const std::vector<Slot>& args,
                        bool has_loops_or_calls = true) {
  const Went folded = go(wat, name, args, Codes::folded, 0);
  EXPECT_EQ(folded.seen.size() > 1, has_loops_or_calls) << name;
  EXPECT_EQ(go(wat, name, args, Codes::observed, 0), folded) << name;
  for (uint32_t seed = 1; seed <= 20; ++seed)
    EXPECT_EQ(go(wat, name, args, Codes::mixed, seed), folded) << name << ", seed " << seed;
}

TEST(TwoCodes, AgreeOnFoldsOfEveryKind) {
  expect_equal_codes(kFolding, "f", {5, 9});
  const std::string_view control = R"((module (memory 1)
    (tag $e (param i32 i64))
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "sum") (param i32) (result i64) (local i64 i32)
      (loop $rows
        (local.set 2 (i32.const 10))
        (loop $columns
          (i64.store offset=8 (i32.shl (local.get 0) (i32.const 3))
            (local.tee 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 2)))))
          (br_if $columns (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
        (br_if $rows (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1))
    (func (export "params") (param i32) (result i32 i32)
      (i32.const 1000) (i32.const 1) (i32.const 1)
      (loop $l (param i32 i32) (result i32 i32)
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (call $swap)
        (br_if $l (i32.eqz (i32.eqz (local.get 0)))))
      (drop) (i32.add) (local.get 0))
    (func $swap (param i32 i32) (result i32 i32)
      (i32.add (local.get 0) (local.get 1)) (local.get 0))
    (func $throw (param i32) (throw $e (local.get 0) (i64.const 8)))
    (func (export "exceptions") (param i32) (result i64) (local i64)
      (i64.const 3)
      (loop $l
        (block $caught (result i32 i64)
          (try_table (catch $e $caught) (call $throw (local.get 0)))
          (unreachable))
        (local.set 1 (i64.add (local.get 1)))
        (local.set 0 (i32.sub (i32.const 1)))
        (br_if $l (local.get 0)))
      (i64.add (local.get 1)))
    (func (export "table") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.mul (i32.add (local.get 1) (local.get 0)) (i32.const 31)))
        (block $a (block $b (block $c
          (br_table $a $b $c $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
                                         (i32.const 3))))
          (br_if $l (i32.gt_s (local.get 0) (i32.const 5)))
          (return (local.get 1)))
          (local.set 1 (i32.const 4)) (br $l))
        (br_if $l (i32.gt_s (local.get 0) (i32.const 0))))
      (local.get 1))
    (func $even (export "even") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
      (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (return_call $even (i32.sub (local.get 0) (i32.const 1))))
    (func (export "div") (param i32) (result i32)
      (loop $l
        (i32.store (i32.const 0) (i32.div_u (i32.const 100) (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br $l))
      (unreachable))
    (func (export "straight") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))))";
  expect_equal_codes(control, "fib", {9});
  expect_equal_codes(control, "sum", {12});
  expect_equal_codes(control, "params", {6});
  expect_equal_codes(control, "exceptions", {6});
  expect_equal_codes(control, "table", {30});
  expect_equal_codes(control, "even", {11});
  expect_equal_codes(control, "div", {7});
  expect_equal_codes(control, "straight", {7}, false);
}

}  // namespace
}  // namespace reprise::code
