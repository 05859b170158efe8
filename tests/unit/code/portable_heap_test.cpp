// The heap in a form for other processes: it means the same where types have other numbers, and
// whatever the bytes hold, a heap that is taken back can be used.

#include "runtime/portable_heap.hpp"

#include <random>

#include "guest.hpp"

namespace reprise::code {
namespace {

// Structs with fields of every kind, arrays of references and of bytes, exceptions, and garbage
// between them.
constexpr std::string_view kObjects = R"((module
  (type $bytes (array (mut i8)))
  (rec
    (type $tree (struct (field $left (ref null $tree)) (field $value i64) (field $f (ref func))
                        (field $names (ref $bytes)) (field $v v128) (field $any anyref)
                        (field $small (mut i8))))
    (type $row (array (mut (ref null $tree)))))
  (tag $thrown (param i64 (ref null $tree)))
  (global $root (mut (ref null $row)) (ref.null $row))
  (global $caught (mut exnref) (ref.null exn))
  (func $f (export "f"))
  (elem declare func $f)
  (func $tree (param $depth i32) (result (ref null $tree))
    (if (result (ref null $tree)) (local.get $depth)
      (then
        (drop (array.new_default $bytes (local.get $depth)))
        (struct.new $tree
          (call $tree (i32.sub (local.get $depth) (i32.const 1)))
          (i64.extend_i32_u (local.get $depth))
          (ref.func $f)
          (array.new $bytes (local.get $depth) (i32.mul (local.get $depth) (i32.const 3)))
          (v128.const i64x2 1 2)
          (ref.i31 (local.get $depth))
          (local.get $depth)))
      (else (ref.null $tree))))
  (func (export "make") (param $n i32)
    (global.set $root (array.new_default $row (local.get $n)))
    (loop $next
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (array.set $row (global.get $root) (local.get $n) (call $tree (local.get $n)))
      (br_if $next (local.get $n)))
    (global.set $caught
      (block $h (result exnref)
        (try_table (catch_all_ref $h)
          (throw $thrown (i64.const 77) (array.get $row (global.get $root) (i32.const 2))))
        (unreachable))))
  (func $sum (param $t (ref null $tree)) (result i64)
    (if (result i64) (ref.is_null (local.get $t))
      (then (i64.const 0))
      (else
        (i64.add
          (i64.add (struct.get $tree $value (local.get $t))
                   (call $sum (struct.get $tree $left (local.get $t))))
          (i64.extend_i32_u
            (i32.add (array.get_u $bytes (struct.get $tree $names (local.get $t)) (i32.const 0))
                     (i31.get_s (ref.cast (ref i31) (struct.get $tree $any (local.get $t))))))))))
  (func (export "sum") (result i64) (local $i i32) (local $s i64)
    (local $t (ref null $tree)) (local $n i64)
    (loop $next
      (local.set $s (i64.add (local.get $s)
        (call $sum (array.get $row (global.get $root) (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (array.len (global.get $root)))))
    (block $h (result i64 (ref null $tree))
      (try_table (catch $thrown $h) (throw_ref (global.get $caught)))
      (unreachable))
    (local.set $t)
    (i64.add (local.get $s))
    (i64.add (call $sum (local.get $t)))))
)";

/// A world with types of its own before those of the module.
struct OtherWorld : World {
  explicit OtherWorld(int types) {
    for (int i = 0; i < types; ++i)
      (void)type(std::vector<wasm::ValueType>(static_cast<size_t>(i) + 20, wasm::kI64), {});
    guest = instantiate(kObjects);
  }
  runtime::InstanceId guest;
};

struct Frozen {
  runtime::PortableHeap heap;
  std::vector<uint8_t> raw;
  Slot root = 0, caught = 0;
};

Frozen freeze(OtherWorld& world) {
  EXPECT_TRUE(world.call(world.guest, "make", {10}));
  world.store->collect();
  EXPECT_TRUE(world.call(world.guest, "make", {12}));
  Frozen made;
  ByteWriter raw;
  world.store->heap().freeze(raw);
  made.raw = raw.take();
  auto heap = runtime::to_portable(*world.store, made.raw);
  EXPECT_TRUE(heap) << heap.error().to_string();
  made.heap = std::move(*heap);
  made.root = world.store->global(world.store->instance(world.guest).global_ids[0]).value[0];
  made.caught = world.store->global(world.store->instance(world.guest).global_ids[1]).value[0];
  return made;
}

/// As when a snapshot is put back.
Result<void> thaw(OtherWorld& world, Bytes state, Bytes objects, const Frozen& frozen) {
  runtime::StoreCore& store = *world.store;
  REPRISE_ASSIGN(const auto raw, runtime::from_portable(store, state, objects));
  ByteReader in(raw);
  REPRISE_TRY(store.heap().thaw(in));
  store.note_thawed();
  REPRISE_TRY(runtime::check_objects(store));
  const auto& globals = store.instance(world.guest).global_ids;
  const Slot values[] = {frozen.root, frozen.caught};
  for (size_t i = 0; i < 2; ++i) {
    runtime::Global& global = store.global(globals[i]);
    if (!store.is_reference(values[i], global.type.value))
      return fail(ErrorKind::malformed, "no reference");
    global.value[0] = values[i];
  }
  return ok();
}

TEST(PortableHeap, MeansTheSameWhereTypesHaveOtherNumbers) {
  OtherWorld here(0), there(7);
  const Frozen frozen = freeze(here);
  const auto put_back = thaw(there, frozen.heap.state, frozen.heap.objects, frozen);
  ASSERT_TRUE(put_back) << put_back.error().to_string();
  const auto sum = here.value(here.guest, "sum");
  EXPECT_GT(sum, 0u);
  EXPECT_EQ(there.value(there.guest, "sum"), sum);
  // The same objects are made at the same places from here on.
  ASSERT_TRUE(here.call(here.guest, "make", {9}));
  ASSERT_TRUE(there.call(there.guest, "make", {9}));
  EXPECT_EQ(there.store->heap().used_bytes(), here.store->heap().used_bytes());
  EXPECT_EQ(there.value(there.guest, "sum"), here.value(here.guest, "sum"));
}

TEST(PortableHeap, HarmsNobodyWhateverItHolds) {
  OtherWorld here(0);
  const Frozen frozen = freeze(here);
  OtherWorld there(3);
  const uint32_t seed = 20261127;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  size_t taken = 0;
  for (int round = 0; round < 3000; ++round) {
    runtime::PortableHeap changed = frozen.heap;
    std::vector<uint8_t>& bytes = round % 4 == 0 ? changed.state : changed.objects;
    for (int i = 0; i < 1 + round % 3; ++i) {
      // Low bytes of words make small numbers, which are more often believed.
      const size_t at = random() % bytes.size();
      bytes[at] = static_cast<uint8_t>(random() % 2 ? random() : random() % 32);
    }
    if (round % 50 == 49) bytes.resize(random() % bytes.size());
    if (!thaw(there, changed.state, changed.objects, frozen)) continue;
    ++taken;
    there.store->collect();
    (void)there.call(there.guest, "make", {5});
    there.store->collect();
  }
  EXPECT_GT(taken, 50u);
  EXPECT_LT(taken, 2900u);
}

TEST(PortableHeap, HasOnlyTypesThatModulesHave) {
  World empty;
  OtherWorld here(0);
  const Frozen frozen = freeze(here);
  EXPECT_FALSE(runtime::to_portable(*empty.store, frozen.raw));
  EXPECT_FALSE(runtime::from_portable(*empty.store, frozen.heap.state, frozen.heap.objects));
}

}  // namespace
}  // namespace reprise::code
