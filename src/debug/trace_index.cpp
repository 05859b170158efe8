#include "debug/trace_index.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_map>

#include "base/hash.hpp"
#include "runtime/frame.hpp"
#include "trace/chunk.hpp"

namespace reprise::debug {

namespace {

constexpr std::string_view kMagic = "\x8fRprIdx\n";
/// Of these bytes. What it says of stacks holds for one rule of charging frames.
constexpr uint32_t kVersion = 2 << 8 | runtime::kStackChargeVersion;
constexpr size_t kHeader = 8 + 4 + 8 + 8 + 8 + 8;
constexpr size_t kBlock = trace::kMaxChunkBytes;
constexpr size_t kBlockHeader = 1 + 4 + 4 + 8;
constexpr uint64_t kIdentified = 64 << 10;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::malformed, fmt::format("the index is damaged: {}", what));
}

// ---- Blocks ----

class BlockWriter {
 public:
  explicit BlockWriter(std::ofstream& file) : file_(file) {}

  void put(Bytes bytes) {
    while (!bytes.empty()) {
      const size_t n = std::min(bytes.size(), kBlock - block_.size());
      block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
      bytes = bytes.subspan(n);
      if (block_.size() == kBlock) end();
    }
  }
  void end() {
    if (block_.empty()) return;
    const trace::Packed packed = packer_.pack(block_, trace::Codec::zstd, 1);
    ByteWriter header;
    header.u8(static_cast<uint8_t>(packed.codec));
    header.u32_le(static_cast<uint32_t>(block_.size()));
    header.u32_le(static_cast<uint32_t>(packed.bytes.size()));
    header.u64_le(xxh3_64(packed.bytes));
    write(header.view());
    write(packed.bytes);
    block_.clear();
  }

 private:
  void write(Bytes bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
  }

  std::ofstream& file_;
  trace::Packer packer_;
  std::vector<uint8_t> block_;
};

/// Hands out the bytes of blocks, as many as are wanted at once.
class BlockReader {
 public:
  explicit BlockReader(std::ifstream& file) : file_(file) {}

  /// Appends the next block.
  Result<void> take(std::vector<uint8_t>& out) {
    std::array<uint8_t, kBlockHeader> bytes{};
    if (!read(bytes)) return damaged("it is cut");
    ByteReader in(bytes);
    REPRISE_ASSIGN(const uint8_t codec, in.u8());
    REPRISE_ASSIGN(const uint32_t raw, in.u32_le());
    REPRISE_ASSIGN(const uint32_t stored, in.u32_le());
    REPRISE_ASSIGN(const uint64_t digest, in.u64_le());
    if (raw == 0 || raw > kBlock || stored > trace::kMaxStoredBytes ||
        codec > static_cast<uint8_t>(trace::Codec::zstd))
      return damaged("a block makes no sense");
    stored_.resize(stored);
    if (!read(stored_)) return damaged("it is cut");
    if (xxh3_64(stored_) != digest) return damaged("a block has the wrong checksum");
    REPRISE_TRY(trace::unpack(stored_, static_cast<trace::Codec>(codec), raw, raw_));
    out.insert(out.end(), raw_.begin(), raw_.end());
    return ok();
  }

 private:
  bool read(std::span<uint8_t> out) {
    file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    return static_cast<size_t>(file_.gcount()) == out.size();
  }

  std::ifstream& file_;
  std::vector<uint8_t> stored_;
  std::vector<uint8_t> raw_;
};

// ---- The head ----

void put_sized(ByteWriter& out, Bytes bytes) {
  out.leb_u64(bytes.size());
  out.bytes(bytes);
}

Result<Bytes> take_sized(ByteReader& in) {
  REPRISE_ASSIGN(const uint64_t size, in.leb_u64());
  if (size > in.remaining()) return in.malformed("the index is cut");
  return in.bytes(size);
}

Result<std::string> take_text(ByteReader& in) {
  REPRISE_ASSIGN(const Bytes bytes, take_sized(in));
  return std::string(as_text(bytes));
}

void put_time(ByteWriter& out, const Time& time) {
  out.leb_u64(time.event);
  out.leb_u64(time.ticks);
  out.leb_u64(time.step);
}

Result<Time> take_time(ByteReader& in) {
  Time time;
  REPRISE_ASSIGN(time.event, in.leb_u64());
  REPRISE_ASSIGN(time.ticks, in.leb_u64());
  REPRISE_ASSIGN(time.step, in.leb_u64());
  return time;
}

