// Names and printing of traps.

#include "reprise/trap.hpp"

#include <fmt/format.h>

namespace reprise {

std::string_view to_string(TrapKind kind) {
  switch (kind) {
#define REPRISE_TRAP(name, text) \
  case TrapKind::name:           \
    return text;
#include "reprise/traps.def"
#undef REPRISE_TRAP
  }
  return "unknown trap";
}

Trap Trap::of(TrapKind kind) {
  return {kind, std::string(reprise::to_string(kind)), 0, {}};
}

Trap Trap::host(std::string message) {
  return {TrapKind::host, std::move(message), 0, {}};
}

Trap Trap::exit(int32_t code) {
  return {TrapKind::exit, fmt::format("exit with code {}", code), code, {}};
}

std::string Trap::to_string() const {
  std::string out = message;
  size_t n = 0;
  for (const Frame& frame : frames) {
    out += fmt::format("\n  {}: ", n++);
    if (!frame.module.empty()) out += frame.module + "!";
    out += frame.function_name.empty() ? fmt::format("func[{}]", frame.function_index)
                                       : frame.function_name;
    if (frame.module_offset) out += fmt::format(" @ 0x{:x}", *frame.module_offset);
    if (frame.source)
      out +=
          fmt::format(" at {}:{}:{}", frame.source->file, frame.source->line, frame.source->column);
  }
  return out;
}

}  // namespace reprise
