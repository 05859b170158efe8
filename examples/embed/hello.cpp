// The smallest embedding: a component that calls its host once, in text for the sake of the
// example. Its export `run` adds 1 to what the host makes of its argument.

#include <cstdint>
#include <cstdio>

#include "reprise/linker.hpp"

namespace {

constexpr std::string_view kComponent = R"((component
  (import "example:app/math@1.0.0" (instance $math
    (export "double" (func (param "x" u32) (result u32)))))
  (core func $double (canon lower (func $math "double")))
  (core module $m
    (import "" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (i32.add (i32.const 1) (call $double (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance (export "double" (func $double))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $i "run")))
))";

struct App {
  int calls = 0;
};

int report(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

}  // namespace

int main() {
  using namespace reprise;
  auto engine = Engine::create();
  if (!engine) return report(engine.error().to_string());
  auto component = Component::read(*engine, kComponent, "hello.wat");
  if (!component) return report(component.error().to_string());
  auto store = Store<App>::create(*engine);
  if (!store) return report(store.error().to_string());

  Linker<App> linker;
  auto defined = linker.func("example:app/math@1.0.0", "double", [](Call<App> call, uint32_t x) {
    ++call.data().calls;
    return 2 * x;
  });
  if (!defined) return report(defined.error().to_string());

  auto instance = linker.instantiate(*store, *component).run();
  if (!instance) return report(instance.error().to_string());
  auto run = instance->func<uint32_t(uint32_t)>("", "run");
  if (!run) return report(run.error().to_string());
  auto result = run->call(*store, 20).run();
  if (!result) return report(result.error().to_string());
  std::printf("run(20) = %u, after %d call of the host\n", *result, store->data().calls);
}
