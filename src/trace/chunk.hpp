// Chunks: the unit in which a trace is written, checked and lost. A chunk is a header of 104 bytes
// and a payload of one codec. Each decodes alone; the header says enough (positions and numbers of
// what begins in it) to start reading there. docs/trace-format.md §Chunks is the authority on the
// layout.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::trace {

inline constexpr uint8_t kChunkMagic[8] = {0x8f, 'R', 'p', 'r', 'C', 'h', 'k', '\n'};
inline constexpr size_t kChunkHeaderSize = 104;
inline constexpr uint8_t kFormatVersion = 1;
inline constexpr uint32_t kMinChunkBytes = 4 << 10;
/// The longest raw payload of a chunk, and the longest stored one: a reader needs no more memory.
inline constexpr uint32_t kMaxChunkBytes = 1 << 20;
inline constexpr uint32_t kMaxStoredBytes = kMaxChunkBytes + (kMaxChunkBytes >> 3);
/// No chunk came before in this stream.
inline constexpr uint64_t kNoChunk = UINT64_MAX;

enum class ChunkKind : uint8_t {
  events = 0,  // the next bytes of the session's event stream
  side = 1,    // whole records that are no events: segment starts, definitions again, blobs
  index = 2,   // where the chunks are
};

enum class Codec : uint8_t { none = 0, lz4 = 1, zstd = 2 };
std::string_view to_string(Codec codec);

namespace chunk_flag {
inline constexpr uint8_t kInRecord = 1;  // begins inside a stored record
inline constexpr uint8_t kInFragments =
    2;  // the first record that starts here continues a fragmented one
inline constexpr uint8_t kSegmentStart = 4;  // a segment begins with this chunk
}  // namespace chunk_flag

/// Coarse: one pair of times per chunk, not per event.
struct ChunkTime {
  uint64_t wall_ns = 0;       // since 1970, UTC
  uint64_t monotonic_ns = 0;  // since some start of the machine's choosing
};

struct ChunkHeader {
  ChunkKind kind = ChunkKind::events;
  Codec codec = Codec::none;
  uint8_t flags = 0;
  uint32_t stream = 0;
  uint32_t segment = 0;
  uint32_t sequence = 0;
  uint32_t stored_length = 0;
  uint32_t raw_length = 0;
  uint32_t first_record =
      0;                  // where in the raw payload the first record starts; raw_length: nowhere
  uint64_t position = 0;  // of the raw payload's first byte in the event stream
  uint64_t first_event = 0;  // number of the first event that starts here
  uint64_t first_call = 0;
  uint64_t first_guest_call = 0;
  ChunkTime time;
  uint64_t previous = kNoChunk;  // offset in the file of the stream's previous chunk
  uint32_t payload_crc = 0;
  uint16_t header_length = kChunkHeaderSize;
};

/// The header as it stands in the file; fills in the header's own checksum.
std::array<uint8_t, kChunkHeaderSize> encode_header(const ChunkHeader& header);
/// Reads a header whose checksum holds. `bytes` begins at the magic and may be longer than the
/// header. Nothing: more bytes are needed.
Result<std::optional<ChunkHeader>> decode_header(Bytes bytes);

/// Compresses `raw`; gives codec `none` and the bytes themselves when that would not make it
/// shorter.
struct Packed {
  Codec codec = Codec::none;
  Bytes bytes;  // into `raw` or the Packer's buffer
};
class Packer {
 public:
  Packer();
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  Packed pack(Bytes raw, Codec codec, int level);

 private:
  std::vector<uint8_t> buffer_;
  void* zstd_ = nullptr;
};

/// Undoes pack(). The result has `raw_length` bytes exactly, or it is an error.
Result<void> unpack(Bytes stored, Codec codec, uint32_t raw_length, std::vector<uint8_t>& out);

}  // namespace reprise::trace
