// Moving in time, to the instruction, both ways.

#include <gtest/gtest.h>

#include "debug/debugger.hpp"
#include "debug/watchers.hpp"
#include "recording.hpp"
#include "travel.hpp"

namespace reprise::debug {
namespace {

using testing::check_travel;
using testing::Recording;

/// Stores squares one after another, prints now and then, and ends in a trap.
constexpr std::string_view kSquares = R"((module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (data (i32.const 0) "\20\00\00\00\03\00\00\00")
  (data (i32.const 32) "ha\n")
  (func $store (param $i i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store (i32.add (i32.const 256) (i32.mul (local.get $i) (i32.const 4)))
      (i32.mul (local.get $i) (local.get $i))))
  (func $sum (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n))
      (then (i32.const 0))
      (else (i32.add (local.get $n) (call $sum (i32.sub (local.get $n) (i32.const 1)))))))
  (func (export "_start") (local $i i32)
    (loop $next
      (call $store (local.get $i))
      (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 5)))
        (then (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
      (i32.store offset=128 (i32.const 0) (call $sum (i32.const 3)))
      (br_if $next
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
    (i32.store (i32.const 256) (i32.const 7))
    (unreachable))
))";

TEST(Travel, TheStateAtATimeIsOneInText) {
  check_travel(Recording::of_text(kSquares).path(), 12);
}

TEST(Travel, TheStateAtATimeIsOneInC) {
  check_travel(Recording::of_guest("hello.wasm").path(), 4);
}

TEST(Travel, TheStateAtATimeIsOneInAGuestThatTraps) {
  check_travel(Recording::of_guest("faults.wasm", {"faults", "unreachable"}).path(), 4);
}

TEST(Travel, TheStateAtATimeIsTheSameWithSnapshots) {
  const Recording recording = Recording::of_text(kSquares);
  const DebuggerOptions often{.trace = {}, .snapshot_ticks = 5, .snapshot_rest = 0};
  check_travel(recording.path(), 12, often);
  check_travel(Recording::of_guest("hello.wasm").path(), 4, often);
  auto debugger = recording.open(often);
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->seek_end());
  EXPECT_GT(debugger->snapshots().count, 10u);
  // With no memory to keep them in, they are few.
  auto frugal =
      recording.open({.trace = {}, .snapshot_bytes = 1, .snapshot_ticks = 5, .snapshot_rest = 0});
  ASSERT_TRUE(frugal);
  ASSERT_TRUE(frugal->seek_end());
  EXPECT_LE(frugal->snapshots().count, 1u);
}

/// Keeps a list and a row of structs, reads them again and again, and makes garbage on the way.
constexpr std::string_view kObjects = R"((module
  (type $node (struct (field $value (mut i32)) (field $next (ref null $node))))
  (type $row (array (mut (ref null $node))))
  (type $bytes (array (mut i8)))
  (memory (export "memory") 1)
  (global $list (mut (ref null $node)) (ref.null $node))
  (global $row (mut (ref null $row)) (ref.null $row))
  (func $sum (result i32) (local $n (ref null $node)) (local $s i32)
    (local.set $n (global.get $list))
    (block $done
      (loop $next
        (br_if $done (ref.is_null (local.get $n)))
        (local.set $s (i32.add (local.get $s) (struct.get $node $value (local.get $n))))
        (struct.set $node $value (local.get $n)
          (i32.add (struct.get $node $value (local.get $n)) (i32.const 1)))
        (local.set $n (struct.get $node $next (local.get $n)))
        (br $next)))
    (local.get $s))
  (func (export "_start") (local $i i32) (local $mine (ref null $bytes))
    (global.set $row (array.new_default $row (i32.const 8)))
    (loop $again
      (global.set $list (struct.new $node (local.get $i) (global.get $list)))
      (array.set $row (global.get $row) (i32.and (local.get $i) (i32.const 7)) (global.get $list))
      (local.set $mine (array.new $bytes (local.get $i) (i32.const 40000)))
      (i32.store (i32.mul (local.get $i) (i32.const 4)) (call $sum))
      (i32.store offset=256 (i32.mul (local.get $i) (i32.const 4))
        (i32.add (array.get_u $bytes (local.get $mine) (i32.const 39999))
          (struct.get $node $value
            (array.get $row (global.get $row) (i32.and (local.get $i) (i32.const 7))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 40))))
    unreachable))
)";

