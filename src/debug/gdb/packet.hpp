// Packets of the GDB remote serial protocol:
//
//   $payload#cc      cc: the sum of the payload's bytes, two hexadecimal digits
//   + -              the packet came well, or is to be sent again; not used after QStartNoAckMode
//   0x03             interrupt
//
// In a payload `}` escapes the byte behind it, which is xored with 0x20; `#`, `$`, `}` and `*` are
// sent so.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace reprise::debug::gdb {

/// The longest payload that is taken; what qSupported says.
inline constexpr size_t kMaxPacket = 0x20000;

/// With its frame.
std::string frame_packet(std::string_view payload);

struct Incoming {
  enum class Kind : uint8_t { packet, acknowledged, refused, interrupt, damaged };
  Kind kind = Kind::packet;
  std::string payload;
};

/// Takes a stream of bytes apart, however it was cut.
class PacketReader {
 public:
  void feed(std::string_view bytes);
  /// The next thing that has come whole. Bytes between packets that mean nothing are dropped.
  std::optional<Incoming> next();
  /// Never: behind damage, the next packet is found.
  bool is_broken() const { return false; }

 private:
  std::string buffer_;
  size_t position_ = 0;
};

std::string to_hex(Bytes bytes);
std::string text_to_hex(std::string_view text);
/// The lowest `bytes` bytes, lowest first.
std::string little_endian_hex(uint64_t value, size_t bytes);
/// Nothing if it isn't pairs of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view text);
/// The number at the start of `text`, which is then behind it; nothing if there is none, or it is
/// larger than 64 bits.
std::optional<uint64_t> take_hex(std::string_view& text);

}  // namespace reprise::debug::gdb
