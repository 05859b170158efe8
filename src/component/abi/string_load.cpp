// Lifting strings: from the guest's encoding to UTF-8.

#include <fmt/format.h>

#include <algorithm>

#include "component/abi/string.hpp"

namespace reprise::component::abi {
namespace {

using Form = StringOrigin::Form;

constexpr uint64_t kAsciiMask = 0x8080808080808080;

size_t ascii_prefix(const uint8_t* bytes, size_t size) {
  size_t i = 0;
  while (i + 8 <= size && !(load_bits(bytes + i, 8) & kAsciiMask)) i += 8;
  while (i < size && bytes[i] < 0x80) ++i;
  return i;
}

uint32_t unit_at(const uint8_t* bytes, size_t index) {
  return static_cast<uint32_t>(load_bits(bytes + 2 * index, 2));
}

bool is_high(uint32_t unit) {
  return (unit & 0xfc00) == 0xd800;
}
bool is_low(uint32_t unit) {
  return (unit & 0xfc00) == 0xdc00;
}

TrapOr<size_t> utf8_length_of_utf16(const uint8_t* bytes, size_t units) {
  size_t length = 0;
  for (size_t i = 0; i < units; ++i) {
    uint32_t unit = unit_at(bytes, i);
    if (unit < 0x80) {
      length += 1;
    } else if (unit < 0x800) {
      length += 2;
    } else if (!is_high(unit) && !is_low(unit)) {
      length += 3;
    } else if (is_high(unit) && i + 1 < units && is_low(unit_at(bytes, i + 1))) {
      length += 4;
      ++i;
    } else {
      return trap(TrapKind::abi_invalid_utf16,
                  fmt::format("invalid utf-16: unpaired surrogate at code unit {}", i));
    }
  }
  return length;
}

uint8_t* put(uint8_t* out, uint32_t point) {
  auto tail = [&](int shift) { *out++ = static_cast<uint8_t>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    *out++ = static_cast<uint8_t>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<uint8_t>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    *out++ = static_cast<uint8_t>(0xe0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    *out++ = static_cast<uint8_t>(0xf0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
  return out;
}

void utf16_to_utf8(const uint8_t* bytes, size_t units, uint8_t* out) {
  for (size_t i = 0; i < units; ++i) {
    uint32_t point = unit_at(bytes, i);
    if (is_high(point)) point = 0x10000 + ((point & 0x3ff) << 10) + (unit_at(bytes, ++i) & 0x3ff);
    out = put(out, point);
  }
}

/// The byte length, and the form, of what a tagged length says.
struct Extent {
  Form form;
  uint64_t code_units;
  uint32_t unit_size;
  uint32_t alignment;
};

Extent extent_of(const Context& context, uint64_t tagged_code_units) {
  switch (context.string_encoding) {
    case StringEncoding::utf8:
      return {Form::utf8, tagged_code_units, 1, 1};
    case StringEncoding::utf16:
      return {Form::utf16, tagged_code_units, 2, 2};
    case StringEncoding::latin1_or_utf16:
      break;
  }
  uint64_t tag = uint64_t{1} << (8 * context.pointer_size() - 1);
  if (tagged_code_units & tag) return {Form::compact_utf16, tagged_code_units ^ tag, 2, 2};
  return {Form::latin1, tagged_code_units, 1, 2};
}

}  // namespace

TrapOr<GuestString> find_string(const LiftMemory& memory, uint64_t pointer,
                                uint64_t tagged_code_units) {
  Extent extent = extent_of(memory.context(), tagged_code_units);
  if (extent.code_units > kMaxByteLength / extent.unit_size) {
    return trap(TrapKind::abi_too_long,
                fmt::format("string too long: {} code units", extent.code_units));
  }
  uint64_t size = extent.code_units * extent.unit_size;
  if (!is_aligned(pointer, extent.alignment)) return unaligned_pointer(pointer, extent.alignment);
  if (!is_within(pointer, size, memory.size())) {
    return trap(
        TrapKind::abi_out_of_bounds,
        fmt::format("string pointer/length out of bounds of memory: {} bytes at {:#x} of {:#x}",
                    size, pointer, memory.size()));
  }
  REPRISE_ASSIGN(const uint8_t* bytes, memory.range(pointer, size, 1));
  return GuestString{bytes, {extent.form, static_cast<uint32_t>(extent.code_units)}};
}

TrapOr<size_t> utf8_length(const GuestString& string) {
  size_t units = string.origin.code_units;
  switch (string.origin.form) {
    case Form::utf8: {
      size_t ascii = ascii_prefix(string.bytes, units);
      if (ascii == units || is_utf8({string.bytes + ascii, units - ascii})) return units;
      return trap(TrapKind::abi_invalid_utf8, "invalid utf-8");
    }
    case Form::latin1: {
      auto wide = std::count_if(string.bytes, string.bytes + units,
                                [](uint8_t byte) { return byte >= 0x80; });
      return units + static_cast<size_t>(wide);
    }
    case Form::utf16:
    case Form::compact_utf16:
      return utf8_length_of_utf16(string.bytes, units);
  }
  return 0;
}

void write_utf8(const GuestString& string, uint8_t* out) {
  size_t units = string.origin.code_units;
  switch (string.origin.form) {
    case Form::utf8:
      copy_bytes(out, string.bytes, units);
      return;
    case Form::latin1:
      for (size_t i = 0; i < units; ++i) out = put(out, string.bytes[i]);
      return;
    case Form::utf16:
    case Form::compact_utf16:
      utf16_to_utf8(string.bytes, units, out);
      return;
  }
}

}  // namespace reprise::component::abi
