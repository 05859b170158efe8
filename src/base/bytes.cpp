#include "base/bytes.hpp"

#include <algorithm>

namespace reprise {

std::unexpected<Error> ByteReader::unexpected_end() const {
  return malformed("unexpected end");
}

template <int kBits, bool kSigned>
Result<uint64_t> ByteReader::leb() {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    if (at_ == end_) return unexpected_end();
    const uint8_t byte = *at_++;
    const int left = kBits - shift;  // bits that this byte may still carry
    if (left < 7) {
      // The last byte: no continuation, and the bits beyond kBits repeat zero or the sign.
      if (byte & 0x80) return malformed("integer representation too long");
      const int sign_bit = left - 1;
      const uint8_t unused = static_cast<uint8_t>((byte & 0x7f) >> (kSigned ? sign_bit : left));
      const uint8_t all_ones = static_cast<uint8_t>(0x7f >> (kSigned ? sign_bit : left));
      if (unused != 0 && !(kSigned && unused == all_ones)) return malformed("integer too large");
    }
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      if (kSigned && (byte & 0x40) && shift + 7 < 64) value |= ~uint64_t{0} << (shift + 7);
      return value;
    }
  }
}

Result<uint32_t> ByteReader::leb_u32_slowly() {
  REPRISE_ASSIGN(uint64_t v, (leb<32, false>()));
  return static_cast<uint32_t>(v);
}

Result<uint64_t> ByteReader::leb_u64() {
  return leb<64, false>();
}

Result<int32_t> ByteReader::leb_s32() {
  REPRISE_ASSIGN(uint64_t v, (leb<32, true>()));
  return static_cast<int32_t>(v);
}

Result<int64_t> ByteReader::leb_s33() {
  REPRISE_ASSIGN(uint64_t v, (leb<33, true>()));
  return static_cast<int64_t>(v);
}

Result<int64_t> ByteReader::leb_s64() {
  REPRISE_ASSIGN(uint64_t v, (leb<64, true>()));
  return static_cast<int64_t>(v);
}

Result<std::string_view> ByteReader::name() {
  REPRISE_ASSIGN(uint32_t n, leb_u32());
  const uint64_t start = offset();
  REPRISE_ASSIGN(Bytes text, bytes(n));
  if (!is_utf8(text)) return fail(ErrorKind::malformed, "malformed UTF-8 encoding", start);
  return as_text(text);
}

Result<ByteReader> ByteReader::sub(size_t n) {
  const uint64_t start = offset();
  REPRISE_ASSIGN(Bytes inner, bytes(n));
  return ByteReader(inner, start);
}

void detail::copy_lines(uint8_t* to, const uint8_t* from, size_t n) {
  struct Line {
    uint8_t bytes[64];
  };
  const auto move_line = [&](size_t offset) {
    Line line;
    std::memcpy(&line, from + offset, sizeof line);
    std::memcpy(to + offset, &line, sizeof line);
  };
  const size_t last = n - sizeof(Line);  // it may overlap the one before
  for (size_t offset = 0; offset < last; offset += sizeof(Line)) move_line(offset);
  move_line(last);
}

void ByteWriter::leb_u64_slowly(uint64_t v) {
  while (v >= 0x80) {
    u8(static_cast<uint8_t>(v) | 0x80);
    v >>= 7;
  }
  u8(static_cast<uint8_t>(v));
}

void ByteWriter::leb_s64(int64_t v) {
  while (true) {
    const auto byte = static_cast<uint8_t>(v & 0x7f);
    v >>= 7;
    if ((v == 0 && !(byte & 0x40)) || (v == -1 && (byte & 0x40))) return u8(byte);
    u8(byte | 0x80);
  }
}

void ByteWriter::grow(size_t n) {
  constexpr size_t kLeast = 64;
  out_.resize(std::max({size_ + n, 2 * out_.size(), kLeast}));
}

void ByteWriter::name(std::string_view s) {
  leb_u64(s.size());
  bytes(as_bytes(s));
}

void ByteWriter::sized(const ByteWriter& inner) {
  leb_u64(inner.size());
  bytes(inner.view());
}

bool is_utf8(Bytes bytes) {
  const uint8_t* p = bytes.data();
  const uint8_t* const end = p + bytes.size();
  while (p != end) {
    const uint8_t lead = *p++;
    if (lead < 0x80) continue;
    int more;
    uint32_t point, least;
    if ((lead & 0xe0) == 0xc0) {
      more = 1, point = lead & 0x1f, least = 0x80;
    } else if ((lead & 0xf0) == 0xe0) {
      more = 2, point = lead & 0x0f, least = 0x800;
    } else if ((lead & 0xf8) == 0xf0) {
      more = 3, point = lead & 0x07, least = 0x10000;
    } else {
      return false;
    }
    if (end - p < more) return false;
    for (; more > 0; --more, ++p) {
      if ((*p & 0xc0) != 0x80) return false;
      point = (point << 6) | (*p & 0x3f);
    }
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
  }
  return true;
}

}  // namespace reprise
