// Any bytes are a trace, a damaged trace or an error: the reader, verification, recovery and
// rewriting must end, within their limits, whatever they are given. The checksums of what looks
// like chunks are made true first, so that the fuzzer gets past them.

#include "base/crc32c.hpp"
#include "trace/json.hpp"
#include "trace/recover.hpp"
#include "trace/rewrite.hpp"
#include "trace/verify.hpp"

namespace reprise::trace {
namespace {

std::vector<uint8_t> with_checksums(Bytes input) {
  std::vector<uint8_t> trace(input.begin(), input.end());
  for (size_t at = 0; at + kChunkHeaderSize <= trace.size(); ++at) {
    if (std::memcmp(&trace[at], kChunkMagic, sizeof kChunkMagic) != 0) continue;
    uint32_t stored;
    std::memcpy(&stored, &trace[at + 28], sizeof stored);
    const size_t payload = at + kChunkHeaderSize;
    const size_t n = std::min<size_t>(stored, trace.size() - payload);
    const uint32_t payload_crc = crc32c(Bytes(trace).subspan(payload, n));
    std::memcpy(&trace[payload - 8], &payload_crc, 4);
    const uint32_t header_crc = crc32c(Bytes(trace).subspan(at, kChunkHeaderSize - 4));
    std::memcpy(&trace[payload - 4], &header_crc, 4);
    at = payload + n - 1;
  }
  return trace;
}

void read(const std::vector<uint8_t>& trace) {
  ReadOptions options;
  options.max_record_bytes = 1 << 20;
  auto reader = Reader::open(std::make_unique<MemorySource>(Bytes(trace)), options);
  if (!reader) return;
  while (true) {
    const auto record = (*reader)->next();
    if (!record || !*record) break;
    (void)to_json(**record);
  }
  (void)(*reader)->summary();
}

}  // namespace
}  // namespace reprise::trace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace reprise;
  using namespace reprise::trace;
  const std::vector<uint8_t> trace = with_checksums({data, size});
  read(trace);
  MemorySource source{Bytes(trace)};
  (void)verify(source, {.max_record_bytes = 1 << 20});
  (void)Index::load(source, 0);
  MemorySink sink(64 << 20);
  if (recover(source, nullptr, sink)) read(sink.take());
  auto reader =
      Reader::open(std::make_unique<MemorySource>(Bytes(trace)), {.max_record_bytes = 1 << 20});
  if (reader) {
    MemorySink out(64 << 20);
    (void)rewrite(**reader, out, {}, [](const Record&, Emitter& to) { return to.keep(); });
  }
  return 0;
}
