// Reading and writing bytes: the one reader under every binary format (modules, components, traces)
// and the one writer under every encoder. The reader never reads past its end, and every error it
// gives carries the offset from the start of the file. LEB128 follows spec: binary/values §integers
// (at most ceil(N/7) bytes, unused bits of the last byte must be zero or the sign).
//
//   ByteWriter out;
//   out.leb_u32(300);
//   out.name("Ada");
//   ByteReader in(out.view());
//   Result<uint32_t> number = in.leb_u32();           // 300; fails with `malformed` at the end
//   Result<std::string_view> name = in.name();        // a view of what `out` holds
//
// Thread rules: each is used by one thread at a time.

#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reprise/result.hpp"

namespace reprise {

using Bytes = std::span<const uint8_t>;

class ByteReader {
 public:
  ByteReader() = default;
  /// `base` is the offset of `bytes` in the file, for errors.
  explicit ByteReader(Bytes bytes, uint64_t base = 0)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()), base_(base) {}

  bool at_end() const { return at_ == end_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  /// Offset from the start of the file.
  uint64_t offset() const { return base_ + static_cast<uint64_t>(at_ - begin_); }
  const uint8_t* cursor() const { return at_; }
  /// The bytes not yet read.
  Bytes rest() const { return {at_, remaining()}; }

  Result<uint8_t> u8() {
    if (at_ == end_) [[unlikely]]
      return unexpected_end();
    return *at_++;
  }
  Result<uint32_t> u32_le() { return fixed<uint32_t>(); }
  Result<uint64_t> u64_le() { return fixed<uint64_t>(); }
  Result<uint32_t> leb_u32() {
    // Nearly every integer is one byte.
    if (at_ != end_ && *at_ < 0x80) [[likely]]
      return *at_++;
    return leb_u32_slowly();
  }
  Result<uint64_t> leb_u64();
  Result<int32_t> leb_s32();
  Result<int64_t> leb_s33();
  Result<int64_t> leb_s64();
  Result<Bytes> bytes(size_t n) {
    if (remaining() < n) [[unlikely]]
      return unexpected_end();
    const Bytes taken{at_, n};
    at_ += n;
    return taken;
  }
  /// A length (LEB u32) and that many bytes, which must be UTF-8.
  Result<std::string_view> name();
  /// A reader of the next `n` bytes, which this reader skips.
  Result<ByteReader> sub(size_t n);
  /// The next byte without taking it; 0 at the end (ask at_end()).
  uint8_t peek() const { return at_ == end_ ? uint8_t{0} : *at_; }

  std::unexpected<Error> malformed(std::string message) const {
    return fail(ErrorKind::malformed, std::move(message), offset());
  }

 private:
  template <int kBits, bool kSigned>
  Result<uint64_t> leb();
  template <class T>
  Result<T> fixed() {
    if (remaining() < sizeof(T)) [[unlikely]]
      return unexpected_end();
    T v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  Result<uint32_t> leb_u32_slowly();
  std::unexpected<Error> unexpected_end() const;

  const uint8_t* begin_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint64_t base_ = 0;
};

namespace detail {
void copy_lines(uint8_t* to, const uint8_t* from, size_t n);
}

/// memcpy, without the C library's choice of instructions for pieces of some KiB: it copies them
/// with `rep movsb` from 2 KiB on, which on some processors takes seven times as long as moves of
/// vectors when `to` is not aligned. What crosses a component's boundary seldom is.
inline void copy_bytes(uint8_t* to, const uint8_t* from, size_t n) {
  if (n >= 1024 && n <= size_t{128} << 10) [[unlikely]]
    return detail::copy_lines(to, from, n);
  if (n > 0) std::memcpy(to, from, n);
}

class ByteWriter {
 public:
  ByteWriter() = default;
  ByteWriter(const ByteWriter&) = default;
  ByteWriter& operator=(const ByteWriter&) = default;
  ByteWriter(ByteWriter&& other) noexcept
      : out_(std::move(other.out_)), size_(std::exchange(other.size_, 0)) {}
  ByteWriter& operator=(ByteWriter&& other) noexcept {
    out_ = std::move(other.out_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~ByteWriter() = default;

  void u8(uint8_t v) { *extend(1) = v; }
  void u32_le(uint32_t v) { fixed(v); }
  void u64_le(uint64_t v) { fixed(v); }
  void leb_u32(uint32_t v) { leb_u64(v); }
  void leb_u64(uint64_t v) {
    if (v < 0x80) [[likely]]
      return u8(static_cast<uint8_t>(v));
    leb_u64_slowly(v);
  }
  void leb_s32(int32_t v) { leb_s64(v); }
  void leb_s64(int64_t v);
  void bytes(Bytes b) { copy_bytes(extend(b.size()), b.data(), b.size()); }
  void name(std::string_view s);
  /// Adds `n` bytes, of any value, for the caller to fill in; the pointer is good until the next
  /// write.
  uint8_t* extend(size_t n) {
    if (out_.size() - size_ < n) [[unlikely]]
      grow(n);
    uint8_t* const at = out_.data() + size_;
    size_ += n;
    return at;
  }
  /// A LEB length, then the bytes: how sections and bodies nest.
  void sized(const ByteWriter& inner);

  size_t size() const { return size_; }
  /// Forgets the bytes, keeps the memory.
  void clear() { size_ = 0; }
  Bytes view() const { return {out_.data(), size_}; }
  std::vector<uint8_t> take() {
    out_.resize(std::exchange(size_, 0));
    return std::exchange(out_, {});
  }

 private:
  template <class T>
  void fixed(T v) {
    std::memcpy(extend(sizeof v), &v, sizeof v);
  }
  void leb_u64_slowly(uint64_t v);
  void grow(size_t n);

  std::vector<uint8_t> out_;  // what is written, and room for more
  size_t size_ = 0;           // how much of it is written
};

/// True when `bytes` is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(Bytes bytes);

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace reprise