void put_trap(ByteWriter& out, const Trap& trap) {
  out.u8(static_cast<uint8_t>(trap.kind));
  put_sized(out, as_bytes(trap.message));
  out.u32_le(static_cast<uint32_t>(trap.exit_code));
  out.leb_u64(trap.frames.size());
  for (const Frame& frame : trap.frames) {
    put_sized(out, as_bytes(frame.module));
    out.leb_u32(frame.function_index);
    put_sized(out, as_bytes(frame.function_name));
    out.leb_u64(frame.module_offset ? *frame.module_offset + 1 : 0);
  }
}

constexpr size_t kTrapKinds = [] {
  size_t count = 0;
#define REPRISE_TRAP(name, text) ++count;
#include "reprise/traps.def"
#undef REPRISE_TRAP
  return count;
}();

Result<Trap> take_trap(ByteReader& in) {
  Trap trap;
  REPRISE_ASSIGN(const uint8_t kind, in.u8());
  if (kind >= kTrapKinds) return in.malformed("no such trap");
  trap.kind = static_cast<TrapKind>(kind);
  REPRISE_ASSIGN(trap.message, take_text(in));
  REPRISE_ASSIGN(const uint32_t code, in.u32_le());
  trap.exit_code = static_cast<int32_t>(code);
  REPRISE_ASSIGN(const uint64_t frames, in.leb_u64());
  if (frames > Trap::kMaxBacktraceFrames) return in.malformed("too many frames");
  for (uint64_t i = 0; i < frames; ++i) {
    Frame& frame = trap.frames.emplace_back();
    REPRISE_ASSIGN(frame.module, take_text(in));
    REPRISE_ASSIGN(frame.function_index, in.leb_u32());
    REPRISE_ASSIGN(frame.function_name, take_text(in));
    REPRISE_ASSIGN(const uint64_t offset, in.leb_u64());
    if (offset != 0) frame.module_offset = offset - 1;
  }
  return trap;
}

/// Pages by number; 0 is a page of zeros.
class PageNumbers {
 public:
  uint64_t of(const PageRef& page) {
    if (!page) return 0;
    const auto [found, is_new] = numbers_.emplace(page.get(), pages_.size() + 1);
    if (is_new) pages_.push_back(page);
    return found->second;
  }
  const std::vector<PageRef>& all() const { return pages_; }

 private:
  std::unordered_map<const Page*, uint64_t> numbers_;
  std::vector<PageRef> pages_;
};

/// What is other than in the snapshot before: how many extents are not, then the extent.
void put_memory(ByteWriter& out, const MemoryImage& memory, const MemoryImage* before,
                PageNumbers& numbers) {
  out.leb_u64(memory.pages);
  uint64_t same = 0;
  for (size_t i = 0; i < memory.extents.size(); ++i) {
    const ExtentRef known =
        before != nullptr && i < before->extents.size() ? before->extents[i] : nullptr;
    if (memory.extents[i] == known) {
      ++same;
      continue;
    }
    out.leb_u64(same);
    same = 0;
    for (size_t page = 0; page < kExtentPages; ++page)
      out.leb_u64(memory.extents[i] ? numbers.of((*memory.extents[i])[page]) : 0);
  }
  out.leb_u64(same);
}

/// What all memories of all snapshots are made of, at most: a few bytes can name many.
constexpr size_t kMaxExtents = 1 << 24;

Result<MemoryImage> take_memory(ByteReader& in, const MemoryImage* before,
                                const std::vector<PageRef>& pages, PagePool& pool, size_t& room) {
  MemoryImage memory;
  REPRISE_ASSIGN(memory.pages, in.leb_u64());
  const size_t extents = (memory.page_count() + kExtentPages - 1) / kExtentPages;
  if (memory.pages >= kMaxExtents || extents > room) return in.malformed("memories are too large");
  room -= extents;
  while (true) {
    REPRISE_ASSIGN(const uint64_t same, in.leb_u64());
    if (same > extents - memory.extents.size()) return in.malformed("extents are too many");
    for (uint64_t i = 0; i < same; ++i) {
      const size_t at = memory.extents.size();
      memory.extents.push_back(
          before != nullptr && at < before->extents.size() ? before->extents[at] : nullptr);
    }
    if (memory.extents.size() == extents) return memory;
    Extent extent;
    for (PageRef& page : extent) {
      REPRISE_ASSIGN(const uint64_t number, in.leb_u64());
      if (number > pages.size()) return in.malformed("there is no such page");
      if (number != 0) page = pages[number - 1];
    }
    memory.extents.push_back(pool.keep(extent));
  }
}

