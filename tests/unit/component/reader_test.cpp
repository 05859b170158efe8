// The reader on components assembled by hand. The conformance scripts cover the rules of
// validation; here stand what they cannot see: offsets, limits, the plan.

#include <gtest/gtest.h>

#include "component/component.hpp"
#include "component_builder.hpp"

namespace reprise::component {
namespace {

using test::ComponentBuilder;

TEST(ComponentReader, Empty) {
  const auto component = ComponentBuilder().read();
  ASSERT_TRUE(component) << component.error().to_string();
  EXPECT_TRUE((*component)->root().plan.empty());
  EXPECT_EQ((*component)->type().imports.size(), 0u);
}

TEST(ComponentReader, TellsModulesFromComponents) {
  const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  EXPECT_EQ(binary_kind(module), BinaryKind::module);
  EXPECT_EQ(binary_kind(ComponentBuilder().bytes()), BinaryKind::component);
  EXPECT_EQ(binary_kind(as_bytes("#!/bin/sh")), BinaryKind::neither);
}

TEST(ComponentReader, ErrorsSayWhere) {
  // A list of type 5, which isn't there.
  const auto component = ComponentBuilder().section(7, {1, 0x70, 5}).read();
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::invalid);
  EXPECT_EQ(component.error().message, "unknown type 5: type index out of bounds");
  EXPECT_EQ(component.error().offset, 12u);
}

TEST(ComponentReader, ErrorsInNestedComponentsCountFromTheStartOfTheFile) {
  const auto inner = ComponentBuilder().section(7, {1, 0x62}).bytes();
  const auto component = ComponentBuilder().section(4, inner).read();
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::malformed);
  EXPECT_EQ(component.error().offset, 8u + 2u + 8u + 2u + 1u);
}

TEST(ComponentReader, CountsBeyondTheFileAllocateNothing) {
  const auto component = ComponentBuilder().section(7, {0xff, 0xff, 0xff, 0xff, 0x0f}).read();
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::malformed);
}

TEST(ComponentReader, DeepNestingIsALimit) {
  std::vector<uint8_t> bytes = ComponentBuilder().bytes();
  for (uint32_t i = 0; i <= kMaxNesting; ++i) bytes = ComponentBuilder().section(4, bytes).bytes();
  const auto component = ComponentBuilder::read(bytes);
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::limit);
}

TEST(ComponentReader, TypesThatGrowExponentiallyAreALimit) {
  ComponentBuilder builder;
  builder.section(7, {1, 0x70, 0x7d});
  // (tuple T T), again and again: small in the file, and in memory as lists.
  for (uint8_t i = 0; i < 30; ++i) {
    const auto below = static_cast<uint8_t>(2 * i);
    builder.section(7, {2, 0x6f, 2, below, below, 0x70, static_cast<uint8_t>(below + 1)});
  }
  const auto component = builder.read();
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::limit);
}

TEST(ComponentReader, DeepTypesAreALimit) {
  ComponentBuilder builder;
  builder.section(7, {1, 0x70, 0x7d});
  for (uint8_t i = 0; i < kMaxTypeDepth; ++i) {
    // The index as an SLEB: one byte up to 63.
    if (i < 64)
      builder.section(7, {1, 0x70, i});
    else
      builder.section(7, {1, 0x70, static_cast<uint8_t>(0x80 | i), 0});
  }
  const auto component = builder.read();
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::limit);
}

TEST(ComponentReader, ValuesHaveNotShipped) {
  const auto component = ComponentBuilder().section(12, {0}).read();
  ASSERT_FALSE(component);
  EXPECT_EQ(component.error().kind, ErrorKind::unsupported);
}

TEST(ComponentReader, PlanOfAnImportedResource) {
  // (import "a:b/c@0.2.1" (instance (export "r" (type (sub resource)))))
  const auto component =
      ComponentBuilder()
          .section(7, {1, 0x42, 1, 0x04, 0x00, 1, 'r', 0x03, 0x01})
          .section(10, {1, 0x00, 11, 'a', ':', 'b', '/', 'c', '@', '0', '.', '2', '.', '1', 5, 0})
          .read();
  ASSERT_TRUE(component) << component.error().to_string();
  const ComponentCode& root = (*component)->root();
  ASSERT_EQ(root.plan.size(), 2u);
  EXPECT_EQ(std::get<step::Import>(root.plan[0]).sort, Sort::instance);
  const auto& bind = std::get<step::BindResource>(root.plan[1]);
  EXPECT_EQ(bind.path, std::vector<Name>{"r"});
  EXPECT_EQ(root.resource_names[bind.slot], "a:b/c.r");
  ASSERT_EQ(root.imported_resources.size(), 1u);
  EXPECT_EQ(root.imported_resources[0].interface, "a:b/c@0.2.1");
}

TEST(ComponentReader, OuterAliasesBecomeCapturesOnEveryLevel) {
  const std::vector<uint8_t> module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  const auto innermost = ComponentBuilder().section(6, {1, 0x00, 0x11, 0x02, 2, 0}).bytes();
  const auto middle = ComponentBuilder().section(4, innermost).bytes();
  const auto component = ComponentBuilder().section(1, module).section(4, middle).read();
  ASSERT_TRUE(component) << component.error().to_string();
  const ComponentCode& outer = *(*component)->root().nested[0];
  ASSERT_EQ(outer.captures.size(), 1u);
  EXPECT_FALSE(outer.captures[0].from_capture);
  ASSERT_EQ(outer.nested[0]->captures.size(), 1u);
  EXPECT_TRUE(outer.nested[0]->captures[0].from_capture);
}

}  // namespace
}  // namespace reprise::component
