#include <gtest/gtest.h>

#include <fmt/format.h>

#include "text/wat.hpp"

namespace reprise::text {
namespace {

/// The binary after its header, in hexadecimal; or the first line of the error.
std::string hex(std::string_view text, bool names = false) {
  const auto bytes = encode_module(text, "test.wat", {names});
  if (!bytes) return bytes.error().message.substr(0, bytes.error().message.find('\n'));
  std::string out;
  for (size_t i = 8; i < bytes->size(); i++) out += fmt::format("{:02x}", (*bytes)[i]);
  return out;
}

TEST(ModuleEncoder, EmptyModules) {
  EXPECT_EQ(hex("(module)"), "");
  EXPECT_EQ(hex(""), "");
  EXPECT_EQ(hex("(module $m)", true),
            "0009"
            "046e616d65"
            "0002016d");
}

TEST(ModuleEncoder, AFunction) {
  EXPECT_EQ(hex("(func (export \"f\") (param $x i32) (result i32) (i32.add (local.get $x) "
                "(i32.const -1)))"),
            "0106"
            "0160017f017f"  // type
            "0302"
            "0100"  // function
            "0705"
            "0101660000"  // export
            "0a09"
            "0107002000417f6a0b");  // code
}

TEST(ModuleEncoder, FlatAndFoldedAreTheSame) {
  EXPECT_EQ(
      hex("(func (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))) drop)"),
      hex("(func i32.const 1 if (result i32) i32.const 2 else i32.const 3 end drop)"));
  EXPECT_EQ(hex("(func (block $a (loop $b (br $a) (br $b) (br_table $a $b (i32.const 0)))))"),
            hex("(func block loop br 1 br 0 i32.const 0 br_table 1 0 end end)"));
}

TEST(ModuleEncoder, TypesThatAreOnlyUsedComeLast) {
  EXPECT_EQ(
      hex("(func (param i64)) (func (type $t)) (type $t (func (param f32))) (func (param f32))"),
      "0109"
      "0260017d00"
      "60017e00"
      "0304"
      "03010000"
      "0a0a"
      "03"
      "02000b"
      "02000b"
      "02000b");
}

TEST(ModuleEncoder, RecursiveTypes) {
  EXPECT_EQ(hex("(rec (type $a (struct (field $x (mut i8)) (field (ref null $b))))"
                "     (type $b (sub $c (array (ref $a)))))"
                "(type $c (sub final (func)))"),
            "0114"
            "02"
            "4e02"
            "5f02"
            "7801"
            "630100"
            "500102"
            "5e640000"
            "600000");
}

TEST(ModuleEncoder, Segments) {
  EXPECT_EQ(hex("(memory (data \"ab\" \"\\00\"))"),
            "0504"
            "01010101"
            "0b09"
            "0100"
            "41000b"
            "03616200");
  EXPECT_EQ(hex("(func $f) (table funcref (elem $f $f))"),
            "0104"
            "01600000"
            "0302"
            "0100"
            "0405"
            "0170010202"
            "0908"
            "01"
            "00"
            "41000b"
            "020000"
            "0a04"
            "0102000b");
  EXPECT_EQ(hex("(func $f) (elem declare func $f)"),
            "0104"
            "01600000"
            "0302"
            "0100"
            "0905"
            "0103000100"
            "0a04"
            "0102000b");
  EXPECT_EQ(hex("(data $d \"x\") (memory 1) (func (data.drop $d))"),
            "0104"
            "01600000"
            "0302"
            "0100"
            "0503"
            "010001"
            "0c01"
            "01"
            "0a07"
            "0105"
            "00"
            "fc0900"
            "0b"
            "0b04"
            "01010178");
}

TEST(ModuleEncoder, OrderOfImmediatesDiffersFromTheText) {
  EXPECT_EQ(hex("(table 1 funcref) (table $t 1 funcref) (func (call_indirect $t (param i32) "
                "(i32.const 0) (i32.const 0)))"),
            "0108"
            "02"
            "600000"
            "60017f00"
            "0302"
            "0100"
            "0407"
            "02"
            "700001"
            "700001"
            "0a0b"
            "0109"
            "00"
            "4100"
            "4100"
            "110101"
            "0b");
  EXPECT_EQ(
      hex("(memory 1) (memory $m 1) (func (drop (i32.load $m offset=4 align=1 (i32.const 0))))"),
      "0104"
      "01600000"
      "0302"
      "0100"
      "0505"
      "02"
      "0001"
      "0001"
      "0a0b"
      "0109"
      "00"
      "4100"
      "28400104"
      "1a"
      "0b");
}

TEST(ModuleEncoder, NamesAreKept) {
  EXPECT_EQ(hex("(module $m (func $f (param $x i32)) (func (@name \"two words\")))", true),
            "0108"
            "02"
            "60017f00"
            "600000"
            "0303"
            "020001"
            "0a07"
            "02"
            "02000b"
            "02000b"
            "0022"
            "046e616d65"
            "0002016d"
            "010f"
            "02"
            "000166"
            "0109"
            "74776f20776f726473"
            "0206"
            "01"
            "0001"
            "000178");
}

TEST(ModuleEncoder, CustomSectionsAndHints) {
  EXPECT_EQ(hex("(@custom \"a\" (before type) \"x\" \"y\") (type (func)) (@custom \"b\")"),
            "0004"
            "016178"
            "79"
            "0104"
            "01600000"
            "0002"
            "0162");
  EXPECT_EQ(hex("(func (@metadata.code.branch_hint \"\\01\") (if (i32.const 0) (then)))"),
            "0104"
            "01600000"
            "0302"
            "0100"
            "0020"
            "19"
            "6d657461646174612e636f64652e6272616e63685f68696e74"
            "01"
            "00"
            "01"
            "03"
            "01"
            "01"
            "0a09"
            "0107"
            "00"
            "4100"
            "0440"
            "0b"
            "0b");
}

TEST(ModuleEncoder, Errors) {
  EXPECT_EQ(hex("(func (foo))"), "unknown operator foo: expected an instruction");
  EXPECT_EQ(hex("(func (call $f))"), "unknown function $f");
  EXPECT_EQ(hex("(func $f) (func $f)"), "duplicate function $f");
  EXPECT_EQ(hex("(func (param $x i32) (local $x i32))"), "duplicate local $x");
  EXPECT_EQ(hex("(func) (import \"\" \"\" (func))"), "import after function definition");
  EXPECT_EQ(hex("(func (i32.const 0x100000000))"), "constant out of range");
  EXPECT_EQ(hex("(func block $a end $b)"), "mismatching label");
  EXPECT_EQ(hex("(func (block)"), "unexpected token: the text ends, expected `)`");
  EXPECT_EQ(hex("(func block)"), "unexpected token ): expected `end`");
  EXPECT_EQ(hex("(func (i32.load align=3 (i32.const 0)))"), "alignment must be a power of two");
  EXPECT_EQ(hex("(type $t (func)) (func (type $t) (param i32))"),
            "inline function type does not match the type it refers to");
  EXPECT_EQ(hex("(import \"\\ff\" \"\" (func))"), "malformed UTF-8 encoding");
  EXPECT_EQ(hex("(start 0) (start 0)"), "multiple start sections");
  EXPECT_EQ(hex("(func (@custom \"x\"))"), "misplaced @custom annotation");
}

TEST(ModuleEncoder, ErrorsShowTheLine) {
  const auto bytes = encode_module("(module\n  (func $f\n\t(call $fo)\n  )\n)", "app.wat");
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().kind, ErrorKind::malformed);
  EXPECT_EQ(bytes.error().message,
            "unknown function $fo\n"
            "  app.wat:3:8\n"
            "  |  (call $fo)\n"
            "  |        ^~~");
}

TEST(ModuleEncoder, DepthCostsNoStack) {
  std::string text = "(func ";
  for (int i = 0; i < 200000; i++) text += "(block ";
  text += std::string(200000, ')') + ")";
  EXPECT_TRUE(encode_module(text));
  text = "(func ";
  for (int i = 0; i < 200000; i++) text += "(i32.eqz ";
  EXPECT_FALSE(encode_module(text));
}

}  // namespace
}  // namespace reprise::text
