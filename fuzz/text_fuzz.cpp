// Any text gives a Result: scripts, and through them modules, components and values.

#include <cstdint>
#include <string_view>

#include "text/script.hpp"
#include "text/wat.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(reprise::text::parse_script(text, "fuzz.wast"));
  static_cast<void>(reprise::text::encode(text, "fuzz.wat"));
  return 0;
}
