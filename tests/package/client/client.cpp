// Includes every public header that an embedder starts from, and calls a component.

#include <cstdint>

#include "reprise/component.hpp"
#include "reprise/engine.hpp"
#include "reprise/instance.hpp"
#include "reprise/linker.hpp"
#include "reprise/store.hpp"

namespace {
constexpr std::string_view kComponent = R"((component
  (core module $m (func (export "next") (param i32) (result i32)
    (i32.add (i32.const 1) (local.get 0))))
  (core instance $i (instantiate $m))
  (func (export "next") (param "x" u32) (result u32) (canon lift (core func $i "next")))
))";
}

int main() {
  using namespace reprise;
  auto engine = Engine::create();
  if (!engine) return 1;
  auto component = Component::read(*engine, kComponent);
  if (!component) return 2;
  auto store = Store<int>::create(*engine);
  if (!store) return 3;
  Linker<int> linker;
  auto instance = linker.instantiate(*store, *component).run();
  if (!instance) return 4;
  auto next = instance->func<uint32_t(uint32_t)>("", "next");
  if (!next) return 5;
  auto result = next->call(*store, 41).run();
  return result && *result == 42 ? 0 : 6;
}
