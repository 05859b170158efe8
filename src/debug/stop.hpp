// Why a run is stopped, and what it can be asked to stop at.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "debug/time.hpp"
#include "reprise/trap.hpp"

namespace reprise::debug {

/// A place in the code: which of Debugger::modules(), and the instruction's offset in that module.
struct CodeLocation {
  uint32_t module = 0;
  uint64_t offset = 0;

  auto operator<=>(const CodeLocation&) const = default;
};

/// Bytes of a memory, by its number in Debugger::memories().
struct MemoryRange {
  uint32_t memory = 0;
  uint64_t address = 0;
  uint64_t size = 0;

  bool operator==(const MemoryRange&) const = default;
};

/// By its number in Debugger::globals().
struct GlobalPlace {
  uint32_t global = 0;

  bool operator==(const GlobalPlace&) const = default;
};

using WatchPlace = std::variant<MemoryRange, GlobalPlace>;

/// Where a breakpoint stands, as it was asked for.
struct FunctionPlace {
  /// A source function ("Cart::add") or, where the module has no debug information, the name in the
  /// name section or an export's.
  std::string function;
};
struct LinePlace {
  std::string file;  // may leave out leading directories
  uint32_t line = 0;
};
/// Stops before the guest calls the host, before the host calls the guest, and before a guest call
/// ends.
struct EventPlace {
  /// A part of the function's full name ("wasi:io/streams@0.2.12#[method]output-stream.write"), or,
  /// between slashes, a regular expression. Empty: any.
  std::string name;
  /// A part of the arguments' WAVE text. Empty: any.
  std::string arguments;
};

using BreakPlace = std::variant<FunctionPlace, LinePlace, CodeLocation, EventPlace>;

struct Breakpoint {
  uint32_t id = 0;
  BreakPlace place = {};
  /// An expression of the source language at the breakpoint; it stops where that is not zero.
  std::string condition = {};
  /// It is passed so often, going forward, before it stops. Backwards it always stops, and the
  /// count stays.
  uint64_t ignore = 0;
  bool enabled = true;
  /// It is removed when it has stopped the run.
  bool once = false;

  // Filled in by the debugger.
  /// Where it stops; several for a line whose code was copied.
  std::vector<CodeLocation> code = {};
  /// "quicksort at sort.c:41", one for each of `code`.
  std::vector<std::string> descriptions = {};
  uint64_t hits = 0;
};

struct Watchpoint {
  uint32_t id = 0;
  WatchPlace place = {};
  /// As it was typed, for lists.
  std::string text = {};
  bool enabled = true;

  uint64_t hits = 0;
};

/// A watched place that was written. Values are raw bytes (of a global: of its slot).
struct WatchHit {
  uint32_t id = 0;
  std::vector<uint8_t> before;
  std::vector<uint8_t> after;
};

struct Stop {
  enum class Reason : uint8_t {
    start,        // at the beginning of the recording
    end,          // at the end of the recording: the run was clean, or the trace was cut
    exit,         // at the end: the guest ended with `exit_code`
    trap,         // at the end: the guest trapped, see `trap`
    breakpoint,   // before the instruction, or the event
    watchpoint,   // behind the instruction that wrote, forwards; before it, backwards
    step,         // where a step or seek was to lead
    divergence,   // the run is not as recorded: see `text`
    interrupted,  // somebody called interrupt()
  };
  Reason reason = Reason::step;
  Time time;
  std::vector<uint32_t> breakpoints;
  std::optional<WatchHit> watch;
  std::optional<Trap> trap;
  int32_t exit_code = 0;
  /// What to tell a person, where the reason doesn't say it all.
  std::string text;
};

std::string_view to_string(Stop::Reason reason);

}  // namespace reprise::debug
