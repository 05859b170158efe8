// A trap: the way a guest stops without returning. A value, not an Error (see result.hpp), because
// trapping, or leaving by proc_exit, is something that programs legitimately do; a trap is also
// what a recording keeps and what a replay must reproduce.
//
//   if (const Trap* trap = failure.trap()) std::fputs(trap->to_string().c_str(), stderr);
//
// The backtrace names what the guest's binary itself can name: function index, function name (from
// the name section) and the byte offset of the instruction in the module. Source lines are filled
// into `Frame::source` by whoever has the debug information. Thread rules: plain data.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise {

enum class TrapKind : uint8_t {
#define REPRISE_TRAP(name, text) name,
#include "reprise/traps.def"
#undef REPRISE_TRAP
};

/// The words the conformance scripts expect ("integer divide by zero").
std::string_view to_string(TrapKind kind);

struct SourceLocation {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
};

struct Frame {
  /// Name of the module (or component instance) the function belongs to; may be empty.
  std::string module;
  /// Index in the module's function index space. A host function has the index it was imported at.
  uint32_t function_index = 0;
  /// From the name section, else the export name, else empty.
  std::string function_name;
  /// Of the instruction that is executing (innermost frame) or calling, from the start of the
  /// module; none in a host function.
  std::optional<uint64_t> module_offset;
  std::optional<SourceLocation> source;
};

struct Trap {
  TrapKind kind = TrapKind::host;
  /// What a person reads; for kinds of the specification it begins with to_string(kind).
  std::string message;
  /// For TrapKind::exit.
  int32_t exit_code = 0;
  /// Innermost first; at most kMaxBacktraceFrames, the outermost ones are left out.
  std::vector<Frame> frames = {};

  static constexpr size_t kMaxBacktraceFrames = 64;

  /// A trap of the specification, with its usual message.
  static Trap of(TrapKind kind);
  /// A trap raised by a host function.
  static Trap host(std::string message);
  /// The guest asked to end, with this code.
  static Trap exit(int32_t code);

  /// The message, and one line per frame.
  std::string to_string() const;
};

/// What may trap gives a TrapOr<T>; REPRISE_TRY and REPRISE_ASSIGN work on it, too.
template <class T>
using TrapOr = std::expected<T, Trap>;

inline std::unexpected<Trap> trap(TrapKind kind, std::string message) {
  return std::unexpected(Trap{kind, std::move(message)});
}

}  // namespace reprise