TEST(Travel, TheStateAtATimeIsOneWithObjects) {
  const Recording recording = Recording::of_text(kObjects);
  const DebuggerOptions often{.trace = {}, .snapshot_ticks = 3, .snapshot_rest = 0};
  check_travel(recording.path(), 6);
  check_travel(recording.path(), 12, often);
  // And from an index, in which every snapshot but the first holds objects.
  DebuggerOptions indexed = often;
  indexed.trace = recording.path();
  const auto report = index_trace(indexed);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_GT(report->snapshots, 100u);
  EXPECT_LT(report->bytes, 1u << 20);
  auto debugger = recording.open();
  EXPECT_EQ(debugger->index_note(), "");
  EXPECT_EQ(debugger->snapshots().count, report->snapshots);
  ASSERT_TRUE(debugger->seek_fraction(0.5));
  // They can be put back: otherwise all would have been given up.
  EXPECT_EQ(debugger->snapshots().count, report->snapshots);
  check_travel(recording.path(), 20);
  ::unlink((recording.path() + ".index").c_str());
}

TEST(Travel, NothingOfNoBytesIsWatched) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger->seek_end());
  const auto refused = debugger->add_watchpoint(MemoryRange{0, 4, 0}, "nothing");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  const auto written = debugger->last_write(MemoryRange{0, 4, 0});
  ASSERT_TRUE(written);
  EXPECT_EQ(written->description, "as the program began");
}

TEST(Travel, OpensAtTheTrap) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  const auto stop = debugger->seek_end();
  ASSERT_TRUE(stop) << stop.error().to_string();
  EXPECT_EQ(stop->reason, Stop::Reason::trap);
  ASSERT_TRUE(stop->trap);
  EXPECT_EQ(stop->trap->kind, TrapKind::unreachable);
  const auto frames = debugger->frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "_start");
  const auto locals = debugger->locals(0);
  ASSERT_TRUE(locals);
  EXPECT_EQ((*locals)[0].text, "20");
}

TEST(Travel, BreakpointsStopAtTheSamePlacesBothWays) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->add_breakpoint({.place = FunctionPlace{"store"}}));
  std::vector<Time> there;
  while (true) {
    const auto stop = debugger->go(Direction::forward);
    ASSERT_TRUE(stop) << stop.error().to_string();
    if (stop->reason != Stop::Reason::breakpoint) break;
    there.push_back(stop->time);
    ASSERT_LE(there.size(), 20u);
  }
  EXPECT_EQ(there.size(), 20u);
  std::vector<Time> back;
  while (true) {
    const auto stop = debugger->go(Direction::backward);
    ASSERT_TRUE(stop) << stop.error().to_string();
    if (stop->reason != Stop::Reason::breakpoint) {
      EXPECT_EQ(stop->reason, Stop::Reason::start);
      break;
    }
    back.insert(back.begin(), stop->time);
    ASSERT_LE(back.size(), 20u);
  }
  EXPECT_EQ(back, there);
}

TEST(Travel, EventsAndBreakpointsComeInTheirOrder) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->add_breakpoint({.place = FunctionPlace{"store"}, .ignore = 3}));
  const auto event = debugger->add_breakpoint({.place = EventPlace{"fd_write", ""}});
  ASSERT_TRUE(event);
  const auto first = debugger->go(Direction::forward);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->breakpoints, std::vector<uint32_t>{event->id});
  const auto second = debugger->go(Direction::forward);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->breakpoints, std::vector<uint32_t>{1});
  const auto back = debugger->go(Direction::backward);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->breakpoints, std::vector<uint32_t>{1});
}

