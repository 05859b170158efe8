// Any bytes: reading and validating a module gives a module or an error.

#include <cstddef>
#include <cstdint>

#include "wasm/reader.hpp"
#include "wasm/validate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::wasm;
  auto module =
      read_module(ModuleBytes{{data, size}, nullptr, 0}, std::make_shared<TypeRegistry>());
  if (!module) return 0;
  (void)(*module)->names();
  // Each body alone, as lazy validation does it: one bad function says nothing about the next.
  WalkScratch scratch;
  for (uint32_t i = (*module)->imported_functions; i < (*module)->functions.size(); ++i)
    (void)validate_function(**module, i, scratch);
  return 0;
}
