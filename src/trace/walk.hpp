// Walking over the chunks of a trace, and over damage: after something that is no whole chunk, the
// walk looks for the next place where a header's checksum holds. What it steps over it reports
// exactly.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "trace/chunk.hpp"
#include "trace/source.hpp"

namespace reprise::trace {

struct ChunkStep {
  enum class Kind : uint8_t {
    chunk,   // a whole one: its header holds, its payload lies within the file
    damage,  // `bytes` bytes from `offset` are no chunk; one follows
    torn,    // `bytes` bytes at the end of the file are the beginning of a chunk: more may come
    broken,  // `bytes` bytes at the end of the file are damage with nothing behind it
    end,     // the file ends with the last chunk
  };
  Kind kind = Kind::end;
  ChunkHeader header;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  std::string what;
};

class ChunkWalk {
 public:
  explicit ChunkWalk(Source& source, uint64_t offset = 0) : source_(&source), at_(offset) {}

  /// The next step. After torn, broken and end it may be asked again, when the file has grown.
  Result<ChunkStep> next();

  /// Reads the payload of a chunk that next() gave last, checks and unpacks it. Gives what is wrong
  /// with it, if something is: the walk then counts the chunk as damage.
  Result<std::optional<std::string>> load(const ChunkStep& step, std::vector<uint8_t>& raw);

  /// Where the next step begins.
  uint64_t offset() const { return at_; }

 private:
  Result<ChunkStep> search();

  Source* source_;
  uint64_t at_;
  std::vector<uint8_t> buffer_;
  // While damage lasts: where it began, what it was, and from where on no chunk has been looked
  // for.
  std::optional<uint64_t> damage_;
  std::string what_;
  uint64_t searched_ = 0;
};

}  // namespace reprise::trace
