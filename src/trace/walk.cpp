#include "trace/walk.hpp"

#include <algorithm>

#include "base/crc32c.hpp"

namespace reprise::trace {
namespace {
constexpr size_t kHeaderSpan = 1024;  // no header is longer
constexpr size_t kSearchSpan = 64 << 10;
}  // namespace

Result<ChunkStep> ChunkWalk::next() {
  if (damage_) return search();
  ChunkStep step;
  step.offset = at_;
  REPRISE_ASSIGN(const uint64_t size, source_->size());
  if (at_ >= size) return step;
  buffer_.resize(kHeaderSpan);
  REPRISE_ASSIGN(const size_t got, source_->read(at_, buffer_));
  auto header = decode_header(Bytes(buffer_).first(got));
  if (!header) {
    if (header.error().kind == ErrorKind::unsupported) return fail(std::move(header.error()));
    damage_ = at_;
    what_ = std::move(header.error().message);
    searched_ = at_ + 1;
    return search();
  }
  step.bytes = size - at_;
  const bool whole =
      *header && (*header)->header_length + uint64_t{(*header)->stored_length} <= size - at_;
  if (!whole) {
    step.kind = ChunkStep::Kind::torn;
    return step;
  }
  step.kind = ChunkStep::Kind::chunk;
  step.header = **header;
  step.bytes = (*header)->header_length + uint64_t{(*header)->stored_length};
  at_ += step.bytes;
  return step;
}

// Looks for the next header that holds, from `searched_` on.
Result<ChunkStep> ChunkWalk::search() {
  std::vector<uint8_t> window(kSearchSpan);
  while (true) {
    REPRISE_ASSIGN(const size_t got, source_->read(searched_, window));
    const auto begin = window.begin(), end = begin + static_cast<ptrdiff_t>(got);
    const auto found = std::search(begin, end, std::begin(kChunkMagic), std::end(kChunkMagic));
    if (found == end && got < window.size()) break;  // the end of the file
    if (found == end) {
      searched_ += got - (sizeof kChunkMagic - 1);
      continue;
    }
    const uint64_t candidate = searched_ + static_cast<uint64_t>(found - begin);
    buffer_.resize(kHeaderSpan);
    REPRISE_ASSIGN(const size_t n, source_->read(candidate, buffer_));
    auto header = decode_header(Bytes(buffer_).first(n));
    if (header && !*header) {
      searched_ = candidate;
      break;  // the file ends inside what may be a header
    }
    if (header || header.error().kind == ErrorKind::unsupported) {
      ChunkStep step{ChunkStep::Kind::damage, {}, *damage_, candidate - *damage_, what_};
      damage_.reset();
      at_ = candidate;
      return step;
    }
    searched_ = candidate + 1;
  }
  REPRISE_ASSIGN(const uint64_t size, source_->size());
  return ChunkStep{ChunkStep::Kind::broken, {}, *damage_, size - std::min(size, *damage_), what_};
}

Result<std::optional<std::string>> ChunkWalk::load(const ChunkStep& step,
                                                   std::vector<uint8_t>& raw) {
  const ChunkHeader& header = step.header;
  const auto reject = [&](std::string what) {
    damage_ = step.offset;
    what_ = what;
    searched_ = step.offset + sizeof kChunkMagic;
    return std::optional<std::string>(std::move(what));
  };
  buffer_.resize(header.stored_length);
  REPRISE_ASSIGN(const size_t got, source_->read(step.offset + header.header_length, buffer_));
  if (got != header.stored_length) return reject("the file has become shorter");
  if (crc32c(buffer_) != header.payload_crc) return reject("chunk's checksum does not match");
  auto unpacked = unpack(buffer_, header.codec, header.raw_length, raw);
  if (!unpacked) {
    if (unpacked.error().kind == ErrorKind::unsupported) return fail(std::move(unpacked.error()));
    return reject(std::move(unpacked.error().message));
  }
  return std::nullopt;
}

}  // namespace reprise::trace
