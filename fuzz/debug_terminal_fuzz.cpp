// Whatever is typed: commands, places, expressions, formats.

#include "debug/terminal/terminal.hpp"
#include "debug_recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::debug;
  static const auto debugger = reprise::fuzz::open_recording();
  size_t printed = 0;
  Terminal terminal(*debugger, {.print = [&](std::string_view text) { printed += text.size(); },
                                .color = size % 2 == 1,
                                .source_directories = {}});
  size_t commands = 0;
  for (std::string_view rest(reinterpret_cast<const char*>(data), size);
       !rest.empty() && commands < 20; ++commands) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    terminal.complete(rest.substr(0, end));
    terminal.execute(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  terminal.execute("delete");
  return 0;
}
