// Traps: how a guest's run ends when it breaks a rule. A trap is a value that travels beside Error:
// a trap is the guest's doing and legitimate (it is recorded and replayed), an Error is ours or a
// file's. Traps always end the activation that they happen in.

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace reprise {

enum class TrapKind : uint8_t {
  // What a canonical lift or lower finds wrong (spec: CanonicalABI.md).
  abi_out_of_bounds,  // a pointer, with its length, leaves the memory
  abi_misaligned,     // a pointer is not aligned for what it points to
  abi_too_long,       // a string or list is longer than the limit of the ABI
  abi_invalid_utf8,   // a string is not well-formed
  abi_invalid_utf16,  //
  abi_invalid_char,   // a char is not a Unicode scalar value
  abi_invalid_case,   // a discriminant names no case
  handle,             // a handle is unknown, of another type, lent, or not owned
  host,               // a host function asked for it
};

/// The kind as lower-case words ("out of bounds").
std::string_view to_string(TrapKind kind);

struct Trap {
  TrapKind kind = TrapKind::host;
  std::string message;
};

/// What may trap gives a TrapOr<T>; REPRISE_TRY and REPRISE_ASSIGN work on it, too.
template <class T>
using TrapOr = std::expected<T, Trap>;

inline std::unexpected<Trap> trap(TrapKind kind, std::string message) {
  return std::unexpected(Trap{kind, std::move(message)});
}

}  // namespace reprise
