// Reads one DWARF section from front to back. Unlike ByteReader it does not answer each read with a
// Result: a read that would leave the section gives zero and marks the cursor as failed, for good,
// at its end. Debug information is decoded attribute by attribute, millions of times, by code that
// only cares at the end whether all of it was there; loops ask `at_end()`, which failure makes
// true.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace reprise::debug::dwarf {

class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(Bytes section, uint64_t offset = 0) : section_(section), at_(0) { seek(offset); }

  bool ok() const { return !failed_; }
  bool at_end() const { return at_ >= section_.size(); }
  uint64_t offset() const { return at_; }
  uint64_t remaining() const { return section_.size() - at_; }
  void seek(uint64_t offset) {
    if (offset > section_.size()) return fail();
    at_ = offset;
  }
  /// Ends the section after `size` more bytes.
  void limit(uint64_t size) {
    if (size > remaining()) return fail();
    section_ = section_.first(at_ + size);
  }
  void fail() {
    failed_ = true;
    at_ = section_.size();
  }

  uint8_t u8() { return static_cast<uint8_t>(fixed(1)); }
  uint16_t u16() { return static_cast<uint16_t>(fixed(2)); }
  uint32_t u24() { return static_cast<uint32_t>(fixed(3)); }
  uint32_t u32() { return static_cast<uint32_t>(fixed(4)); }
  uint64_t u64() { return fixed(8); }
  /// A little-endian number of 1 to 8 bytes.
  uint64_t fixed(uint32_t size) {
    if (size > remaining()) return fail(), 0;
    uint64_t value = 0;
    for (uint32_t i = 0; i < size; ++i) value |= uint64_t{section_[at_ + i]} << (8 * i);
    at_ += size;
    return value;
  }
  /// Bits beyond the 64th are dropped: producers pad, and no value of ours is that wide.
  uint64_t uleb() {
    uint64_t value = 0;
    for (uint32_t shift = 0;; shift += 7) {
      if (at_end()) return fail(), 0;
      const uint8_t byte = section_[at_++];
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      if (!(byte & 0x80)) return value;
    }
  }
  int64_t sleb() {
    uint64_t value = 0;
    for (uint32_t shift = 0;;) {
      if (at_end()) return fail(), 0;
      const uint8_t byte = section_[at_++];
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      shift += 7;
      if (byte & 0x80) continue;
      if (shift < 64 && (byte & 0x40)) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
  }
  Bytes bytes(uint64_t size) {
    if (size > remaining()) return fail(), Bytes{};
    Bytes result = section_.subspan(at_, size);
    at_ += size;
    return result;
  }
  void skip(uint64_t size) {
    if (size > remaining()) return fail();
    at_ += size;
  }
  /// Up to and without a zero byte.
  std::string_view text() {
    const std::string_view rest = as_text(section_.subspan(at_));
    const size_t length = rest.find('\0');
    if (length == std::string_view::npos) return fail(), std::string_view{};
    at_ += length + 1;
    return rest.substr(0, length);
  }
  /// A unit's length, which also tells 32-bit from 64-bit DWARF (spec: §7.4).
  uint64_t initial_length(bool& is_64_bit) {
    const uint32_t length = u32();
    is_64_bit = length == 0xffffffff;
    if (is_64_bit) return u64();
    if (length >= 0xfffffff0) fail();
    return length;
  }

 private:
  Bytes section_;
  uint64_t at_ = 0;
  bool failed_ = false;
};

}  // namespace reprise::debug::dwarf
