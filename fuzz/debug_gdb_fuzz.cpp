// Whatever a client of the GDB remote protocol sends, as packets and as bytes.

#include "debug/gdb/server.hpp"
#include "debug_recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::debug;
  static const auto debugger = reprise::fuzz::open_recording();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  gdb::PacketReader reader;
  reader.feed(input.substr(0, size / 2));
  while (reader.next()) {
  }
  reader.feed(input.substr(size / 2));
  while (reader.next()) {
  }
  gdb::Server server(*debugger, [](std::string_view) { return std::string(); });
  size_t packets = 0;
  for (std::string_view rest = input; !rest.empty() && packets < 20; ++packets) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    server.answer(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  while (!debugger->breakpoints().empty()) (void)debugger->remove(debugger->breakpoints()[0].id);
  while (!debugger->watchpoints().empty()) (void)debugger->remove(debugger->watchpoints()[0].id);
  return 0;
}
