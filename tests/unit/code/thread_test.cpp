// What threads may do: stores of one engine run on several, and interrupt() comes from anywhere.

#include <atomic>
#include <chrono>
#include <thread>

#include "guest.hpp"
#include "wasm/validate.hpp"

namespace reprise::code {
namespace {

constexpr std::string_view kFib = R"((module
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "spin") (loop $l (br $l)))))";

TEST(Threads, ShareAModulesCode) {
  World world;
  const auto code = world.load(kFib);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      auto store = std::move(*runtime::StoreCore::create(world.engine, {}));
      const auto made = runtime::instantiate(*store, code, {});
      const auto fib = std::get<FuncId>(*store->find_export(made->instance, "fib"));
      const Slot args[] = {15};
      const auto results = runtime::call(*store, fib, args);
      if (!results || results->at(0) != 610) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

/// A module whose types are partly its own and partly everybody's.
std::string with_types(int n) {
  std::string own;
  for (int i = 0; i <= n % 5; ++i) own += " i64";
  return R"((module
  (rec (type $list (sub (struct (field i32) (field (ref null $list)))))
       (type $pair (sub (struct (field (ref null $list)) (field (ref null $pair))))))
  (type $own (func (param)" +
         own + R"() (result i32)))
  (type $sum (func (param (ref null $list)) (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) $sum $own)
  (func $own (type $own) (i32.const )" +
         std::to_string(n % 5) + R"())
  (func $sum (type $sum)
    (if (result i32) (ref.is_null (local.get 0)) (then (i32.const 0))
      (else (i32.add (struct.get $list 0 (local.get 0))
                     (call_indirect (type $sum) (struct.get $list 1 (local.get 0))
                                    (i32.const 0))))))
  (func (export "run") (result i32)
    (i32.add (call_indirect (type $own) )" +
         [&] {
           std::string zeros;
           for (int i = 0; i <= n % 5; ++i) zeros += "(i64.const 0) ";
           return zeros;
         }() +
         R"((i32.const 1))
      (call $sum (struct.new $list (i32.const 1000)
        (struct.new $list (i32.const 337) (ref.null $list))))))))";
}

TEST(Threads, LoadModulesIntoOneEngine) {
  World world;
  constexpr int kThreads = 2, kRounds = 40;
  std::atomic<int> wrong{0};
  std::vector<std::vector<wasm::TypeId>> types(kThreads);
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; ++n) {
    threads.emplace_back([&, n] {
      for (int round = 0; round < kRounds; ++round) {
        const auto binary = text::encode_module(with_types(round));
        if (!binary) {
          ADD_FAILURE() << binary.error().to_string();
          return;
        }
        auto module = wasm::read_module(*binary, world.engine->types());
        if (!module || !wasm::validate_module(**module)) return void(++wrong);
        for (const wasm::TypeId id : (*module)->types) types[n].push_back(id);
        auto store = std::move(*runtime::StoreCore::create(world.engine, {}));
        const auto made = runtime::instantiate(*store, world.engine->load(*module), {});
        const auto run = std::get<FuncId>(*store->find_export(made->instance, "run"));
        const auto results = runtime::call(*store, run, {});
        if (!results || results->at(0) != static_cast<Slot>(1337 + round % 5)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  // Whoever came first, equal types are one.
  EXPECT_EQ(types[0], types[1]);
}

TEST(Threads, LowerTheFunctionsOfOneModule) {
  World world;
  std::string wat = "(module";
  for (int n = 0; n < 200; ++n) {
    wat += "(func (export \"f" + std::to_string(n) + "\") (result i32) (i32.const " +
           std::to_string(n) + "))";
  }
  const auto code = world.load(wat + ")");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&] {
      auto store = std::move(*runtime::StoreCore::create(world.engine, {}));
      const auto made = runtime::instantiate(*store, code, {});
      for (int n = 0; n < 200; ++n) {
        const auto f =
            std::get<FuncId>(*store->find_export(made->instance, "f" + std::to_string(n)));
        const auto results = runtime::call(*store, f, {});
        if (!results || results->at(0) != static_cast<Slot>(n)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, InterruptARunningGuest) {
  World world;
  const auto guest = world.instantiate(kFib);
  auto activation = std::move(*runtime::Activation::create(*world.store));
  ASSERT_TRUE(activation->start(world.function(guest, "spin"), {}));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    activation->interrupt();
  });
  EXPECT_EQ(activation->run(), runtime::Exit::trapped);
  EXPECT_EQ(activation->trap().kind, TrapKind::interrupted);
  other.join();
}

TEST(Threads, FaultsThatAreNobodysGoOn) {
  // The handler is installed; a null pointer outside guests still ends the process as it would
  // have.
  World world;
  EXPECT_DEATH(
      {
        volatile int* nowhere = nullptr;
        *nowhere = 1;
      },
      "");
}

}  // namespace
}  // namespace reprise::code
