// A typed value of a stopped guest: in memory, where it is read from when somebody looks, or put
// together from locals, constants and pieces when it was located.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "debug/dwarf/frame_state.hpp"
#include "debug/dwarf/unit.hpp"
#include "reprise/result.hpp"

namespace reprise::debug {

struct Value {
  /// What `type` is to the value. The results of expressions may be of types no entry describes.
  enum class Form : uint8_t {
    plain,    // its type
    number,   // an integer of 8 bytes; `type` is none
    pointer,  // what it points at; its address is in `bytes`
  };
  /// None stands for `void`.
  dwarf::Die type;
  Form form = Form::plain;
  /// In memory 0; else the value is in `bytes`.
  std::optional<uint64_t> address;
  std::vector<uint8_t> bytes;
  /// Where `bytes` were read, if they are a copy of something.
  std::optional<WasmPlace> held_in;
  /// Of `bytes`: which are known (the compiler may have kept only parts). Empty: all of them.
  std::vector<bool> known;
  /// A bit-field: of the bytes, these bits, counted from the lowest of the first. 0: no bit-field.
  uint32_t bit_offset = 0;
  uint32_t bit_size = 0;
  /// A row of an array of several dimensions: how many of them are chosen already. (Rows have no
  /// type of their own in DWARF.)
  uint32_t dimension = 0;

  /// The part of `type` that is `offset` bytes into it.
  Value part(dwarf::Die type, uint64_t offset) const;
};

/// No single read is larger: what people look at is small, and sizes in files need not be.
inline constexpr uint64_t kMaxValueBytes = 1 << 16;

/// The first `size` bytes of a value. Errors say why there is nothing to show: "optimized out",
/// "no memory at 0x1234".
Result<std::vector<uint8_t>> read_bytes(const Value& value, uint64_t size, const FrameState& frame);

/// As an unsigned number of 1 to 8 bytes, or of the bits of a bit-field.
Result<uint64_t> read_number(const Value& value, uint64_t size, const FrameState& frame);

}  // namespace reprise::debug
