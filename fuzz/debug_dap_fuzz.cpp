// Whatever a client of the Debug Adapter Protocol sends: bytes, and the arguments of requests.

#include "debug/dap/message.hpp"
#include "debug/dap/session.hpp"
#include "debug_recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise::debug;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  dap::MessageReader reader;
  reader.feed(input);
  while (reader.next()) {
  }
  static dap::Session* const session = [] {
    auto* made = new dap::Session({}, [](const dap::Json& message) { dap::to_text(message); });
    made->adopt(reprise::fuzz::open_recording());
    return made;
  }();
  size_t messages = 0;
  for (std::string_view rest = input; !rest.empty() && messages < 20; ++messages) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    session->handle(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
