#include <fmt/format.h>
#include <gtest/gtest.h>

#include "text/component_encoder.hpp"
#include "text/wat.hpp"

namespace reprise::text {
namespace {

std::string to_hex(const std::vector<uint8_t>& bytes) {
  std::string out;
  for (size_t i = 8; i < bytes.size(); i++) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

/// The binary after its header, in hexadecimal; or the first line of the error.
std::string hex(std::string_view text) {
  const auto bytes = encode(text, "test.wat", {.names = false});
  if (!bytes) return bytes.error().message.substr(0, bytes.error().message.find('\n'));
  return to_hex(*bytes);
}

TEST(ComponentText, Header) {
  const auto bytes = encode("(component)");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, (std::vector<uint8_t>{0, 'a', 's', 'm', 0x0d, 0, 1, 0}));
}

TEST(ComponentText, TypesInPlaceBecomeDefinitions) {
  EXPECT_EQ(hex("(component (import \"f\" (func (param \"x\" (list u8)) (result string))))"),
            "070a02707d40010178000073"  // (list u8), the function type
            "0a0601000166"
            "0101");
  EXPECT_EQ(hex("(component (type $r (record (field \"a\" (option $r2)))) )"), "unknown type $r2");
}

TEST(ComponentText, LiftAndLowerWithTheirAbbreviations) {
  const std::string module =
      "(core module $m (func (export \"f\")))(core instance $i (instantiate $m))";
  EXPECT_EQ(
      hex("(component " + module + "(func (export \"f\") (canon lift (core func $i \"f\"))))"),
      hex("(component " + module +
          "(type $t (func)) (alias core export $i \"f\" (core func $f))"
          "(canon lift (core func $f) (func $g (type $t))) (export \"f\" (func $g)))"));
  EXPECT_EQ(hex("(component (import \"f\" (func $f)) (core func (canon lower (func $f))))"),
            hex("(component (import \"f\" (func $f)) (canon lower (func $f) (core func)))"));
}

TEST(ComponentText, CanonicalBuiltIns) {
  EXPECT_EQ(hex("(component (core func (canon task.return (result u32)))"
                " (core func (canon waitable-set.new)) (core func (canon subtask.cancel async))"
                " (core func (canon context.get i32 1)))"),
            "080b04"
            "09007900"
            "1f"
            "0601"
            "0a7f01");
  EXPECT_EQ(
      hex("(component (type $s (stream u8)) (core func (canon stream.cancel-read $s async)))"),
      "070401"
      "66017d"
      "080401"
      "110001");
}

TEST(ComponentText, NamesOfEnclosingComponentsAreAliased) {
  EXPECT_EQ(hex("(component $o (type $t u8) (component (type (list $t)) (type (option $t))))"),
            hex("(component $o (type $t u8) (component (alias outer $o $t (type $x))"
                " (type (list $x)) (type (option $x))))"));
  EXPECT_EQ(hex("(component (import \"f\" (func $f)) (component (export \"g\" (func $f))))"),
            "outer item `f` is not a module, type, or component");
}

TEST(ComponentText, InstancesAndPaths) {
  EXPECT_EQ(hex("(component (import \"i\" (instance $i (export \"f\" (func)))) (export \"g\" (func "
                "$i \"f\")))"),
            hex("(component (type $t (instance (type (func)) (export \"f\" (func (type 0)))))"
                " (import \"i\" (instance $i (type $t))) (alias export $i \"f\" (func $f))"
                " (export \"g\" (func $f)))"));
  EXPECT_EQ(
      hex("(component (core module $m) (core instance (instantiate $m (with \"a\" (instance)))))"),
      "0108"
      "0061736d01000000"
      "020a"
      "02"
      "0100"
      "0000010161"
      "1200");
}

TEST(ComponentText, ModuleTypes) {
  EXPECT_EQ(hex("(component (core type (module (import \"a\" \"b\" (func (param i32)))"
                " (export \"c\" (func (param i32))) (export \"m\" (memory 1)))))"),
            "031a"
            "01"
            "5004"
            "0160017f00"
            "00016101620000"
            "0301630000"
            "03016d020001");
  EXPECT_EQ(hex("(component (core type (sub (func))))"),
            "0307"
            "01"
            "00"
            "500060"
            "0000");
}

TEST(ComponentText, AttributesOfNames) {
  EXPECT_EQ(hex("(component (import \"a\" (implements \"b:c/d\") (external-id \"e\") (instance)))"),
            "0703"
            "014200"
            "0a11"
            "01"
            "020161"
            "02"
            "0005"
            "623a632f64"
            "020165"
            "0500");
}

TEST(ComponentText, NestingHasALimit) {
  std::string text;
  for (int i = 0; i < 100000; i++) text += "(component ";
  EXPECT_FALSE(encode(text + std::string(100000, ')')));
  text = "(component (type ";
  for (int i = 0; i < 100000; i++) text += "(list ";
  EXPECT_FALSE(encode(text + "u8" + std::string(100002, ')')));
  text = "(component (type ";
  for (int i = 0; i < 100000; i++) text += "(instance (type ";
  EXPECT_FALSE(encode(text + std::string(200002, ')')));
}

TEST(ComponentEncoder, WritesWhatTheTextMeans) {
  ComponentEncoder c;
  ComponentFuncType type;
  type.parameters.push_back({"x", ComponentValueType::primitive(*find_primitive("u32"))});
  const uint32_t func_type = c.type(encode_func_type(type));
  const uint32_t f = c.import({"f"}, ExternType::func(func_type));
  EXPECT_EQ(c.export_({"g"}, {Sort::func, f}), 1u);
  EXPECT_EQ(to_hex(c.finish()),
            hex("(component (import \"f\" (func $f (param \"x\" u32))) (export \"g\" (func $f)))"));
}

}  // namespace
}  // namespace reprise::text
