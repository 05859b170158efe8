// Linking with a host, and calls through it, on components written as text. What guests do among
// themselves is the conformance scripts' matter.

#include "component/link.hpp"

#include <gtest/gtest.h>

#include "code/interpreter.hpp"
#include "runtime/activation.hpp"
#include "text/wat.hpp"
#include "wit/encoding.hpp"

namespace reprise::component {
namespace {

using runtime::HostFunction;

/// A store, a host, and one component in it.
class LinkTest : public testing::Test {
 protected:
  LinkTest() {
    auto made = runtime::StoreCore::create(engine_, {});
    store_ = std::move(*made);
  }

  std::shared_ptr<const LoadedComponent> load(std::string_view text) {
    auto binary = text::encode_component(text);
    EXPECT_TRUE(binary) << binary.error().to_string();
    auto component = read_component(std::move(*binary), engine_->types());
    EXPECT_TRUE(component) << component.error().to_string();
    return std::make_shared<LoadedComponent>(*engine_, *component);
  }

  Result<std::unique_ptr<RootInstance>> try_link(std::string_view text) {
    return link(*store_, load(text), host_, context_,
                [](runtime::HostImport&) { return runtime::direct_door; });
  }

  void start(std::string_view text) {
    auto linked = try_link(text);
    ASSERT_TRUE(linked) << linked.error().to_string();
    root_ = std::move(*linked);
    const auto outcome = runtime::call(*store_, root_->instantiate_function(), {});
    ASSERT_TRUE(outcome) << outcome.error().to_string();
  }

  TrapOr<std::vector<uint8_t>> call(std::string_view name, std::vector<uint8_t> arguments = {}) {
    const ExportedFunction* function = root_->find("", name);
    EXPECT_NE(function, nullptr) << name;
    const uint64_t id = root_->begin_call(*function, std::move(arguments));
    const runtime::Slot args[] = {id};
    const auto outcome = runtime::call(*store_, root_->call_function(), args);
    auto results = root_->end_call(id);
    if (!outcome) return std::unexpected(outcome.error());
    return results;
  }

  /// A host function that notes its arguments and answers with `answer`.
  void define(std::string interface, std::string name, std::string_view type,
              std::vector<uint8_t> answer = {}) {
    HostFunction function{.interface = interface, .name = name, .type = {}, .start = {}};
    function.type = *wit::parse_func_type(type, table_);
    function.start = [this, name, answer](HostContext&, Bytes arguments,
                                          ByteWriter& results) -> HostFunction::Started {
      calls_.push_back({name, {arguments.begin(), arguments.end()}});
      results.bytes(answer);
      return nullptr;
    };
    functions_.push_back(std::move(function));
    ASSERT_TRUE(host_.define(functions_.back()));
  }

  struct Called {
    std::string name;
    std::vector<uint8_t> arguments;
    bool operator==(const Called&) const = default;
  };

