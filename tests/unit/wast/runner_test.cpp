#include "wast/runner.hpp"

#include <gtest/gtest.h>

#include "code/interpreter.hpp"
#include "wast/wording.hpp"

namespace reprise::wast {
namespace {

Report run(std::string_view text) {
  const auto script = text::parse_script(text, "test.wast");
  EXPECT_TRUE(script) << script.error().to_string();
  auto report = run_script(*script, code::make_engine());
  EXPECT_TRUE(report) << report.error().to_string();
  return std::move(*report);
}

/// The lines of the commands that failed.
std::vector<uint32_t> failed_lines(std::string_view text) {
  std::vector<uint32_t> lines;
  for (const Failure& failure : run(text).failures) lines.push_back(failure.line);
  return lines;
}

TEST(Runner, TellsRightFromWrongResults) {
  EXPECT_EQ(failed_lines(R"((module
    (func (export "nan") (result f32) (f32.const nan:0x400000))
    (func (export "one") (result i32) (i32.const 1))
    (func (export "v") (result v128) (v128.const f32x4 1 nan 0 -0))
    (func (export "ref") (param externref) (result externref) (local.get 0)))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one") (i64.const 1))
(assert_return (invoke "one"))
(assert_return (invoke "one") (either (i32.const 0) (i32.const 1)))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "nan") (f32.const nan:0x1))
(assert_return (invoke "v") (v128.const f32x4 1 nan:arithmetic 0 -0))
(assert_return (invoke "v") (v128.const f32x4 1 nan:arithmetic 0 0))
(assert_return (invoke "ref" (ref.extern 7)) (ref.extern 7))
(assert_return (invoke "ref" (ref.extern 7)) (ref.extern 8))
(assert_return (invoke "ref" (ref.null extern)) (ref.null))
(assert_return (invoke "ref" (ref.null extern)) (ref.extern))
(assert_return (invoke "none"))
)"),
            (std::vector<uint32_t>{7, 8, 9, 12, 14, 16, 18, 19}));
}

TEST(Runner, TellsRightFromWrongTraps) {
  EXPECT_EQ(failed_lines(R"((module (memory 1)
    (func (export "load") (drop (i32.load (i32.const -1))))
    (func $loop (export "loop") (call $loop))
    (func (export "fine")))
(assert_trap (invoke "load") "out of bounds memory access")
(assert_trap (invoke "load") "integer overflow")
(assert_trap (invoke "fine") "unreachable")
(assert_exhaustion (invoke "loop") "call stack exhausted")
(assert_trap (invoke "loop") "call stack exhausted")
(assert_return (invoke "load"))
(invoke "load")
(assert_trap (module (func $f unreachable) (start $f)) "unreachable")
)"),
            (std::vector<uint32_t>{6, 7, 9, 10, 11}));
}

TEST(Runner, TellsRightFromWrongErrors) {
  EXPECT_EQ(failed_lines(R"((assert_invalid (module (func (result i32))) "type mismatch")
(assert_invalid (module) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_malformed (module binary "\00asm") "unexpected end")
(assert_malformed (module (func (result i32))) "unexpected token")
(assert_unlinkable (module (import "spectest" "none" (func))) "unknown import")
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")
(module (func (call 7)))
)"),
            (std::vector<uint32_t>{2, 5, 7, 8}));
}

TEST(Runner, InstancesAndRegistration) {
  EXPECT_EQ(failed_lines(R"((module $a (global (export "g") i32 (i32.const 1)))
(register "a" $a)
(module definition $d (import "a" "g" (global i32)) (export "h" (global 0)))
(module instance $i $d)
(assert_return (get $i "h") (i32.const 1))
(assert_return (get $a "g") (i32.const 1))
(assert_return (get $b "g") (i32.const 1))
)"),
            (std::vector<uint32_t>{7}));
}

TEST(Runner, Components) {
  EXPECT_EQ(failed_lines(R"((component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "trap") unreachable))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u8) (param "b" u8) (result u8) (canon lift (core func $i "add")))
  (func (export "trap") (canon lift (core func $i "trap"))))
(assert_return (invoke "add" (u8.const 1) (u8.const 2)) (u8.const 3))
(assert_return (invoke "add" (u8.const 1) (u8.const 2)) (u8.const 4))
(assert_return (invoke "add" (u8.const 1) (u32.const 2)) (u8.const 3))
(assert_trap (invoke "trap") "unreachable")
(assert_invalid (component (export "f" (func 0))) "index")
)"),
            (std::vector<uint32_t>{9, 10}));
}

TEST(Wording, ComparesKinds) {
  EXPECT_TRUE(describes("uninitialized element 2", Trap::of(TrapKind::uninitialized_element)));
  EXPECT_TRUE(describes("wasm trap: unaligned pointer", Trap::of(TrapKind::abi_misaligned)));
  EXPECT_FALSE(describes("unreachable", Trap::of(TrapKind::integer_overflow)));
}

TEST(Wording, ComparesWhatIsWrong) {
  EXPECT_EQ(failed_lines(R"x((assert_invalid (module (func (local.get 0))) "unknown local")
(assert_invalid (module (func (local.get 0))) "type mismatch")
(assert_malformed (module quote "(func (i32.const 99999999999))") "unknown operator")
(assert_malformed (module quote "(func (i32.cons 0))") "unknown operator")
(assert_malformed (module binary "\00asm\01\00\00\00\06\02\01\7f") "section size mismatch")
)x"),
            (std::vector<uint32_t>{2, 3, 5}));
  const Error error{ErrorKind::malformed, "END opcode expected", {}, {}};
  EXPECT_TRUE(describes("section size mismatch", error));
  EXPECT_FALSE(describes("integer too large", error));
}

/// Notes who passes, and gives calls of "f" another argument.
class MeddlingGate final : public Gate {
 public:
  EncodedResults enter(const Entry& entry, Bytes arguments, const MakeCall& make) override {
    passed.push_back(entry.name);
    std::vector<uint8_t> changed(arguments.begin(), arguments.end());
    if (entry.name == "f") changed[1]++;
    return make(changed);
  }
  runtime::NativeStepFunction open_door(runtime::HostImport& import) override {
    doors.push_back(import.function->name);
    return runtime::direct_door;
  }
  std::vector<std::string> passed, doors;
};

TEST(Runner, WhatEntersAStoreGoesThroughTheGate) {
  const auto script = text::parse_script(R"((module
    (import "spectest" "print_i32" (func $print (param i32)))
    (func $start (call $print (i32.const 1))) (start $start)
    (func (export "f") (param i32) (result i32) (local.get 0)))
(assert_return (invoke "f" (i32.const 1)) (i32.const 2))
(component (core module $m (func (export "g") (result i32) (i32.const 3)))
  (core instance $i (instantiate $m))
  (func (export "g") (result u32) (canon lift (core func $i "g"))))
(assert_return (invoke "g") (u32.const 3))
)",
                                         "test.wast");
  ASSERT_TRUE(script);
  MeddlingGate gate;
  const auto report = run_script(*script, code::make_engine(), gate);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->failures.empty()) << report->failures[0].message;
  EXPECT_EQ(gate.passed, (std::vector<std::string>{"[start]", "f", "[instantiate]", "g"}));
  EXPECT_EQ(gate.doors.size(), 7u);
}

}  // namespace
}  // namespace reprise::wast
