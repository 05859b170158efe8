#include "replay/program_source.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "trace/reader.hpp"

namespace reprise::replay {

using namespace trace;

namespace {
/// The largest program that is taken out of a trace.
constexpr uint64_t kMaxProgram = uint64_t{1} << 30;
}  // namespace

bool ProgramSource::is(Bytes bytes) const {
  return bytes.size() == size && reprise::sha256(bytes) == sha256;
}

Result<ProgramSource> find_program(const std::string& trace_path, uint32_t number) {
  REPRISE_ASSIGN(auto reader, Reader::open(trace_path));
  std::optional<ProgramSource> source;
  bool wanted = false;
  std::vector<uint8_t> bytes;
  while (true) {
    REPRISE_ASSIGN(std::optional<Record> record, reader->next());
    if (!record) break;
    if (record->kind == Kind::component && !source) {
      REPRISE_ASSIGN(Component component, decode<Component>(record->payload));
      if (component.id != number) continue;
      source.emplace();
      source->name = component.name;
      source->location = component.location;
      source->sha256 = component.sha256;
      source->size = component.size;
      wanted = component.storage == static_cast<uint8_t>(Storage::embedded);
      if (!wanted) return *source;
    } else if (record->kind == Kind::blob && source) {
      REPRISE_ASSIGN(Blob blob, decode<Blob>(record->payload));
      if (blob.sha256 != source->sha256) continue;
      // Pieces come in order; anything else is damage, and is found out by the hash.
      if (blob.offset != bytes.size() || blob.total > kMaxProgram) continue;
      bytes.insert(bytes.end(), blob.bytes.begin(), blob.bytes.end());
      if (bytes.size() >= blob.total) break;
    }
  }
  if (!source)
    return fail(ErrorKind::malformed, "the trace names no program: it was cut before it could");
  if (!source->is(bytes))
    return fail(ErrorKind::malformed,
                "the program in the trace is damaged or was cut; name it with --component FILE");
  source->embedded = std::move(bytes);
  return *source;
}

}  // namespace reprise::replay