  std::shared_ptr<const runtime::Engine> engine_ = code::make_engine();
  wit::TypeTable table_;
  std::deque<HostFunction> functions_;
  HostImports host_;
  HostContext context_;
  std::unique_ptr<runtime::StoreCore> store_;
  std::unique_ptr<RootInstance> root_;
  std::vector<Called> calls_;
};

constexpr std::string_view kDoubler = R"((component
  (import "test:host/math@0.2.1" (instance $math
    (export "double" (func (param "x" u32) (result u32)))))
  (core func $double (canon lower (func $math "double")))
  (core module $m
    (import "" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (i32.add (i32.const 1) (call $double (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance (export "double" (func $double))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))
))";

TEST_F(LinkTest, CallsTheHost) {
  define("test:host/math@0.2.1", "double", "func(x: u32) -> u32", {10, 0, 0, 0});
  start(kDoubler);
  const auto result = call("run", {5, 0, 0, 0});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(*result, (std::vector<uint8_t>{11, 0, 0, 0}));
  EXPECT_EQ(calls_, (std::vector<Called>{{"double", {5, 0, 0, 0}}}));
}

TEST_F(LinkTest, CompatibleVersionsServeEachOther) {
  define("test:host/math@0.2.12", "double", "func(x: u32) -> u32", {2, 0, 0, 0});
  start(kDoubler);
  EXPECT_TRUE(call("run", {1, 0, 0, 0}));
}

TEST_F(LinkTest, IncompatibleVersionsDoNot) {
  define("test:host/math@0.3.0", "double", "func(x: u32) -> u32", {2, 0, 0, 0});
  EXPECT_FALSE(try_link(kDoubler));
}

TEST_F(LinkTest, TheExactVersionIsPreferredThenTheNewest) {
  define("test:host/math@0.2.3", "double", "func(x: u32) -> u32", {3, 0, 0, 0});
  define("test:host/math@0.2.4", "double", "func(x: u32) -> u32", {4, 0, 0, 0});
  start(kDoubler);
  EXPECT_EQ(call("run", {0, 0, 0, 0}), (std::vector<uint8_t>{5, 0, 0, 0}));
  define("test:host/math@0.2.1", "double", "func(x: u32) -> u32", {1, 0, 0, 0});
  start(kDoubler);
  EXPECT_EQ(call("run", {0, 0, 0, 0}), (std::vector<uint8_t>{2, 0, 0, 0}));
}

TEST_F(LinkTest, AllMissingImportsAreReportedTogether) {
  const auto linked = try_link(R"((component
    (import "log" (func (param "text" string)))
    (import "test:host/files@1.0.0" (instance
      (export "file" (type $file (sub resource)))
      (export "open" (func (result (own $file))))))))");
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().kind, ErrorKind::link);
  const std::string& message = linked.error().message;
  EXPECT_NE(message.find("3 imports are missing"), message.npos) << message;
  EXPECT_NE(message.find("`log`: func(text: string)"), message.npos) << message;
  EXPECT_NE(message.find("`file` of `test:host/files@1.0.0`: resource"), message.npos) << message;
  EXPECT_NE(message.find("func() -> own<test:host/files.file>"), message.npos) << message;
}

TEST_F(LinkTest, TypesMustAgree) {
  define("test:host/math@0.2.1", "double", "func(x: u64) -> u64");
  const auto linked = try_link(kDoubler);
  ASSERT_FALSE(linked);
  EXPECT_NE(linked.error().message.find("the host has func(x: u64) -> u64"), std::string::npos);
}

TEST_F(LinkTest, TrappingStubsLinkAndTrap) {
  host_.trap_missing("test:host/", "not granted");
  start(kDoubler);
  const auto result = call("run", {1, 0, 0, 0});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, TrapKind::unavailable);
  EXPECT_NE(result.error().message.find("test:host/math@0.2.1#double: not granted"),
            std::string::npos);
}

TEST_F(LinkTest, ATrapLocksTheInstance) {
  host_.trap_missing("test:host/", "not granted");
  start(kDoubler);
  EXPECT_FALSE(call("run", {1, 0, 0, 0}));
  const auto again = call("run", {1, 0, 0, 0});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, TrapKind::cannot_enter);
}

constexpr std::string_view kFiles = R"((component
  (import "test:host/files@1.0.0" (instance $files
    (export "file" (type $file (sub resource)))
    (export "open" (func (result (own $file))))
    (export "[method]file.size" (func (param "self" (borrow $file)) (result u32)))))
  (alias export $files "file" (type $file))
  (core func $open (canon lower (func $files "open")))
  (core func $size (canon lower (func $files "[method]file.size")))
  (core func $drop (canon resource.drop $file))
  (core module $m
    (import "" "open" (func $open (result i32)))
    (import "" "size" (func $size (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (result i32) (local i32)
      (local.set 0 (call $open))
      (drop (call $size (local.get 0)))
      (call $drop (local.get 0))
      (local.get 0))
    (func (export "twice") (local i32)
      (local.set 0 (call $open))
      (call $drop (local.get 0))
      (call $drop (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance
    (export "open" (func $open)) (export "size" (func $size)) (export "drop" (func $drop))))))
  (func (export "run") (result u32) (canon lift (core func $i "run")))
  (func (export "twice") (canon lift (core func $i "twice")))
))";

class HostResourceTest : public LinkTest {
 protected:
  void SetUp() override {
    define("test:host/files@1.0.0", "open", "func() -> own<test:host/files.file>", {77});
    define("test:host/files@1.0.0", "[method]file.size",
           "func(self: borrow<test:host/files.file>) -> u32", {9, 0, 0, 0});
    define("test:host/files@1.0.0", "[resource-drop]file", "func(self: own<test:host/files.file>)");
    ASSERT_TRUE(
        host_.define_resource("test:host/files@1.0.0", "file", {.on_drop = &functions_.back()}));
    start(kFiles);
  }
};

TEST_F(HostResourceTest, TheHostSeesItsOrdinalAndTheGuestAnIndex) {
  const auto result = call("run");
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(*result, (std::vector<uint8_t>{1, 0, 0, 0}));
  EXPECT_EQ(calls_, (std::vector<Called>{
                        {"open", {}}, {"[method]file.size", {77}}, {"[resource-drop]file", {77}}}));
}

TEST_F(HostResourceTest, DroppingTwiceTraps) {
  const auto result = call("twice");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "invalid handle: unknown handle index 1");
}

