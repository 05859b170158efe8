// Any bytes as a component: read and validated, nothing run.

#include <cstddef>
#include <cstdint>

#include "component/component.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise;
  (void)component::read_component(wasm::ModuleBytes{.bytes = {data, size}, .owner = nullptr},
                                  std::make_shared<wasm::TypeRegistry>());
  return 0;
}
