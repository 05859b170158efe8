// Reservations, memories, tables and the heap, without any code running.

#include "runtime/memory.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "runtime/heap.hpp"
#include "runtime/table.hpp"

namespace reprise::runtime {
namespace {

wasm::MemoryType pages(uint64_t minimum, std::optional<uint64_t> maximum = {}, bool is_64 = false) {
  wasm::MemoryType type;
  type.limits = {minimum, maximum};
  type.is_64 = is_64;
  return type;
}

TEST(Memory, NeverMoves) {
  for (const Bounds bounds : {Bounds::guard_pages, Bounds::explicit_checks}) {
    auto memory = Memory::create(pages(1, 100), bounds, 1 << 30);
    ASSERT_TRUE(memory);
    uint8_t* const base = memory->base();
    base[65535] = 7;
    ASSERT_TRUE(memory->grow_to(100));
    EXPECT_EQ(memory->base(), base);
    EXPECT_EQ(base[65535], 7);
    EXPECT_EQ(base[100 * 65536 - 1], 0);
    EXPECT_FALSE(memory->grow_to(101));
    EXPECT_EQ(memory->pages(), 100u);
  }
}

TEST(Memory, KnowsWhatItContains) {
  auto memory = Memory::create(pages(1), Bounds::explicit_checks, 1 << 20);
  ASSERT_TRUE(memory);
  EXPECT_TRUE(memory->contains(65535, 1));
  EXPECT_TRUE(memory->contains(65536, 0));
  EXPECT_FALSE(memory->contains(65535, 2));
  EXPECT_FALSE(memory->contains(65537, 0));
  EXPECT_FALSE(memory->contains(UINT64_MAX, 2));
  EXPECT_EQ(memory->max_pages(), 16u);
}

TEST(Memory, RefusesWhatTheStoreDoesNotAllow) {
  const auto memory = Memory::create(pages(17), Bounds::guard_pages, 1 << 20);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().kind, ErrorKind::limit);
  // A 64-bit memory may declare more than there are addresses; what counts is what it may grow to.
  EXPECT_TRUE(Memory::create(pages(0, uint64_t{1} << 48, true), Bounds::guard_pages, 1 << 20));
}

TEST(Table, GrowsAndKeepsItsElements) {
  wasm::TableType type;
  type.limits = {2, 1000};
  auto table = Table::create(type, 5, 10'000);
  ASSERT_TRUE(table);
  for (uint64_t size = 3; size <= 1000; ++size) ASSERT_TRUE(table->grow_to(size, size));
  EXPECT_FALSE(table->grow_to(1001, 0));
  EXPECT_EQ(table->elements()[1], 5u);
  EXPECT_EQ(table->elements()[2], 3u);
  EXPECT_EQ(table->elements()[999], 1000u);
  EXPECT_FALSE(table->contains(999, 2));
}

TEST(StableArray, DoesNotMoveItsElements) {
  auto array = StableArray<uint64_t>::reserve(1 << 20);
  ASSERT_TRUE(array);
  ASSERT_TRUE(array->extend(1));
  uint64_t* const first = array->data();
  *first = 1;
  EXPECT_EQ(*array->extend((1 << 20) - 1), 1u);
  EXPECT_EQ(array->data(), first);
  EXPECT_FALSE(array->extend(1));
  (*array)[100] = 3;
  array->truncate(50);
  EXPECT_EQ(*array->extend(100), 50u);
  EXPECT_EQ((*array)[100], 0u);
}

class Heaps : public testing::Test {
 protected:
  Heaps() : heap(types, 1 << 20) {
    wasm::SubType array;
    array.composite = wasm::ArrayType{{wasm::kAnyref, wasm::Packing::none, true}};
    references = *types.intern({array});
    array.composite = wasm::ArrayType{{wasm::kI32, wasm::Packing::i8, true}};
    bytes = *types.intern({array});
  }
  void collect(std::vector<Slot> roots) {
    heap.collect(
        [&] {
          for (Slot root : roots) heap.mark(root);
        },
        [](TagId) { return std::span<const wasm::ValueType>(); });
  }

  wasm::TypeRegistry types;
  wasm::TypeId references;
  wasm::TypeId bytes;
  Heap heap;
};

TEST_F(Heaps, KeepsWhatRootsReach) {
  const Slot a = heap.allocate_array(references, 3);
  const Slot b = heap.allocate_array(bytes, 100);
  const Slot c = heap.allocate_array(references, 1);
  heap.slots(a)[1] = b;
  heap.slots(a)[2] = a;  // a cycle
  heap.slots(c)[0] = b;
  heap.elements(b)[99] = 42;
  collect({a, 12345, 8 * 12345});
  EXPECT_TRUE(heap.is_object(a));
  EXPECT_TRUE(heap.is_object(b));
  EXPECT_FALSE(heap.is_object(c));
  EXPECT_EQ(heap.elements(b)[99], 42);
  collect({b});
  EXPECT_FALSE(heap.is_object(a));
  EXPECT_EQ(heap.length(b), 100u);
}

TEST_F(Heaps, FillsItsHoles) {
  // Kept and dropped ones alternate, so that the holes lie scattered.
  std::vector<Slot> kept;
  for (int round = 0; round < 200; ++round) {
    for (uint32_t n = 0; n < 100; ++n) {
      const Slot object = heap.allocate_array(bytes, 8 + n * 7 % 900);
      ASSERT_NE(object, kNullRef) << "round " << round;
      for (uint32_t i = 0; i < heap.length(object); ++i) ASSERT_EQ(heap.elements(object)[i], 0);
      std::memset(heap.elements(object), 0xff, heap.length(object));
      if (n % 10 == 0) kept.push_back(object);
    }
    if (kept.size() > 300) kept.erase(kept.begin(), kept.begin() + 100);
    collect(kept);
  }
  for (Slot object : kept) {
    EXPECT_TRUE(heap.is_object(object));
    EXPECT_EQ(heap.elements(object)[0], 0xff);
  }
}

TEST_F(Heaps, EndsAtItsLimit) {
  EXPECT_EQ(heap.allocate_array(bytes, 2 << 20), kNullRef);
  EXPECT_EQ(heap.allocate_array(bytes, UINT32_MAX), kNullRef);
  EXPECT_NE(heap.allocate_array(bytes, 1 << 19), kNullRef);
  EXPECT_EQ(heap.allocate_array(bytes, 1 << 19), kNullRef);
  collect({});
  EXPECT_NE(heap.allocate_array(bytes, 1 << 19), kNullRef);
}

}  // namespace
}  // namespace reprise::runtime
