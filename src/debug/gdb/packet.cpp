#include "debug/gdb/packet.hpp"

#include <fmt/format.h>

namespace reprise::debug::gdb {

namespace {

constexpr char kInterrupt = 0x03;
constexpr char kEscape = '}';
constexpr char kEscapeBit = 0x20;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

uint8_t checksum(std::string_view payload) {
  uint8_t sum = 0;
  for (const char c : payload) sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
  return sum;
}

std::string unescape(std::string_view payload) {
  std::string out;
  for (size_t i = 0; i < payload.size(); ++i) {
    if (payload[i] == kEscape && i + 1 < payload.size())
      out += static_cast<char>(payload[++i] ^ kEscapeBit);
    else
      out += payload[i];
  }
  return out;
}

}  // namespace

std::string frame_packet(std::string_view payload) {
  std::string escaped;
  for (const char c : payload) {
    if (c == '#' || c == '$' || c == kEscape || c == '*') {
      escaped += kEscape;
      escaped += static_cast<char>(c ^ kEscapeBit);
    } else {
      escaped += c;
    }
  }
  return fmt::format("${}#{:02x}", escaped, checksum(escaped));
}

void PacketReader::feed(std::string_view bytes) {
  buffer_.erase(0, position_);
  position_ = 0;
  buffer_ += bytes;
}

std::optional<Incoming> PacketReader::next() {
  while (position_ < buffer_.size()) {
    switch (buffer_[position_]) {
      case '+':
        ++position_;
        return Incoming{.kind = Incoming::Kind::acknowledged, .payload = {}};
      case '-':
        ++position_;
        return Incoming{.kind = Incoming::Kind::refused, .payload = {}};
      case kInterrupt:
        ++position_;
        return Incoming{.kind = Incoming::Kind::interrupt, .payload = {}};
      case '$':
        break;
      default:
        ++position_;
        continue;
    }
    const size_t end = buffer_.find('#', position_);
    if (end == std::string::npos || buffer_.size() < end + 3) {
      if (buffer_.size() - position_ <= kMaxPacket) return std::nullopt;
      buffer_.clear();
      position_ = 0;
      return Incoming{.kind = Incoming::Kind::damaged, .payload = {}};
    }
    const std::string_view escaped =
        std::string_view(buffer_).substr(position_ + 1, end - position_ - 1);
    const int high = hex_digit(buffer_[end + 1]), low = hex_digit(buffer_[end + 2]);
    const bool whole = high >= 0 && low >= 0 && checksum(escaped) == high * 16 + low;
    Incoming packet{.kind = whole ? Incoming::Kind::packet : Incoming::Kind::damaged,
                    .payload = whole ? unescape(escaped) : std::string()};
    position_ = end + 3;
    return packet;
  }
  return std::nullopt;
}

std::string to_hex(Bytes bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string text_to_hex(std::string_view text) {
  return to_hex(as_bytes(text));
}

std::string little_endian_hex(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", (value >> (8 * i)) & 0xff);
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::optional<uint64_t> take_hex(std::string_view& text) {
  uint64_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && hex_digit(text[digits]) >= 0) {
    if (value >> 60) return std::nullopt;
    value = value << 4 | static_cast<uint64_t>(hex_digit(text[digits++]));
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

}  // namespace reprise::debug::gdb
