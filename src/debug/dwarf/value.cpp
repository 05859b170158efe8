#include "debug/dwarf/value.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::debug {

namespace {

std::unexpected<Error> not_available() {
  return fail(ErrorKind::usage, "optimized out");
}

}  // namespace

Value Value::part(dwarf::Die part_type, uint64_t offset) const {
  Value out;
  out.type = part_type;
  if (address) {
    out.address = *address + offset;
    return out;
  }
  const auto skipped = static_cast<std::ptrdiff_t>(std::min<uint64_t>(offset, bytes.size()));
  out.bytes.assign(bytes.begin() + skipped, bytes.end());
  if (held_in) {
    out.held_in = held_in;
    out.held_in->offset += offset;
  }
  if (!known.empty()) out.known.assign(known.begin() + skipped, known.end());
  return out;
}

Result<std::vector<uint8_t>> read_bytes(const Value& value, uint64_t size,
                                        const FrameState& frame) {
  if (size > kMaxValueBytes)
    return fail(ErrorKind::limit, fmt::format("{} bytes are too many to show", size));
  std::vector<uint8_t> out(size);
  if (value.address) {
    if (size != 0 && !frame.read_memory(*value.address, out))
      return fail(ErrorKind::usage, fmt::format("no memory at 0x{:x}", *value.address));
    return out;
  }
  if (value.bytes.size() < size) return not_available();
  for (size_t i = 0; i < std::min<size_t>(size, value.known.size()); ++i)
    if (!value.known[i]) return not_available();
  std::copy_n(value.bytes.begin(), size, out.begin());
  return out;
}

Result<uint64_t> read_number(const Value& value, uint64_t size, const FrameState& frame) {
  // A bit-field of 64 bits that starts inside a byte touches nine.
  const uint64_t touched =
      value.bit_size == 0 ? size : (uint64_t{value.bit_offset} + value.bit_size + 7) / 8;
  if (touched == 0 || touched > 9) return fail(ErrorKind::unsupported, "not a number");
  REPRISE_ASSIGN(const std::vector<uint8_t> bytes, read_bytes(value, touched, frame));
  unsigned __int128 bits = 0;
  for (size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | bytes[i];
  if (value.bit_size == 0) return static_cast<uint64_t>(bits);
  const auto shifted = static_cast<uint64_t>(bits >> value.bit_offset);
  return value.bit_size >= 64 ? shifted : shifted & ((uint64_t{1} << value.bit_size) - 1);
}

}  // namespace reprise::debug
