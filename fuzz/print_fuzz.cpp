// Any bytes give a Result when they are printed, and what was printed can be read again or refused.

#include <cstdint>

#include "text/print.hpp"
#include "text/wat.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto text = reprise::text::print({data, size});
  if (text) static_cast<void>(reprise::text::encode(*text, "fuzz.wat"));
  return 0;
}