TEST_F(LinkTest, InstantiationRunsStartFunctionsOnce) {
  define("", "note", "func()");
  start(R"((component
    (import "note" (func $note))
    (core func $note' (canon lower (func $note)))
    (core module $m (import "" "note" (func $note)) (func $s (call $note)) (start $s))
    (core instance (instantiate $m (with "" (instance (export "note" (func $note'))))))))");
  EXPECT_EQ(calls_.size(), 1u);
  EXPECT_FALSE(runtime::call(*store_, root_->instantiate_function(), {}));
}

constexpr std::string_view kTasks = R"((component
  (core module $m
    (import "" "return" (func $return (param i32)))
    (func (export "once") (call $return (i32.const 7)))
    (func (export "never"))
    (func (export "twice") (call $return (i32.const 7)) (call $return (i32.const 8)))
    (func (export "exit") (result i32) (call $return (i32.const 9)) (i32.const 0))
    (func (export "wait") (result i32) (call $return (i32.const 9)) (i32.const 2))
    (func (export "odd") (result i32) (call $return (i32.const 9)) (i32.const 5))
    (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
  (core func $return (canon task.return (result u32)))
  (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
  (func (export "once") async (result u32) (canon lift (core func $i "once") async))
  (func (export "never") async (result u32) (canon lift (core func $i "never") async))
  (func (export "twice") async (result u32) (canon lift (core func $i "twice") async))
  (func (export "other") async (result u8) (canon lift (core func $i "once") async))
  (func (export "plain") (canon lift (core func $i "once")))
  (func (export "exit") async (result u32)
    (canon lift (core func $i "exit") async (callback (core func $i "cb"))))
  (func (export "wait") async (result u32)
    (canon lift (core func $i "wait") async (callback (core func $i "cb"))))
  (func (export "odd") async (result u32)
    (canon lift (core func $i "odd") async (callback (core func $i "cb")))))
)";

TEST_F(LinkTest, AnAsyncFunctionThatNeverWaitsReturnsThroughTaskReturn) {
  start(kTasks);
  EXPECT_EQ(call("once"), (std::vector<uint8_t>{7, 0, 0, 0}));
  EXPECT_EQ(call("exit"), (std::vector<uint8_t>{9, 0, 0, 0}));
  EXPECT_EQ(call("once"), (std::vector<uint8_t>{7, 0, 0, 0}));
}

TEST_F(LinkTest, TasksThatBreakTheRulesTrap) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"never", "ended without `task.return`"},
      {"twice", "called twice"},
      {"other", "invalid `task.return` signature"},
      {"plain", "outside of a call"},
      {"wait", "not supported yet"},
      {"odd", "unsupported callback code"},
  };
  for (const auto& [name, message] : kCases) {
    start(kTasks);
    const auto outcome = call(name);
    ASSERT_FALSE(outcome) << name;
    EXPECT_NE(outcome.error().message.find(message), std::string::npos) << outcome.error().message;
  }
}

TEST_F(LinkTest, AHostFunctionLoweredAsyncHasReturnedAtOnce) {
  define("", "f", "async func(a: tuple<u8, u8, u8, u8, u8>) -> u32", {42, 1, 0, 0});
  start(R"((component
  (import "f" (func $f async (param "a" (tuple u8 u8 u8 u8 u8)) (result u32)))
  (core module $memory (memory (export "m") 1))
  (core instance $memory (instantiate $memory))
  (core func $f (canon lower (func $f) async (memory (core memory $memory "m"))))
  (core module $m
    (import "" "m" (memory 1))
    (import "" "f" (func $f (param i32 i32) (result i32)))
    (func (export "g") (result i32)
      (i64.store (i32.const 16) (i64.const 0x0504030201))
      (if (i32.ne (call $f (i32.const 16) (i32.const 32)) (i32.const 2)) (then unreachable))
      (i32.load (i32.const 32))))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))
    (export "m" (memory $memory "m"))))))
  (func (export "g") (result u32) (canon lift (core func $i "g")))))");
  EXPECT_EQ(call("g"), (std::vector<uint8_t>{42, 1, 0, 0}));
  EXPECT_EQ(calls_, (std::vector<Called>{{"f", {1, 2, 3, 4, 5}}}));
}

TEST_F(LinkTest, ABodyIsValidatedWhenItIsFirstCalled) {
  // `bad` leaves nothing on the stack where an i32 is wanted.
  constexpr std::string_view kText = R"((component
    (core module $m
      (func (export "good") (result i32) i32.const 7)
      (func (export "bad") (result i32)))
    (core instance $i (instantiate $m))
    (func (export "good") (result u32) (canon lift (core func $i "good")))
    (func (export "bad") (result u32) (canon lift (core func $i "bad")))))";
  start(kText);
  EXPECT_EQ(call("good").value(), (std::vector<uint8_t>{7, 0, 0, 0}));
  const auto bad = call("bad");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("type mismatch"), std::string::npos) << bad.error().message;

  const auto all = validate_bodies(load(kText)->component());
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace reprise::component
