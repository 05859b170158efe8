#include "trace/verify.hpp"

#include <fmt/format.h>

#include <map>
#include <unordered_map>

#include "base/hash.hpp"
#include "base/sha256.hpp"
#include "trace/calls.hpp"
#include "trace/walk.hpp"

namespace reprise::trace {
namespace {

constexpr size_t kMaxBlobs = 10000;

class Verifier {
 public:
  explicit Verifier(VerifyReport& report) : report_(report) {}

  Result<void> walk_chunks(Source& source);
  Result<void> read_records(Source& source, ReadOptions options);

 private:
  struct Chain {
    uint64_t offset = kNoChunk;
    uint32_t sequence = 0;
    uint32_t segment = 0;
    bool started = false;
  };
  struct Known {
    std::unordered_map<uint64_t, uint64_t> definitions;  // kind and id -> digest
    std::unordered_map<uint32_t, uint8_t> functions;     // id -> direction
    bool ended = false;
  };
  struct BlobState {
    Sha256 hash;
    uint64_t next = 0;
    uint64_t total = 0;
    bool whole = false;
  };

  void problem(uint64_t offset, uint64_t event, std::string what);
  void check_chain(Chain& chain, const ChunkStep& step);
  void check(const Record& record);
  void check_definition(Known& known, const Record& record);
  void check_function(Known& known, const Record& record, uint32_t id, Direction wanted);
  void check_blob(const Record& record, const Blob& blob);
  void check_components();

