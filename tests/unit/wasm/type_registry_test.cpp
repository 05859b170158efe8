#include "wasm/type_registry.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace reprise::wasm {
namespace {

SubType struct_of(std::vector<FieldType> fields, std::optional<HeapType> super = std::nullopt) {
  SubType type;
  type.is_final = false;
  type.super = super;
  type.composite = StructType{std::move(fields)};
  return type;
}

FieldType ref_field(HeapType heap) {
  return {ValueType::reference(heap, true), Packing::none, false};
}

TEST(TypeRegistry, EqualTypesHaveOneId) {
  TypeRegistry registry;
  const TypeId a = registry.intern_func({kI32}, {kI64}).value();
  EXPECT_EQ(registry.intern_func({kI32}, {kI64}).value(), a);
  EXPECT_NE(registry.intern_func({kI64}, {kI32}).value(), a);
  // The same words split otherwise between parameters and results.
  EXPECT_NE(registry.intern_func({kI32, kI64}, {}).value(), a);
}

TEST(TypeRegistry, RecursiveGroupsAreEqualByStructure) {
  TypeRegistry registry;
  const auto list = [] { return struct_of({ref_field(HeapType::group_member(0))}); };
  const TypeId first = registry.intern({list()}).value();
  EXPECT_EQ(registry.intern({list()}).value(), first);
  // The same structure in a group of two is another type (spec: rolling is by whole group).
  EXPECT_NE(registry.intern({list(), list()}).value(), first);
  EXPECT_EQ(registry[first].struct_type()->fields[0].value.heap().id(), first);
}

TEST(TypeRegistry, SubtypingFollowsDeclaredSupertypes) {
  TypeRegistry registry;
  const FieldType number{kI32, Packing::none, false};
  const TypeId top = registry.intern({struct_of({})}).value();
  const TypeId middle = registry.intern({struct_of({number}, HeapType(top))}).value();
  const TypeId bottom = registry.intern({struct_of({number, number}, HeapType(middle))}).value();
  const TypeId stranger = registry.intern({struct_of({number})}).value();
  EXPECT_TRUE(registry.matches(bottom, top));
  EXPECT_TRUE(registry.matches(bottom, middle));
  EXPECT_FALSE(registry.matches(top, bottom));
  EXPECT_FALSE(registry.matches(bottom, stranger));
  EXPECT_TRUE(registry.matches(HeapType(bottom), HeapType(AbstractHeapType::eq)));
  EXPECT_FALSE(registry.matches(HeapType(bottom), HeapType(AbstractHeapType::func)));
  EXPECT_TRUE(registry.matches(HeapType(AbstractHeapType::none), HeapType(bottom)));
  EXPECT_TRUE(registry.matches(ValueType::reference(bottom, false), kAnyref));
  EXPECT_FALSE(
      registry.matches(ValueType::reference(bottom, true), ValueType::reference(bottom, false)));
}

TEST(TypeRegistry, MembersMayMatchByWayOfLaterMembers) {
  TypeRegistry registry;
  // 0: sub (struct (field (ref null 2))), 1: its subtype (struct (field (ref null 3))), 2, 3 <: 2.
  const auto member = [](uint32_t k) { return HeapType::group_member(k); };
  auto group = registry.intern({struct_of({ref_field(member(2))}),
                                struct_of({ref_field(member(3))}, member(0)), struct_of({}),
                                struct_of({}, member(2))});
  ASSERT_TRUE(group) << group.error().to_string();
  EXPECT_TRUE(registry.matches(TypeId(group->value + 1), *group));
}

TEST(TypeRegistry, ARefusedGroupLeavesNothingBehind) {
  TypeRegistry registry;
  const TypeId super = registry.intern({struct_of({ref_field(AbstractHeapType::any)})}).value();
  const uint32_t before = registry.size();
  auto refused = registry.intern({struct_of({}, HeapType(super))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_TRUE(refused.error().message.starts_with("sub type")) << refused.error().message;
  EXPECT_EQ(registry.size(), before);
  EXPECT_FALSE(registry.intern({struct_of({}, HeapType(super))}));
  EXPECT_EQ(registry.intern_func({}, {}).value().value, before);
}

TEST(TypeRegistry, AFinalTypeHasNoSubtypes) {
  TypeRegistry registry;
  const TypeId final_type = registry.intern_func({}, {}).value();
  SubType sub;
  sub.super = HeapType(final_type);
  sub.composite = FuncType{};
  EXPECT_FALSE(registry.intern({sub}));
}

TEST(TypeRegistry, DepthIsLimited) {
  TypeRegistry registry;
  TypeId last = registry.intern({struct_of({})}).value();
  for (uint32_t depth = 1; depth <= limits::kSubtypeDepth; ++depth)
    last = registry.intern({struct_of({}, HeapType(last))}).value();
  auto beyond = registry.intern({struct_of({}, HeapType(last))});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, ErrorKind::limit);
}

TEST(TypeRegistry, ThreadsAgreeOnIds) {
  TypeRegistry registry;
  std::vector<std::vector<TypeId>> seen(4);
  std::vector<std::thread> threads;
  for (auto& ids : seen)
    threads.emplace_back([&registry, &ids] {
      for (size_t n = 0; n < 600; ++n) {
        const TypeId id = registry.intern_func(std::vector<ValueType>(n, kI32), {}).value();
        EXPECT_EQ(registry.func(id)->parameter_slots, n);
        ids.push_back(id);
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& ids : seen) EXPECT_EQ(ids, seen[0]);
  EXPECT_EQ(registry.size(), 600u);
}

}  // namespace
}  // namespace reprise::wasm
