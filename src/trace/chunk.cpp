#include "trace/chunk.hpp"

#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include "base/crc32c.hpp"

namespace reprise::trace {
namespace {

// Longest header that a later version may have; bounds what is buffered before its checksum is
// known.
constexpr uint16_t kMaxHeaderLength = 1024;

void put(uint8_t*& at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) *at++ = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t take(const uint8_t*& at, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = (value << 8) | at[i];
  at += bytes;
  return value;
}

}  // namespace

std::string_view to_string(Codec codec) {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::lz4:
      return "lz4";
    case Codec::zstd:
      return "zstd";
  }
  return "unknown";
}

std::array<uint8_t, kChunkHeaderSize> encode_header(const ChunkHeader& h) {
  std::array<uint8_t, kChunkHeaderSize> bytes;
  uint8_t* at = bytes.data();
  std::memcpy(at, kChunkMagic, sizeof kChunkMagic);
  at += sizeof kChunkMagic;
  put(at, kChunkHeaderSize, 2);
  put(at, kFormatVersion, 1);
  put(at, static_cast<uint8_t>(h.kind), 1);
  put(at, static_cast<uint8_t>(h.codec), 1);
  put(at, h.flags, 1);
  put(at, 0, 2);
  put(at, h.stream, 4);
  put(at, h.segment, 4);
  put(at, h.sequence, 4);
  put(at, h.stored_length, 4);
  put(at, h.raw_length, 4);
  put(at, h.first_record, 4);
  put(at, h.position, 8);
  put(at, h.first_event, 8);
  put(at, h.first_call, 8);
  put(at, h.first_guest_call, 8);
  put(at, h.time.wall_ns, 8);
  put(at, h.time.monotonic_ns, 8);
  put(at, h.previous, 8);
  put(at, h.payload_crc, 4);
  put(at, crc32c(Bytes(bytes).first(kChunkHeaderSize - 4)), 4);
  return bytes;
}

Result<std::optional<ChunkHeader>> decode_header(Bytes bytes) {
  const size_t seen = std::min(bytes.size(), sizeof kChunkMagic);
  if (seen != 0 && std::memcmp(bytes.data(), kChunkMagic, seen) != 0) {
    return fail(ErrorKind::malformed, "no chunk begins here");
  }
  if (bytes.size() < kChunkHeaderSize) return std::nullopt;
  const uint8_t* at = bytes.data() + sizeof kChunkMagic;
  ChunkHeader h;
  h.header_length = static_cast<uint16_t>(take(at, 2));
  if (h.header_length < kChunkHeaderSize || h.header_length > kMaxHeaderLength) {
    return fail(ErrorKind::malformed, "chunk header has an impossible length");
  }
  if (bytes.size() < h.header_length) return std::nullopt;
  const uint8_t* crc_at = bytes.data() + h.header_length - 4;
  if (take(crc_at, 4) != crc32c(bytes.first(h.header_length - size_t{4}))) {
    return fail(ErrorKind::malformed, "chunk header's checksum does not match");
  }
  const auto version = static_cast<uint8_t>(take(at, 1));
  if (version != kFormatVersion) {
    return fail(ErrorKind::unsupported,
                fmt::format("trace format {} is not known here (this version reads format {})",
                            version, kFormatVersion));
  }
  h.kind = static_cast<ChunkKind>(take(at, 1));
  h.codec = static_cast<Codec>(take(at, 1));
  h.flags = static_cast<uint8_t>(take(at, 1));
  at += 2;
  h.stream = static_cast<uint32_t>(take(at, 4));
  h.segment = static_cast<uint32_t>(take(at, 4));
  h.sequence = static_cast<uint32_t>(take(at, 4));
  h.stored_length = static_cast<uint32_t>(take(at, 4));
  h.raw_length = static_cast<uint32_t>(take(at, 4));
  h.first_record = static_cast<uint32_t>(take(at, 4));
  h.position = take(at, 8);
  h.first_event = take(at, 8);
  h.first_call = take(at, 8);
  h.first_guest_call = take(at, 8);
  h.time.wall_ns = take(at, 8);
  h.time.monotonic_ns = take(at, 8);
  h.previous = take(at, 8);
  h.payload_crc = static_cast<uint32_t>(take(at, 4));
  if (h.raw_length > kMaxChunkBytes || h.stored_length > kMaxStoredBytes ||
      h.first_record > h.raw_length || h.position > UINT64_MAX - h.raw_length) {
    return fail(ErrorKind::malformed, "chunk header has impossible lengths");
  }
  return h;
}

// ---- Codecs ----

Packer::Packer() = default;
Packer::~Packer() {
  ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(zstd_));
}

Packed Packer::pack(Bytes raw, Codec codec, int level) {
  const Packed as_is{Codec::none, raw};
  size_t packed = 0;
  if (codec == Codec::lz4) {
    buffer_.resize(static_cast<size_t>(LZ4_compressBound(static_cast<int>(raw.size()))));
    const int n = LZ4_compress_fast(
        reinterpret_cast<const char*>(raw.data()), reinterpret_cast<char*>(buffer_.data()),
        static_cast<int>(raw.size()), static_cast<int>(buffer_.size()), level > 0 ? level : 1);
    if (n <= 0) return as_is;
    packed = static_cast<size_t>(n);
  } else if (codec == Codec::zstd) {
    if (zstd_ == nullptr) zstd_ = ZSTD_createCCtx();
    if (zstd_ == nullptr) return as_is;
    buffer_.resize(ZSTD_compressBound(raw.size()));
    packed = ZSTD_compressCCtx(static_cast<ZSTD_CCtx*>(zstd_), buffer_.data(), buffer_.size(),
                               raw.data(), raw.size(), level != 0 ? level : 1);
    if (ZSTD_isError(packed)) return as_is;
  } else {
    return as_is;
  }
  if (packed >= raw.size()) return as_is;
  return {codec, Bytes(buffer_).first(packed)};
}

Result<void> unpack(Bytes stored, Codec codec, uint32_t raw_length, std::vector<uint8_t>& out) {
  if (raw_length > kMaxChunkBytes) return fail(ErrorKind::limit, "chunk is too long");
  switch (codec) {
    case Codec::none:
      if (stored.size() != raw_length) {
        return fail(ErrorKind::malformed, "uncompressed chunk has two lengths");
      }
      out.assign(stored.begin(), stored.end());
      return ok();
    case Codec::lz4: {
      out.resize(raw_length);
      const int n = LZ4_decompress_safe(
          reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(out.data()),
          static_cast<int>(stored.size()), static_cast<int>(raw_length));
      if (n < 0 || static_cast<uint32_t>(n) != raw_length) {
        return fail(ErrorKind::malformed, "lz4 chunk does not decompress to its stated length");
      }
      return ok();
    }
    case Codec::zstd: {
      out.resize(raw_length);
      const size_t n = ZSTD_decompress(out.data(), raw_length, stored.data(), stored.size());
      if (ZSTD_isError(n) || n != raw_length) {
        return fail(ErrorKind::malformed, "zstd chunk does not decompress to its stated length");
      }
      return ok();
    }
  }
  return fail(ErrorKind::unsupported,
              fmt::format("chunk has codec {}, which is not known here", static_cast<int>(codec)));
}

}  // namespace reprise::trace