  VerifyReport& report_;
  std::map<uint32_t, Known> known_;
  std::map<Hash, BlobState> blobs_;
  std::map<Hash, uint64_t> embedded_;  // -> offset of the chunk that says so
  bool damaged_ = false;
};

void Verifier::problem(uint64_t offset, uint64_t event, std::string what) {
  ++report_.problem_count;
  if (report_.problems.size() < kMaxProblems) {
    report_.problems.push_back({offset, event, std::move(what)});
  }
}

// ---- Chunks ----

Result<void> Verifier::walk_chunks(Source& source) {
  std::map<uint32_t, Chain> chains;
  ChunkWalk walk(source);
  std::vector<uint8_t> raw;
  while (true) {
    REPRISE_ASSIGN(const ChunkStep step, walk.next());
    switch (step.kind) {
      case ChunkStep::Kind::damage:
      case ChunkStep::Kind::broken:
        damaged_ = true;
        problem(step.offset, kNoEvent,
                fmt::format("{} bytes are no chunk: {}", step.bytes, step.what));
        if (step.kind == ChunkStep::Kind::broken) return ok();
        continue;
      case ChunkStep::Kind::torn:
        damaged_ = true;
        problem(step.offset, kNoEvent,
                fmt::format("the file ends in a chunk of which {} bytes are there", step.bytes));
        return ok();
      case ChunkStep::Kind::end:
        return ok();
      case ChunkStep::Kind::chunk:
        break;
    }
    REPRISE_ASSIGN(const std::optional<std::string> wrong, walk.load(step, raw));
    if (wrong) continue;
    ++report_.chunks;
    report_.raw_bytes += raw.size();
    check_chain(chains[step.header.stream], step);
  }
}

void Verifier::check_chain(Chain& chain, const ChunkStep& step) {
  const ChunkHeader& header = step.header;
  if (header.previous != chain.offset) {
    problem(step.offset, kNoEvent, "chunk does not point to the one before it in its stream");
  }
  if (chain.started && header.sequence != chain.sequence + 1) {
    problem(step.offset, kNoEvent,
            fmt::format("chunk {} follows chunk {}", header.sequence, chain.sequence));
  }
  const bool starts = (header.flags & chunk_flag::kSegmentStart) != 0;
  if (chain.started && header.segment != chain.segment && !starts) {
    problem(step.offset, kNoEvent, "chunk belongs to a segment that was not begun");
  }
  chain = {step.offset, header.sequence, header.segment, true};
}

// ---- Records ----

Result<void> Verifier::read_records(Source& source, ReadOptions options) {
  options.repeat_definitions = true;
  REPRISE_ASSIGN(auto reader, Reader::open(std::make_unique<BorrowedSource>(source), options));
  while (true) {
    REPRISE_ASSIGN(const std::optional<Record> record, reader->next());
    if (!record) break;
    check(*record);
  }
  const ReadSummary summary = reader->summary();
  report_.events = summary.events;
  report_.ended = summary.ended;
  for (const Loss& loss : summary.losses) {
    if (loss.bytes == 0) problem(loss.offset, kNoEvent, loss.what);  // others were found above
  }
  if (summary.unfinished_bytes != 0) {
    problem(summary.file_bytes, kNoEvent,
            fmt::format("the trace ends in a record of which {} bytes are there",
                        summary.unfinished_bytes));
  }
  check_components();
  return ok();
}

void Verifier::check(const Record& record) {
  Known& known = known_[record.stream];
  const auto any = decode_any(record.kind, record.payload);
  if (!any) {
    return problem(
        record.chunk_offset, record.event,
        fmt::format("{} does not decode: {}", to_string(record.kind), any.error().to_string()));
  }
  if (known.ended && record.event != kNoEvent) {
    problem(record.chunk_offset, record.event, "an event follows the end record");
  }
  const CallEffect effect = call_effect(record.kind);
  if ((effect == CallEffect::closes_call || effect == CallEffect::closes_guest_call) &&
      record.call == kNoCall && !damaged_) {
    problem(record.chunk_offset, record.event,
            fmt::format("{} answers no call that is open", to_string(record.kind)));
  }
  if (role_of(record.kind) == Role::definition) check_definition(known, record);
  if (const auto* call = std::get_if<Call>(&*any)) {
    check_function(known, record, call->function, Direction::imported);
  } else if (const auto* digest = std::get_if<CallDigest>(&*any)) {
    check_function(known, record, digest->function, Direction::imported);
  } else if (const auto* guest = std::get_if<GuestCall>(&*any)) {
    check_function(known, record, guest->function, Direction::exported);
  } else if (const auto* function = std::get_if<Function>(&*any)) {
    known.functions[function->id] = function->direction;
  } else if (const auto* blob = std::get_if<Blob>(&*any)) {
    check_blob(record, *blob);
  } else if (const auto* component = std::get_if<Component>(&*any)) {
    if (component->storage == static_cast<uint8_t>(Storage::embedded)) {
      embedded_.emplace(component->sha256, record.chunk_offset);
    }
  } else if (std::holds_alternative<End>(*any)) {
    known.ended = true;
  }
}

void Verifier::check_function(Known& known, const Record& record, uint32_t id, Direction wanted) {
  const auto found = known.functions.find(id);
  if (found == known.functions.end()) {
    if (damaged_) return;
    return problem(record.chunk_offset, record.event,
                   fmt::format("function {} was not defined", id));
  }
  if (found->second != static_cast<uint8_t>(wanted)) {
    problem(record.chunk_offset, record.event,
            fmt::format("function {} is of the other direction", id));
  }
}

void Verifier::check_definition(Known& known, const Record& record) {
  const uint64_t id =
      record.kind == Kind::session_begin ? 0 : ByteReader(record.payload).leb_u32().value_or(0);
  const uint64_t key = (static_cast<uint64_t>(record.kind) << 32) | id;
  const uint64_t digest = xxh3_64(record.payload);
  const auto [entry, fresh] = known.definitions.emplace(key, digest);
  if (!fresh && entry->second != digest) {
    problem(record.chunk_offset, record.event,
            fmt::format("{} {} is defined twice, differently", to_string(record.kind), id));
  }
}

void Verifier::check_blob(const Record& record, const Blob& blob) {
  if (blobs_.size() >= kMaxBlobs && !blobs_.contains(blob.sha256)) {
    return problem(record.chunk_offset, kNoEvent, "there are too many blobs to check them all");
  }
  BlobState& state = blobs_[blob.sha256];
  if (state.whole) return;  // the same content again
  if (blob.offset != state.next || (state.next != 0 && blob.total != state.total)) {
    if (!damaged_) problem(record.chunk_offset, kNoEvent, "a blob's pieces are out of order");
    return;
  }
  state.total = blob.total;
  state.next += blob.bytes.size();
  state.hash.update(blob.bytes);
  if (state.next < state.total) return;
  state.whole = true;
  if (state.next != state.total || state.hash.finish() != blob.sha256) {
    problem(record.chunk_offset, kNoEvent,
            fmt::format("blob {} has other content than its name says", to_hex(blob.sha256)));
  }
}

void Verifier::check_components() {
  for (const auto& [hash, offset] : embedded_) {
    const auto blob = blobs_.find(hash);
    if (blob != blobs_.end() && blob->second.whole) continue;
    problem(offset, kNoEvent,
            fmt::format("component {} is said to be embedded, but is not whole", to_hex(hash)));
  }
}

}  // namespace

Result<VerifyReport> verify(Source& source, ReadOptions options) {
  VerifyReport report;
  Verifier verifier(report);
  REPRISE_TRY(verifier.walk_chunks(source));
  REPRISE_TRY(verifier.read_records(source, options));
  return report;
}

Result<VerifyReport> verify(const std::string& path) {
  REPRISE_ASSIGN(auto source, FileSource::open(path));
  return verify(*source);
}

}  // namespace reprise::trace
