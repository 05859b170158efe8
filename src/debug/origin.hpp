// Where bytes of memory come from.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "debug/stop.hpp"

namespace reprise::debug {

/// The last write to a place before now.
struct Origin {
  enum class Kind : uint8_t {
    instruction,  // a guest's store, bulk operation or global.set
    host,         // a host call's results were written there: see `event`
    initial,      // nobody wrote it: a data segment, the global's initial value, or zero
  };
  Kind kind = Kind::initial;
  /// Just before the write.
  Time time;
  /// Of an instruction; of a host call: the call.
  std::optional<CodeLocation> code;
  /// "quicksort at sort.c:41", "wasi:random#get-random-bytes", "data segment 2".
  std::string description;
  std::vector<uint8_t> before;
  std::vector<uint8_t> after;
  /// Of a host call: its event.
  std::optional<uint64_t> event;
};

/// The most links of a chain.
inline constexpr size_t kMaxOriginLinks = 128;

/// A value in a frame: bytes of a local or of an operand.
struct FrameValue {
  size_t frame = 0;  // of Debugger::frames()
  bool is_operand = false;
  uint32_t index = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

using OriginPlace = std::variant<MemoryRange, GlobalPlace, FrameValue>;

/// A link of a chain of copies, from the latest back.
struct OriginStep {
  enum class Kind : uint8_t {
    store,         // memory written by an instruction, from a value on the stack
    local,         // the value came through a local
    argument,      // it was a parameter; goes on in the caller, if that is a guest
    result,        // it came out of a call
    load,          // it was loaded from memory at `place`; goes on there
    copy,          // memory.copy from `place`
    global,        // it was read from a global
    constant,      // the end: it stands in the code
    computed,      // the end: an instruction computed it, of the values that it tells
    host,          // the end: a host call's result: `event`, `field`, `byte`
    data_segment,  // the end: the module's own data
    zero,          // the end: as memory, or a local, was at first
    lost,          // the end: here it cannot be followed, for the reason that it tells
  };
  Kind kind = Kind::lost;
  /// Just before what happened.
  Time time;
  std::optional<CodeLocation> code;
  std::optional<MemoryRange> place;
  /// What happened, for a person: "stored by insert at table.c:88".
  std::string description;
  std::optional<uint64_t> event;
  /// Which part of the result: "ok[12]"; empty if it is the whole, or unknown.
  std::string field;
  /// The byte of the encoded result.
  std::optional<uint64_t> byte;
};

}  // namespace reprise::debug
