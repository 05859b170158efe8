#include "text/print.hpp"

#include <gtest/gtest.h>

#include "text/wat.hpp"

namespace reprise::text {
namespace {

std::string print(const std::vector<uint8_t>& bytes) {
  const auto text = print_module(bytes);
  return text ? *text : text.error().to_string();
}

/// Texts of which what is printed encodes to the same binary.
constexpr std::string_view kRoundTrips[] = {
    "(module)",
    "(type (func)) (rec (type (sub (struct (field (mut i8)) (field (ref null 1)))))"
    " (type (array (ref 2)))) (type (sub final 1 (struct (field (mut i8)) (field (ref null 1)))))",
    "(import \"a\\00\\22\" \"b\" (func (param i32))) (import \"\" \"t\" (table i64 1 2 externref))"
    "(import \"\" \"m\" (memory 1 2 shared)) (import \"\" \"g\" (global (mut (ref null 0))))"
    "(import \"\" \"e\" (tag (param i32)))",
    "(func (param i32) (result i32) (local i32 i64 i64) (block (result i32) (loop (br_if 1"
    " (i32.const 1) (local.get 0)) (br 0)) (i32.const -1)) (br_table 0 0 0 (i32.const 0)))",
    "(func (result i32 i64) (if (param) (result i32 i64) (i32.const 1) (then (i32.const 1)"
    " (i64.const -9223372036854775808)) (else (i32.const 2) (i64.const 3))))",
    "(func (drop (f32.const 0.1)) (drop (f32.const -nan:0x1)) (drop (f64.const nan))"
    " (drop (f64.const -0x1p-1074)) (drop (f64.const inf)) (drop (f32.const 1e38)))",
    "(memory 1) (memory i64 1) (func (drop (i64.load32_s 1 offset=9 align=2 (i64.const 0)))"
    " (v128.store16_lane 1 align=1 3 (i64.const 0) (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12"
    " 13 14 15)) (memory.init 1 0 (i64.const 0) (i32.const 0) (i32.const 0)))"
    "(data \"\\ffx\") (data (memory 1) (i64.const 1) \"y\") (data (i32.const 0) \"\")",
    "(table $t 1 funcref) (table 1 (ref func) (ref.func 0)) (func) (elem (i32.const 0) 0 0)"
    "(elem declare func 0) (elem func) (elem externref (ref.null extern))"
    "(elem (table 1) (i32.const 0) (ref func) (ref.func 0))"
    "(func (call_indirect $t (param i32)) (table.copy 0 1 (i32.const 0) (i32.const 0)"
    " (i32.const 0)) (drop (select (result i32) (i32.const 0) (i32.const 1) (i32.const 2))))",
    "(tag $e) (func (try_table (catch $e 0) (catch_all_ref 0) (throw $e)))"
    "(func (param anyref) (drop (ref.cast (ref null i31) (local.get 0)))"
    " (drop (br_on_cast 0 anyref (ref eq) (local.get 0))))",
    "(@custom \"x\" (before type) \"1\") (type (func)) (@custom \"y\" \"\\00\") (func (type 0))"
    "(start 0) (export \"s\" (func 0)) (global i32 (i32.add (i32.const 1) (i32.const 2)))",
};

TEST(Print, WhatIsPrintedEncodesToTheSame) {
  for (const std::string_view text : kRoundTrips) {
    const auto first = encode_module(text, "first.wat", {.names = false});
    ASSERT_TRUE(first) << first.error().to_string();
    const std::string printed = print(*first);
    const auto second = encode_module(printed, "second.wat", {.names = false});
    ASSERT_TRUE(second) << second.error().to_string() << printed;
    EXPECT_EQ(*first, *second) << printed;
  }
}

TEST(Print, IsReadable) {
  const auto bytes = encode_module(
      "(func $f (export \"f\") (param i32) (if (local.get 0) (then (nop)) (else (call $f "
      "(i32.const 1)))))",
      "t.wat", {.names = false});
  ASSERT_TRUE(bytes);
  EXPECT_EQ(print(*bytes), R"((module
  (type (;0;) (func (param i32)))
  (export "f" (func 0))
  (func (;0;) (type 0)
    local.get 0
    if
      nop
    else
      i32.const 1
      call 0
    end
  )
)
)");
}

TEST(Print, BrokenBinariesGiveErrors) {
  const auto whole = encode_module(kRoundTrips[7], "t.wat", {.names = false});
  ASSERT_TRUE(whole);
  for (size_t size = 0; size < whole->size(); size++) {
    static_cast<void>(print_module({whole->data(), size}));
    std::vector<uint8_t> changed = *whole;
    changed[size] ^= 0xff;
    static_cast<void>(print_module(changed));
  }
  EXPECT_FALSE(print_module({whole->data(), whole->size() - 1}));
  EXPECT_EQ(print(*encode_component("(component)")), "this is a component, not a core module");
}

}  // namespace
}  // namespace reprise::text