void put_snapshots(ByteWriter& out, const std::vector<Snapshot>& snapshots, PageNumbers& numbers) {
  out.leb_u64(snapshots.size());
  const Snapshot* before = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    put_time(out, snapshot.time);
    out.leb_u64(snapshot.printed);
    put_sized(out, snapshot.run.state);
    put_sized(out, snapshot.heap_state);
    put_memory(out, snapshot.heap_objects, before != nullptr ? &before->heap_objects : nullptr,
               numbers);
    out.leb_u64(snapshot.memories.size());
    for (size_t i = 0; i < snapshot.memories.size(); ++i)
      put_memory(out, snapshot.memories[i],
                 before != nullptr && i < before->memories.size() ? &before->memories[i] : nullptr,
                 numbers);
    before = &snapshot;
  }
}

Result<std::vector<Snapshot>> take_snapshots(ByteReader& in, const std::vector<PageRef>& pages,
                                             PagePool& pool) {
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count > in.remaining()) return in.malformed("snapshots are cut");
  std::vector<Snapshot> snapshots;  // made one by one: the count may be a lie
  size_t room = kMaxExtents;
  for (uint64_t at = 0; at < count; ++at) {
    Snapshot& snapshot = snapshots.emplace_back();
    const Snapshot* const before = at > 0 ? &snapshots[at - 1] : nullptr;
    REPRISE_ASSIGN(snapshot.time, take_time(in));
    if (before != nullptr && snapshot.time <= before->time)
      return in.malformed("snapshots are out of order");
    REPRISE_ASSIGN(snapshot.printed, in.leb_u64());
    REPRISE_ASSIGN(const Bytes state, take_sized(in));
    snapshot.run.state.assign(state.begin(), state.end());
    REPRISE_ASSIGN(const Bytes heap, take_sized(in));
    snapshot.heap_state.assign(heap.begin(), heap.end());
    REPRISE_ASSIGN(
        snapshot.heap_objects,
        take_memory(in, before != nullptr ? &before->heap_objects : nullptr, pages, pool, room));
    REPRISE_ASSIGN(const uint64_t memories, in.leb_u64());
    if (memories > in.remaining()) return in.malformed("memories are cut");
    for (uint64_t i = 0; i < memories; ++i) {
      const MemoryImage* known =
          before != nullptr && i < before->memories.size() ? &before->memories[i] : nullptr;
      REPRISE_ASSIGN(MemoryImage memory, take_memory(in, known, pages, pool, room));
      snapshot.memories.push_back(std::move(memory));
    }
  }
  return snapshots;
}

ByteWriter encode_head(const TraceIndex& index, PageNumbers& numbers) {
  ByteWriter out;
  put_time(out, index.end);
  out.u8(index.outcome.cut ? 1 : 0);
  out.u32_le(static_cast<uint32_t>(index.outcome.exit_code));
  out.leb_u64(index.outcome.events);
  out.u8(index.outcome.trap ? 1 : 0);
  if (index.outcome.trap) put_trap(out, *index.outcome.trap);
  out.leb_u64(index.printed.size());
  for (const TraceIndex::Printed& printed : index.printed) {
    out.u8(static_cast<uint8_t>(printed.stream));
    put_sized(out, printed.bytes);
  }
  put_sized(out, index.knowledge);
  out.leb_u64(index.interval);
  put_snapshots(out, index.snapshots, numbers);
  return out;
}

Result<TraceIndex> decode_head(ByteReader& in, const std::vector<PageRef>& pages, PagePool& pool) {
  TraceIndex index;
  REPRISE_ASSIGN(index.end, take_time(in));
  REPRISE_ASSIGN(const uint8_t cut, in.u8());
  index.outcome.cut = cut != 0;
  REPRISE_ASSIGN(const uint32_t code, in.u32_le());
  index.outcome.exit_code = static_cast<int>(code);
  REPRISE_ASSIGN(index.outcome.events, in.leb_u64());
  REPRISE_ASSIGN(const uint8_t has_trap, in.u8());
  if (has_trap != 0) {
    REPRISE_ASSIGN(index.outcome.trap, take_trap(in));
  }
  REPRISE_ASSIGN(const uint64_t pieces, in.leb_u64());
  if (pieces > in.remaining()) return in.malformed("the output is cut");
  for (uint64_t i = 0; i < pieces; ++i) {
    TraceIndex::Printed& printed = index.printed.emplace_back();
    REPRISE_ASSIGN(const uint8_t stream, in.u8());
    if (stream > static_cast<uint8_t>(replay::Stream::err)) return in.malformed("no such stream");
    printed.stream = static_cast<replay::Stream>(stream);
    REPRISE_ASSIGN(const Bytes bytes, take_sized(in));
    printed.bytes.assign(bytes.begin(), bytes.end());
  }
  REPRISE_ASSIGN(const Bytes knowledge, take_sized(in));
  index.knowledge.assign(knowledge.begin(), knowledge.end());
  REPRISE_ASSIGN(index.interval, in.leb_u64());
  if (index.interval == 0) return in.malformed("snapshots without a distance");
  REPRISE_ASSIGN(index.snapshots, take_snapshots(in, pages, pool));
  if (!in.at_end()) return in.malformed("the index goes on behind its end");
  return index;
}

}  // namespace

