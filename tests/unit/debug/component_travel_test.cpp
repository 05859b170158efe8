// Components in time: handles, adapters between instances, calls that wait, destructors; with
// snapshots and without, and from an index.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "debug/dap/session.hpp"
#include "debug/terminal/text.hpp"
#include "reprise/linker.hpp"
#include "travel.hpp"

namespace reprise::debug {

struct Thing {};

}  // namespace reprise::debug

REPRISE_RESOURCE(reprise::debug::Thing, "test:host/api.thing")

namespace reprise::debug {
namespace {

using testing::check_travel;
using testing::open_debugger;

constexpr std::string_view kHost = "test:host/api@1.0.0";

/// Makes boxes of an inner component, which has kept one for itself, uses and drops them, and lends
/// a thing of the host's.
constexpr std::string_view kGuest = R"((component
  (import "test:host/api@1.0.0" (instance $host
    (export "thing" (type $thing (sub resource)))
    (export "make" (func (result (own $thing))))
    (export "wait" (func (param "x" u32) (result u32)))
    (export "look" (func (param "thing" (borrow $thing)) (result u32)))))
  (alias export $host "thing" (type $thing))
  (component $inner
    (@custom "component-name" "\00\06\05inner")
    (core module $d
      (memory (export "memory") 1)
      (func (export "drop") (param $rep i32)
        (loop $l
          (i32.store offset=128 (i32.const 0) (local.get $rep))
          (br_if $l (local.tee $rep (i32.sub (local.get $rep) (i32.const 1)))))))
    (core instance $di (instantiate $d))
    (type $box' (resource (rep i32) (dtor (core func $di "drop"))))
    (core func $new (canon resource.new $box'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "make") (result i32) (call $new (i32.const 9)))
      (func $keep (drop (call $new (i32.const 5))))
      (start $keep)
      (func (export "use") (param $box i32) (param $n i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $n) (local.get $box))))
          (i32.store offset=64 (i32.const 0) (local.get $sum))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (export $box "box" (type $box'))
    (func (export "make") (result (own $box)) (canon lift (core func $i "make")))
    (func (export "use") (param "box" (borrow $box)) (param "n" u32) (result u32)
      (canon lift (core func $i "use"))))
  (instance $inner-i (instantiate $inner))
  (alias export $inner-i "box" (type $box))
  (core func $make-box (canon lower (func $inner-i "make")))
  (core func $use (canon lower (func $inner-i "use")))
  (core func $drop-box (canon resource.drop $box))
  (core func $wait (canon lower (func $host "wait")))
  (core func $make (canon lower (func $host "make")))
  (core func $look (canon lower (func $host "look")))
  (core func $drop-thing (canon resource.drop $thing))
  (core module $m
    (import "" "make-box" (func $make-box (result i32)))
    (import "" "use" (func $use (param i32 i32) (result i32)))
    (import "" "drop-box" (func $drop-box (param i32)))
    (import "" "wait" (func $wait (param i32) (result i32)))
    (import "" "make" (func $make (result i32)))
    (import "" "look" (func $look (param i32) (result i32)))
    (import "" "drop-thing" (func $drop-thing (param i32)))
    (memory (export "memory") 1)
    (func (export "run") (param $n i32) (result i32) (local $box i32) (local $thing i32)
      (local $sum i32)
      (local.set $thing (call $make))
      (loop $next
        (local.set $box (call $make-box))
        (local.set $sum (i32.add (local.get $sum)
          (call $use (local.get $box) (i32.add (local.get $n) (i32.const 3)))))
        (local.set $sum (i32.add (local.get $sum) (call $look (local.get $thing))))
        (call $drop-box (local.get $box))
        (i32.store offset=4 (i32.const 0) (local.get $sum))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $drop-thing (local.get $thing))
      (local.get $sum))
    (func (export "wait") (param $n i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $wait (local.get $n))))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum)))
  (core instance $i (instantiate $m (with "" (instance
    (export "make-box" (func $make-box)) (export "use" (func $use))
    (export "drop-box" (func $drop-box)) (export "wait" (func $wait))
    (export "make" (func $make)) (export "look" (func $look))
    (export "drop-thing" (func $drop-thing))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run")))
  (func (export "wait") (param "n" u32) (result u32) (canon lift (core func $i "wait")))
))";

/// Calls come to wait here, and go on when the test says so.
class Gate {
 public:
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { waiting_.push_back(h); }
  void await_resume() {}
  void fire() {
    const std::coroutine_handle<> first = waiting_.front();
    waiting_.erase(waiting_.begin());
    first.resume();
  }

 private:
  std::vector<std::coroutine_handle<>> waiting_;
};

struct App {
  Gate* gate;
};

std::string handles_of(Debugger& debugger) {
  std::string shown;
  for (const ResourceInfo& one : debugger.resources())
    shown += instance_text(one) + ": " + handle_text(one) + "\n";
  return shown;
}

using Number = uint32_t(uint32_t);

class ComponentTravel : public ::testing::Test {
 protected:
  ComponentTravel() {
    EXPECT_TRUE(linker_.resource<Thing>(kHost, "thing"));
    EXPECT_TRUE(linker_.func(kHost, "make", [](Call<App> call) { return call.push(Thing()); }));
    EXPECT_TRUE(linker_.func(kHost, "wait", [](Call<App> call, uint32_t x) -> Task<uint32_t> {
      call.suspend().check();
      co_await *call.data().gate;
      co_return x + 1;
    }));
    EXPECT_TRUE(linker_.func(kHost, "look", [](Call<App>, Borrow<Thing>) { return 5u; }));
    EXPECT_TRUE(store_.record({.path = trace_}));
  }
  ~ComponentTravel() override {
    std::filesystem::remove(trace_);
    std::filesystem::remove(trace_ + ".index");
  }

  Instance instantiate() {
    auto component = Component::read(engine_, kGuest, "test.wat");
    EXPECT_TRUE(component) << component.error().to_string();
    auto instance = linker_.instantiate(store_, *component).run_if_ready();
    EXPECT_TRUE(instance && *instance);
    return **instance;
  }
  void close() {
    auto closed = store_.close_recording();
    EXPECT_TRUE(closed) << closed.error().to_string();
  }
  void record_one_run() {
    const Instance instance = instantiate();
    EXPECT_TRUE(instance.func<Number>("", "run")->call(store_, 4).run_if_ready()->has_value());
    close();
  }
  /// One call waits again and again while the other instance works.
  void record_two_calls() {
    const Instance first = instantiate();
    const Instance second = instantiate();
    auto waiting = first.func<Number>("", "wait")->call(store_, 3);
    ASSERT_FALSE(waiting.start());
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(second.func<Number>("", "run")->call(store_, 2).run_if_ready()->has_value());
      gate_.fire();
    }
    ASSERT_TRUE(waiting.done());
    EXPECT_EQ(waiting.take().value(), 9u);
    close();
  }

  const std::string trace_ =
      ::testing::TempDir() + "component_travel_" + std::to_string(getpid()) + ".trace";
  const DebuggerOptions often_{.trace = {}, .snapshot_ticks = 3, .snapshot_rest = 0};
  Gate gate_;
  Engine engine_ = *Engine::create();
  Store<App> store_ = *Store<App>::create(engine_, App{&gate_});
  Linker<App> linker_;
};

TEST_F(ComponentTravel, TheStateAtATimeIsOne) {
  record_one_run();
  check_travel(trace_, 12);
}

TEST_F(ComponentTravel, TheStateAtATimeIsTheSameWithSnapshots) {
  record_one_run();
  check_travel(trace_, 12, often_);
  auto debugger = open_debugger(trace_, often_);
  ASSERT_TRUE(debugger->seek_end());
  EXPECT_GT(debugger->snapshots().count, 20u);
}

TEST_F(ComponentTravel, TheStateAtATimeIsTheSameWhileAnotherCallWaits) {
  record_two_calls();
  check_travel(trace_, 12);
  check_travel(trace_, 12, often_);
  auto debugger = open_debugger(trace_, often_);
  ASSERT_TRUE(debugger->seek_end());
  EXPECT_GT(debugger->snapshots().count, 20u);
}

TEST_F(ComponentTravel, HandlesAreShown) {
  record_one_run();
  auto debugger = open_debugger(trace_);
  ASSERT_TRUE(debugger->add_breakpoint({.place = EventPlace{"look", ""}}));
  ASSERT_TRUE(debugger->go(Direction::forward));
  EXPECT_EQ(handles_of(*debugger),
            "instance 0: own test:host/api.thing #0, lent 1 time\n"
            "instance 0: own box #9\n"
            "instance 0.1 (inner): own box #5\n");
}

TEST_F(ComponentTravel, HandlesOfEveryInstanceAreShown) {
  record_two_calls();
  auto debugger = open_debugger(trace_);
  ASSERT_TRUE(debugger->add_breakpoint({.place = EventPlace{"look", ""}}));
  ASSERT_TRUE(debugger->go(Direction::forward));
  EXPECT_EQ(handles_of(*debugger),
            "instance 0.1 (inner): own box #5\n"
            "instance 1: own test:host/api.thing #0, lent 1 time\n"
            "instance 1: own box #9\n"
            "instance 1.1 (inner): own box #5\n");
}

TEST_F(ComponentTravel, HandlesAreShownToAnEditorAndAtTheTerminal) {
  record_one_run();
  std::vector<dap::Json> sent;
  dap::Session session({}, [&](const dap::Json& message) { sent.push_back(message); });
  session.adopt(open_debugger(trace_));
  const auto ask = [&](std::string_view command, dap::Json arguments) {
    session.handle(dap::to_text(
        {{"type", "request"}, {"command", command}, {"arguments", std::move(arguments)}}));
    return sent.back()["body"];
  };
  const auto evaluate = [&](std::string_view line) {
    return ask("evaluate", {{"context", "repl"}, {"expression", line}});
  };
  evaluate("catch look");
  evaluate("c");
  sent.clear();
  EXPECT_EQ(evaluate("info resources")["result"],
            "instance 0: handle 1: own test:host/api.thing #0, lent 1 time\n"
            "instance 0: handle 2: own box #9\n"
            "instance 0.1 (inner): handle 1: own box #5");
  const dap::Json scopes = ask("scopes", {{"frameId", 1}})["scopes"];
  EXPECT_EQ(scopes.back()["name"], "Handles");
  const dap::Json handles =
      ask("variables", {{"variablesReference", scopes.back()["variablesReference"]}})["variables"];
  ASSERT_EQ(handles.size(), 3u);
  EXPECT_EQ(handles[2]["name"], "instance 0.1 (inner), handle 1");
  EXPECT_EQ(handles[2]["value"], "own box #5");
}

TEST_F(ComponentTravel, AnIndexHasTheSameStates) {
  record_two_calls();
  DebuggerOptions often = often_;
  often.trace = trace_;
  const auto report = index_trace(often);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_GT(report->snapshots, 20u);
  auto debugger = open_debugger(trace_);
  EXPECT_EQ(debugger->index_note(), "");
  EXPECT_EQ(debugger->snapshots().count, report->snapshots);
  EXPECT_EQ(*debugger->end(), report->end);
  check_travel(trace_, 20);
}

TEST_F(ComponentTravel, AnIndexOfSomethingElseIsNotUsed) {
  record_one_run();
  ASSERT_TRUE(index_trace({.trace = trace_}));
  {
    std::ofstream grown(trace_, std::ios::app | std::ios::binary);
    grown << "more";
  }
  auto debugger = open_debugger(trace_);
  EXPECT_NE(debugger->index_note().find("another trace"), std::string::npos);
  EXPECT_EQ(debugger->snapshots().count, 0u);
}

TEST_F(ComponentTravel, ADamagedIndexIsNotUsed) {
  record_one_run();
  DebuggerOptions often = often_;
  often.trace = trace_;
  const auto report = index_trace(often);
  ASSERT_TRUE(report);
  std::ifstream in(report->path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(report->path, std::ios::app | std::ios::binary) << "more";
  EXPECT_NE(open_debugger(trace_)->index_note(), "");
  for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 40) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    std::ofstream(report->path, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_NE(open_debugger(trace_)->index_note(), "") << at;
    std::ofstream(report->path, std::ios::binary | std::ios::trunc) << whole.substr(0, at);
    EXPECT_NE(open_debugger(trace_)->index_note(), "") << at;
  }
}

}  // namespace
}  // namespace reprise::debug
