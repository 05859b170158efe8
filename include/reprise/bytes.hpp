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

  Result<uint8_t> u8();
  Result<uint32_t> u32_le();
  Result<uint64_t> u64_le();
  Result<uint32_t> leb_u32();
  Result<uint64_t> leb_u64();
  Result<int32_t> leb_s32();
  Result<int64_t> leb_s33();
  Result<int64_t> leb_s64();
  Result<Bytes> bytes(size_t n);
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

  const uint8_t* begin_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint64_t base_ = 0;
};

class ByteWriter {
 public:
  void u8(uint8_t v) { out_.push_back(v); }
  void u32_le(uint32_t v) { raw(&v, sizeof v); }
  void u64_le(uint64_t v) { raw(&v, sizeof v); }
  void leb_u32(uint32_t v) { leb_u64(v); }
  void leb_u64(uint64_t v);
  void leb_s32(int32_t v) { leb_s64(v); }
  void leb_s64(int64_t v);
  void bytes(Bytes b) { out_.insert(out_.end(), b.begin(), b.end()); }
  void name(std::string_view s);
  /// Adds `n` zero bytes for the caller to fill in; the pointer is good until the next write.
  uint8_t* extend(size_t n) {
    out_.resize(out_.size() + n);
    return out_.data() + out_.size() - n;
  }
  /// A LEB length, then the bytes: how sections and bodies nest.
  void sized(const ByteWriter& inner);

  size_t size() const { return out_.size(); }
  /// Forgets the bytes, keeps the memory.
  void clear() { out_.clear(); }
  Bytes view() const { return out_; }
  std::vector<uint8_t> take() { return std::move(out_); }

 private:
  void raw(const void* p, size_t n) {
    const auto* b = static_cast<const uint8_t*>(p);
    out_.insert(out_.end(), b, b + n);
  }
  std::vector<uint8_t> out_;
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