Result<IndexIdentity> identify(const std::string& trace, Bytes program) {
  std::ifstream file(trace, std::ios::binary);
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(trace, error);
  if (!file || error) return fail(ErrorKind::io, "cannot read " + trace);
  Xxh3 digest;
  digest.update({reinterpret_cast<const uint8_t*>(&size), sizeof size});
  std::vector<uint8_t> part(std::min(size, kIdentified));
  for (const uint64_t at : {uint64_t{0}, size - part.size()}) {
    file.seekg(static_cast<std::streamoff>(at));
    file.read(reinterpret_cast<char*>(part.data()), static_cast<std::streamsize>(part.size()));
    digest.update(part);
  }
  return IndexIdentity{digest.digest(), xxh3_64(program)};
}

std::string index_path(const std::string& trace) {
  return trace + ".index";
}

Result<uint64_t> write_index(const std::string& path, const IndexIdentity& identity,
                             const TraceIndex& index) {
  const std::string unfinished = fmt::format("{}.{}", path, getpid());
  std::error_code error;
  {
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    std::filesystem::permissions(
        unfinished, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
        error);
    PageNumbers numbers;
    const ByteWriter head = encode_head(index, numbers);
    ByteWriter header;
    header.bytes(as_bytes(kMagic));
    header.u32_le(kVersion);
    header.u64_le(identity.trace);
    header.u64_le(identity.program);
    header.u64_le(head.size());
    header.u64_le(numbers.all().size());
    file.write(reinterpret_cast<const char*>(header.view().data()),
               static_cast<std::streamsize>(header.size()));
    BlockWriter blocks(file);
    blocks.put(head.view());
    blocks.end();
    for (const PageRef& page : numbers.all()) blocks.put(*page);
    blocks.end();
    file.flush();
    if (!file) {
      std::filesystem::remove(unfinished, error);
      return fail(ErrorKind::io, "cannot write " + unfinished);
    }
  }
  const uint64_t size = std::filesystem::file_size(unfinished, error);
  std::filesystem::rename(unfinished, path, error);
  if (error) {
    std::filesystem::remove(unfinished, error);
    return fail(ErrorKind::io, "cannot write " + path);
  }
  return size;
}

Result<TraceIndex> read_index(const std::string& path, const IndexIdentity& identity,
                              PagePool& pool, uint64_t most_bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::io, "there is no index");
  std::array<uint8_t, kHeader> header{};
  file.read(reinterpret_cast<char*>(header.data()), kHeader);
  if (file.gcount() != kHeader ||
      !std::equal(kMagic.begin(), kMagic.end(), header.begin(),
                  [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; }))
    return damaged("it does not begin as one");
  ByteReader in(Bytes(header).subspan(kMagic.size()));
  REPRISE_ASSIGN(const uint32_t version, in.u32_le());
  if (version != kVersion)
    return fail(ErrorKind::unsupported, "the index was made by another version");
  IndexIdentity made_of;
  REPRISE_ASSIGN(made_of.trace, in.u64_le());
  REPRISE_ASSIGN(made_of.program, in.u64_le());
  if (made_of.trace != identity.trace)
    return fail(ErrorKind::usage, "the index is of another trace, or the trace has changed");
  if (made_of.program != identity.program)
    return fail(ErrorKind::usage, "the index was made with another program");
  REPRISE_ASSIGN(const uint64_t head_bytes, in.u64_le());
  REPRISE_ASSIGN(const uint64_t page_count, in.u64_le());
  if (page_count > most_bytes / sizeof(Page) || head_bytes > most_bytes)
    return fail(ErrorKind::limit, "the index holds more than snapshots may take");

  BlockReader blocks(file);
  std::vector<uint8_t> head;
  while (head.size() < head_bytes) REPRISE_TRY(blocks.take(head));
  if (head.size() != head_bytes) return damaged("a block is too long");
  std::vector<PageRef> pages;
  std::vector<uint8_t> raw;
  while (pages.size() < page_count) {
    raw.clear();
    REPRISE_TRY(blocks.take(raw));
    if (raw.size() % sizeof(Page) != 0) return damaged("a page is cut");
    for (size_t at = 0; at < raw.size(); at += sizeof(Page))
      pages.push_back(pool.keep(raw.data() + at, nullptr));
  }
  if (file.peek() != std::ifstream::traits_type::eof()) return damaged("it goes on behind its end");
  ByteReader body(head);
  return decode_head(body, pages, pool);
}

}  // namespace reprise::debug
