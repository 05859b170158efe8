// What threads may do: stores of one engine run on several, and interrupt() comes from anywhere.

#include <atomic>
#include <chrono>
#include <thread>

#include "guest.hpp"

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