TEST(Travel, AnIgnoreCountIsSpentForwardOnly) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->add_breakpoint({.place = FunctionPlace{"store"}, .ignore = 2}));
  ASSERT_TRUE(debugger->seek_end());
  ASSERT_TRUE(debugger->go(Direction::backward));
  const Time last = debugger->now();
  EXPECT_EQ(debugger->breakpoints()[0].ignore, 2u);
  ASSERT_TRUE(debugger->go(Direction::backward));
  ASSERT_TRUE(debugger->go(Direction::backward));
  ASSERT_TRUE(debugger->go(Direction::backward));
  // Two are passed on the way back to the last.
  ASSERT_TRUE(debugger->go(Direction::forward));
  EXPECT_EQ(debugger->now(), last);
  EXPECT_EQ(debugger->breakpoints()[0].ignore, 0u);
}

TEST(Travel, WatchpointsStopBehindTheWriteAndBeforeIt) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  const auto watch = debugger->add_watchpoint(MemoryRange{0, 256 + 4 * 3, 4}, "square 3");
  ASSERT_TRUE(watch);
  const auto hit = debugger->go(Direction::forward);
  ASSERT_TRUE(hit) << hit.error().to_string();
  ASSERT_EQ(hit->reason, Stop::Reason::watchpoint);
  EXPECT_EQ(hit->watch->before, (std::vector<uint8_t>{0, 0, 0, 0}));
  EXPECT_EQ(hit->watch->after, (std::vector<uint8_t>{9, 0, 0, 0}));
  ASSERT_TRUE(debugger->seek_end());
  const auto back = debugger->go(Direction::backward);
  ASSERT_TRUE(back) << back.error().to_string();
  ASSERT_EQ(back->reason, Stop::Reason::watchpoint);
  EXPECT_LT(back->time, hit->time);
  EXPECT_EQ(*debugger->read_memory(0, 256 + 4 * 3, 4), (std::vector<uint8_t>{0, 0, 0, 0}));
  ASSERT_TRUE(debugger->step_instruction(Direction::forward));
  EXPECT_EQ(debugger->now(), hit->time);
}

TEST(Travel, AWriteThatComesNextHasAWriter) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->add_watchpoint(MemoryRange{0, 256 + 4 * 3, 4}, "square 3"));
  const auto hit = debugger->go(Direction::forward);
  ASSERT_TRUE(hit);
  EXPECT_NE(hit->text, "");
  // Before the instruction that writes.
  ASSERT_TRUE(debugger->go(Direction::backward));
  const auto again = debugger->go(Direction::forward);
  ASSERT_TRUE(again);
  ASSERT_EQ(again->reason, Stop::Reason::watchpoint);
  EXPECT_EQ(again->time, hit->time);
  EXPECT_EQ(again->text, hit->text);
}

TEST(Travel, AWriteOfACallThatOneStandsInHasAWriter) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->add_watchpoint(MemoryRange{0, 16, 4}, "written"));
  const auto hit = debugger->go(Direction::forward);
  ASSERT_TRUE(hit);
  ASSERT_EQ(hit->reason, Stop::Reason::watchpoint);
  ASSERT_TRUE(debugger->seek(debugger->beginning()));
  ASSERT_TRUE(debugger->add_breakpoint({.place = EventPlace{"fd_write", ""}}));
  ASSERT_TRUE(debugger->go(Direction::forward));
  const auto again = debugger->go(Direction::forward);
  ASSERT_TRUE(again);
  ASSERT_EQ(again->reason, Stop::Reason::watchpoint);
  EXPECT_EQ(again->time, hit->time);
  EXPECT_EQ(again->text, hit->text);
}

