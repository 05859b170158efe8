// Stores and threads. A store stays on the thread that made it, unless its T says that it may go
// elsewhere; then it goes when the new thread says so, and not while a guest runs.

#include <cstdint>
#include <thread>

#include "example.hpp"
#include "reprise/linker.hpp"

namespace {

constexpr std::string_view kModule = R"((module
  (global $n (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (global.get $n))))";

/// Belongs to its thread: think of a window, or of a connection without locks.
struct Bound {};
/// May go along.
struct Free {};

}  // namespace

template <>
inline constexpr bool reprise::sendable<Free> = true;

int main() {
  using namespace reprise;
  using example::need;
  const Engine engine = need(Engine::create());
  const Module module = need(Module::read(engine, kModule, "next.wat"));

  auto bound = need(Store<Bound>::create(engine));
  Linker<Bound> for_bound;
  const CoreInstance here = need(for_bound.instantiate(bound, module).run());
  const auto next_here = need(here.func<int32_t()>("next"));
  std::string refusal;
  std::thread([&] { refusal = next_here.call(bound).run().error().to_string(); }).join();
  std::printf("bound: %s\n", refusal.c_str());
  std::printf("bound: still %d on its own thread\n", need(next_here.call(bound).run()));

  auto free = need(Store<Free>::create(engine));
  Linker<Free> for_free;
  const CoreInstance there = need(for_free.instantiate(free, module).run());
  const auto next_there = need(there.func<int32_t()>("next"));
  need(next_there.call(free).run());
  int32_t second = 0;
  std::thread([&] {
    need(free.move_here());
    second = need(next_there.call(free).run());
  }).join();
  need(free.move_here());
  std::printf("free: %d over there, %d back here\n", second, need(next_there.call(free).run()));
}
