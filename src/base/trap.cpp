// Names of traps.

#include "reprise/trap.hpp"

namespace reprise {

std::string_view to_string(TrapKind kind) {
  switch (kind) {
    case TrapKind::abi_out_of_bounds:
      return "out of bounds";
    case TrapKind::abi_misaligned:
      return "misaligned pointer";
    case TrapKind::abi_too_long:
      return "string or list too long";
    case TrapKind::abi_invalid_utf8:
      return "invalid utf-8";
    case TrapKind::abi_invalid_utf16:
      return "invalid utf-16";
    case TrapKind::abi_invalid_char:
      return "invalid char";
    case TrapKind::abi_invalid_case:
      return "invalid discriminant";
    case TrapKind::handle:
      return "invalid handle";
    case TrapKind::host:
      return "host trap";
  }
  return "trap";
}

}  // namespace reprise
