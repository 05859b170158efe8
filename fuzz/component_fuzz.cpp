// Any bytes as a component: read and validated, nothing run.

#include <cstddef>
#include <cstdint>

#include "component/component.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise;
  const auto component =
      component::read_component(wasm::ModuleBytes{.bytes = {data, size}, .owner = nullptr},
                                std::make_shared<wasm::TypeRegistry>());
  if (component) (void)component::validate_bodies(**component);
  return 0;
}