/// What a place holds, step by step.
std::vector<Time> changes_by_stepping(const Recording& recording, const WatchPlace& place) {
  const auto read = [&](Debugger& debugger) -> std::string {
    if (const auto* global = std::get_if<GlobalPlace>(&place)) {
      const auto globals = debugger.globals();
      return global->global < globals.size() ? globals[global->global].value.text : "";
    }
    const auto& range = std::get<MemoryRange>(place);
    const auto bytes = debugger.read_memory(range.memory, range.address, range.size);
    return bytes ? std::string(bytes->begin(), bytes->end()) : "";
  };
  std::vector<Time> times;
  auto debugger = recording.open();
  EXPECT_TRUE(debugger->step_instruction(Direction::forward));
  std::string before = read(*debugger);
  while (!debugger->at_end()) {
    EXPECT_TRUE(debugger->step_instruction(Direction::forward));
    std::string now = read(*debugger);
    if (now != before) times.push_back(debugger->now());
    before = std::move(now);
  }
  return times;
}

TEST(Travel, WatchpointsFindWhatSteppingFinds) {
  const Recording recording = Recording::of_text(kSquares);
  // A global, what the guest writes, what the host writes, and what never changes.
  const std::vector<WatchPlace> places{GlobalPlace{0},         MemoryRange{0, 128, 4},
                                       MemoryRange{0, 256, 4}, MemoryRange{0, 260, 80},
                                       MemoryRange{0, 16, 4},  MemoryRange{0, 32, 2}};
  for (const WatchPlace& place : places) {
    const std::vector<Time> expected = changes_by_stepping(recording, place);
    auto debugger = recording.open();
    ASSERT_TRUE(debugger);
    ASSERT_TRUE(debugger->add_watchpoint(place, "place"));
    std::vector<Time> forward;
    std::vector<Time> writers;
    while (true) {
      const auto stop = debugger->go(Direction::forward);
      ASSERT_TRUE(stop) << stop.error().to_string();
      if (stop->reason != Stop::Reason::watchpoint) break;
      forward.push_back(stop->time);
      ASSERT_LE(forward.size(), expected.size());
    }
    EXPECT_EQ(forward, expected);
    ASSERT_TRUE(debugger->seek_end());
    size_t backward = 0;
    while (true) {
      const auto stop = debugger->go(Direction::backward);
      ASSERT_TRUE(stop) << stop.error().to_string();
      if (stop->reason != Stop::Reason::watchpoint) break;
      ASSERT_LT(backward++, expected.size());
      const Time here = debugger->now();
      ASSERT_TRUE(debugger->step_instruction(Direction::forward));
      EXPECT_EQ(debugger->now(), expected[expected.size() - backward]);
      ASSERT_TRUE(debugger->seek(here));
    }
    EXPECT_EQ(backward, expected.size());
  }
}

TEST(Travel, TheLastWriteIsFoundAndThePresentStays) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->seek_end());
  const Time present = debugger->now();
  const auto first = debugger->last_write(MemoryRange{0, 256, 4});
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->kind, Origin::Kind::instruction);
  EXPECT_EQ(first->after[0], 7);
  ASSERT_TRUE(first->code);
  EXPECT_EQ(debugger->now(), present);
  // fd_write leaves the number of bytes.
  const auto by_host = debugger->last_write(MemoryRange{0, 16, 4});
  ASSERT_TRUE(by_host);
  EXPECT_EQ(by_host->kind, Origin::Kind::host);
  EXPECT_NE(by_host->description.find("fd_write"), std::string::npos) << by_host->description;
  const auto global = debugger->last_write(GlobalPlace{0});
  ASSERT_TRUE(global);
  EXPECT_EQ(global->after[0], 20);
  const auto data = debugger->last_write(MemoryRange{0, 32, 3});
  ASSERT_TRUE(data);
  EXPECT_EQ(data->kind, Origin::Kind::initial);
}

