#include "text/script.hpp"

#include <gtest/gtest.h>

namespace reprise::text {
namespace {

TEST(Script, CommandsAndLines) {
  const auto script = parse_script(
      "(module $m (func (export \"f\")))\n"
      "(register \"m\" $m)\n\n"
      "(invoke $m \"f\")\n"
      "(module definition $d)\n"
      "(module instance $i $d)\n"
      "(assert_trap (invoke \"f\" (i64.const -1)) \"boom\")\n",
      "t.wast");
  ASSERT_TRUE(script) << script.error().to_string();
  ASSERT_EQ(script->commands.size(), 6u);
  EXPECT_EQ(std::get<Definition>(script->commands[0].what).id, "m");
  EXPECT_EQ(std::get<Register>(script->commands[1].what).name, "m");
  EXPECT_EQ(script->commands[2].line, 4u);
  EXPECT_TRUE(std::get<Definition>(script->commands[3].what).is_only_defined);
  EXPECT_EQ(std::get<Instantiation>(script->commands[4].what).instance, "i");
  EXPECT_EQ(std::get<Instantiation>(script->commands[4].what).definition, "d");
  const auto& trap = std::get<Assertion>(script->commands[5].what);
  EXPECT_EQ(trap.message, "boom");
  EXPECT_EQ(std::get<Action>(trap.subject).arguments[0].bits, ~uint64_t{0});
}

TEST(Script, AModuleThatDoesNotEncodeFailsOnlyItself) {
  const auto script = parse_script(
      "(assert_malformed (module quote \"(func (bar))\") \"unknown operator\")"
      "(module (func (call $none)))"
      "(module binary \"\\00asm\" \"x\")",
      "t.wast");
  ASSERT_TRUE(script);
  const auto& assertion = std::get<Assertion>(script->commands[0].what);
  EXPECT_TRUE(std::get<Definition>(assertion.subject)
                  .binary.error()
                  .message.starts_with("unknown operator"));
  EXPECT_FALSE(std::get<Definition>(script->commands[1].what).binary);
  EXPECT_EQ(std::get<Definition>(script->commands[2].what).binary->size(), 5u);
}

TEST(Script, Patterns) {
  const auto script = parse_script(
      "(assert_return (invoke \"f\") (f32.const nan:canonical) (ref.func) (ref.null)"
      " (v128.const f32x4 1 nan:arithmetic 0 0) (either (i32.const 1) (i32.const 2)))",
      "t.wast");
  ASSERT_TRUE(script) << script.error().to_string();
  const auto& expected = std::get<Assertion>(script->commands[0].what).expected;
  ASSERT_EQ(expected.size(), 5u);
  EXPECT_EQ(expected[0].nan, NanPattern::canonical);
  EXPECT_EQ(expected[1].value.text, "func");
  EXPECT_EQ(expected[2].kind, Pattern::Kind::null);
  EXPECT_EQ(expected[3].lanes[1].nan, NanPattern::arithmetic);
  EXPECT_EQ(expected[3].lanes[0].bits, 0x3f800000u);
  EXPECT_EQ(expected[4].alternatives.size(), 2u);
}

TEST(Script, ComponentValues) {
  const auto script = parse_script(
      "(invoke \"f\" (record.const (field \"a\" u8.const 7) (field \"b\" list.const (str.const "
      "\"x\")))"
      " (variant.const \"c\" (s8.const -8)) (option.none) (flags.const \"p\" \"q\") (char.const "
      "\"\xe2\x9b\xb3\"))",
      "t.wast");
  ASSERT_TRUE(script) << script.error().to_string();
  const auto& arguments = std::get<Action>(script->commands[0].what).arguments;
  ASSERT_EQ(arguments.size(), 5u);
  EXPECT_EQ(arguments[0].labels[1], "b");
  EXPECT_EQ(arguments[0].items[1].items[0].text, "x");
  EXPECT_EQ(arguments[1].items[0].bits, static_cast<uint64_t>(-8));
  EXPECT_TRUE(arguments[2].items.empty());
  EXPECT_EQ(arguments[3].labels.size(), 2u);
  EXPECT_EQ(arguments[4].bits, 0x26f3u);
}

TEST(Script, NestingHasALimit) {
  std::string text = "(invoke \"f\" ";
  for (int i = 0; i < 100000; i++) text += "(option.some ";
  EXPECT_FALSE(parse_script(text + std::string(100001, ')'), "t.wast"));
}

}  // namespace
}  // namespace reprise::text
