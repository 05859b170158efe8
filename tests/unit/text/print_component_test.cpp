#include <gtest/gtest.h>

#include "text/component_encoder.hpp"
#include "text/print.hpp"
#include "text/wat.hpp"

namespace reprise::text {
namespace {

std::string print_text(std::string_view text) {
  const auto bytes = encode_component(text, "first.wat", {.names = false});
  if (!bytes) return bytes.error().to_string();
  const auto printed = print(*bytes);
  return printed ? *printed : printed.error().to_string();
}

/// Texts of which what is printed encodes to the same binary.
constexpr std::string_view kRoundTrips[] = {
    "(component)",
    "(component (type (record (field \"a\" u8) (field \"b\" (list string))))"
    " (type (variant (case \"x\") (case \"y\" f64))) (type (tuple char bool)) (type (flags \"f\"))"
    " (type (enum \"e\")) (type (option error-context)) (type (list u8 4)) (type (list 0 4))"
    " (type (result)) (type (result u8)) (type (result (error 1))) (type (result 0 (error 1)))"
    " (type (stream)) (type (stream u8)) (type (future 1)) (type (map string 0)) (type u64))",
    "(component (type $r (resource (rep i32))) (type (own $r)) (type (borrow $r))"
    " (type (func async (param \"a\" $r))) (type (func (result u8))))",
    "(component (type (component (import \"a\" (func)) (type (func)) (export \"b\" (func (type 0)))"
    " (export \"r\" (type (sub resource))) (alias outer 0 1 (type)) (core type (module)))) (type"
    " (instance (export \"i\" (instance (export \"t\" (type (eq 0))))))))",
    "(component (core type (func (param i32))) (core type (sub (struct (field (mut i8)))))"
    " (core type (module (import \"m\" \"f\" (func (param i64))) (export \"t\" (table 1 2 funcref))"
    " (export \"g\" (global (mut i32))) (alias outer 1 0 (type)) (import \"\" \"e\" (tag))"
    " (export \"m\" (memory 1)))))",
    "(component (import \"a:b/c@1.0.0\" (versionsuffix \"-x\") (external-id \"y\") (func)) (import"
    " \"l\" (implements \"a:b/c\") (instance)) (import \"m\" (core module)) (import \"v\" (value"
    " u8)) (import \"c\" (component)) (import \"t\" (type (eq 0))))",
    "(component (core module $m (memory (export \"m\") 1) (func (export \"f\") (param i32)) "
    "(@custom"
    " \"in\" \"side\")) (core instance $i (instantiate $m (with \"a\" (instance (export \"x\" (func"
    " 0)))))) (alias core export $i \"m\" (core memory $mem)) (alias core export $i \"f\" (core "
    "func"
    " $f)) (func (export \"g\") (param \"s\" string) (canon lift (core func $f)"
    " string-encoding=utf16 (memory $mem) (realloc $f) (post-return $f))) (@custom \"between\""
    " \"\\00\\ff\") (core func (canon lower (func 0) async (memory $mem) (callback $f))))",
    "(component (component $c (core module $n) (component (alias outer 1 $n (core module)))) "
    "(instance"
    " $i (instantiate $c (with \"x\" (component $c)))) (instance (export \"y\" (instance $i)))"
    " (alias export $i \"z\" (func)) (export \"w\" (func 0)) (export \"v\" (func 0) (func))"
    " (start 0 (value 1) (result (value))))",
    "(component (core func (canon task.return (result u8) (memory 0))) (core func (canon"
    " waitable-set.wait cancellable (memory 0))) (core func (canon stream.read 0 async (memory 1)))"
    " (core func (canon future.cancel-read 0 async)) (core func (canon subtask.cancel async))"
    " (core func (canon thread.yield)) (core func (canon context.set i32 1)) (core func (canon"
    " error-context.new string-encoding=latin1+utf16)) (core func (canon thread.new-indirect 0 1))"
    " (core func (canon thread.spawn-ref shared 1)) (core func (canon thread.spawn-indirect 0 1))"
    " (core func (canon thread.available-parallelism)) (core func (canon resource.drop 0)))",
};

TEST(PrintComponent, WhatIsPrintedEncodesToTheSame) {
  for (const std::string_view text : kRoundTrips) {
    const auto first = encode(text, "first.wat", {.names = false});
    ASSERT_TRUE(first) << first.error().to_string();
    const auto printed = print(*first);
    ASSERT_TRUE(printed) << printed.error().to_string() << text;
    const auto second = encode(*printed, "second.wat", {.names = false});
    ASSERT_TRUE(second) << second.error().to_string() << *printed;
    EXPECT_EQ(*first, *second) << *printed;
  }
}

TEST(PrintComponent, IsReadable) {
  EXPECT_EQ(
      print_text("(component (core module $m (func (export \"f\"))) (core instance $i (instantiate"
                 " $m)) (type (instance (export \"t\" (type (sub resource))))) (func (export \"g\")"
                 " (canon lift (core func $i \"f\"))))"),
      R"((component
  (core module (;0;)
    (type (;0;) (func))
    (export "f" (func 0))
    (func (;0;) (type 0)
    )
  )
  (core instance (;0;) (instantiate 0))
  (type (;0;) (instance
    (export "t" (type (;0;) (sub resource)))
  ))
  (type (;1;) (func))
  (alias core export 0 "f" (core func (;0;)))
  (canon lift (core func 0) (func (;0;) (type 1)))
  (export (;1;) "g" (func 0))
)
)");
}

TEST(PrintComponent, AModuleThatCannotBeTakenApartIsPrintedAsItsBytes) {
  ComponentEncoder encoder;
  const std::vector<uint8_t> broken = {0, 'a', 's', 'm', 1, 0, 0, 0, 99, 0};
  encoder.core_module(broken);
  const auto bytes = encoder.finish();
  const auto printed = print(bytes);
  ASSERT_TRUE(printed);
  EXPECT_NE(printed->find("(core module (;0;) binary \"\\00asm\\01\\00\\00\\00c\\00\")"),
            std::string::npos)
      << *printed;
  EXPECT_EQ(encode(*printed), bytes);
}

TEST(PrintComponent, BrokenBinariesGiveErrors) {
  for (const std::string_view text : kRoundTrips) {
    const auto whole = encode(text, "t.wat", {.names = false});
    ASSERT_TRUE(whole);
    for (size_t size = 8; size < whole->size(); size++) {
      static_cast<void>(print({whole->data(), size}));
      std::vector<uint8_t> changed = *whole;
      changed[size] ^= 0xff;
      static_cast<void>(print(changed));
    }
    if (whole->size() > 8) EXPECT_FALSE(print({whole->data(), whole->size() - 1}));
  }
}

TEST(PrintComponent, NestsOnlySoDeep) {
  std::string text;
  for (int i = 0; i < 99; i++) text += "(component ";
  text += std::string(99, ')');
  EXPECT_NE(print_text(text).find("(component (;0;)"), std::string::npos);
  // The encoder has no such limit; only what is read has.
  std::vector<uint8_t> bytes = ComponentEncoder().finish();
  for (int i = 0; i < 200; i++) {
    ComponentEncoder around;
    around.component(bytes);
    bytes = around.finish();
  }
  const auto printed = print(bytes);
  ASSERT_FALSE(printed);
  EXPECT_EQ(printed.error().kind, ErrorKind::limit);
}

TEST(PrintComponent, CustomSectionsHaveNoPlaceButTheirOwn) {
  const auto bytes = encode_component("(component (@custom \"x\" (before first) \"y\"))");
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().message.find("stands in its place"), std::string::npos);
}

}  // namespace
}  // namespace reprise::text