TEST(Travel, StepsOutAndBack) {
  const Recording recording = Recording::of_text(kSquares);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  const auto set = debugger->add_breakpoint({.place = FunctionPlace{"sum"}});
  ASSERT_TRUE(set);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(debugger->go(Direction::forward));
  ASSERT_EQ(debugger->frames().size(), 5u);
  const Time inside = debugger->now();
  ASSERT_TRUE(debugger->step_out(Direction::forward));
  EXPECT_EQ(debugger->frames().size(), 4u);
  EXPECT_GT(debugger->now(), inside);
  ASSERT_TRUE(debugger->seek(inside));
  ASSERT_TRUE(debugger->step_out(Direction::backward));
  EXPECT_EQ(debugger->frames().size(), 4u);
  EXPECT_LT(debugger->now(), inside);
  ASSERT_TRUE(debugger->step_instruction(Direction::forward));
  EXPECT_EQ(debugger->now(), inside);
}

TEST(Travel, LinesAndVariablesOfC) {
  // run(3) of a program built without optimization.
  const Recording recording =
      Recording::of_guest("debug/inventory_O0.wasm", {"inventory"}, "run", {3, 0, 0, 0});
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  const auto set = debugger->add_breakpoint({.place = FunctionPlace{"run"}});
  ASSERT_TRUE(set) << set.error().to_string();
  ASSERT_TRUE(debugger->go(Direction::forward));
  auto frames = debugger->frames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].function, "run");
  ASSERT_TRUE(frames[0].location);
  const uint32_t line = frames[0].location->line;
  std::vector<Time> times{debugger->now()};
  for (int i = 0; i < 3; ++i) {
    const auto stop = debugger->next_line(Direction::forward);
    ASSERT_TRUE(stop);
    if (debugger->at_end()) break;
    frames = debugger->frames();
    ASSERT_TRUE(frames[0].location);
    EXPECT_EQ(frames[0].function, "run");
    times.push_back(debugger->now());
  }
  ASSERT_GE(times.size(), 3u);
  const auto variables = debugger->variables(0);
  ASSERT_TRUE(variables) << variables.error().to_string();
  EXPECT_FALSE(variables->empty());
  for (size_t i = times.size() - 1; i-- > 0;) {
    ASSERT_TRUE(debugger->next_line(Direction::backward));
    EXPECT_EQ(debugger->now(), times[i]);
  }
  EXPECT_EQ(debugger->frames()[0].location->line, line);
}

TEST(Travel, CodeWithoutALineDoesNotPartTheLineAroundIt) {
  auto file = embed::load_program(REPRISE_SOURCE_DIR "/tests/guests/debug/shop_O0.wasm");
  ASSERT_TRUE(file) << file.error().to_string();
  const auto modules = ModuleSet::open(*file, {});
  ASSERT_TRUE(modules) << modules.error().to_string();
  const DebugInfo& info = *modules->all()[0].info;
  CodeMap code(*modules);
  // One line of shop.cpp, with two gaps where the compiler says line 0.
  for (const uint64_t address : {0x1587, 0x1593}) {
    const uint64_t offset = info.code_begin() + address;
    ASSERT_TRUE(info.line_at(offset));
    EXPECT_FALSE(info.line_at(offset - 1));
    EXPECT_FALSE(code.begins_line({0, offset})) << address;
  }
}

TEST(Travel, BackOverTheFirstLineOfACallIsTheCall) {
  // Called in a loop on one line: no line begins between two calls.
  const Recording recording = Recording::of_guest("../../examples/debug/orders.wasm");
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  const auto set = debugger->add_breakpoint({.place = FunctionPlace{"cost"}});
  ASSERT_TRUE(set) << set.error().to_string();
  ASSERT_TRUE(debugger->go(Direction::forward));
  const Time first = debugger->now();
  ASSERT_TRUE(debugger->go(Direction::forward));
  const Time second = debugger->now();
  ASSERT_TRUE(debugger->next_line(Direction::backward));
  EXPECT_EQ(debugger->frames()[0].function, "total");
  EXPECT_GT(debugger->now(), first);
  EXPECT_LT(debugger->now(), second);
}

}  // namespace
}  // namespace reprise::debug
