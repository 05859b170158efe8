// Writes sample traces and what the reader here makes of them, for comparing with another reader:
// NAME.trace and NAME.jsonl in the directory that is given.

#include <cstdio>
#include <fstream>

#include "trace/json.hpp"
#include "trace/recover.hpp"
#include "trace_support.hpp"

namespace reprise::trace {
namespace {

bool write_sample(const std::string& stem, const std::vector<uint8_t>& trace) {
  std::ofstream(stem + ".trace", std::ios::binary)
      .write(reinterpret_cast<const char*>(trace.data()),
             static_cast<std::streamsize>(trace.size()));
  std::ofstream lines(stem + ".jsonl");
  auto reader = Reader::open(std::make_unique<MemorySource>(Bytes(trace)));
  if (!reader) return false;
  while (true) {
    const auto record = (*reader)->next();
    if (!record) return false;
    if (!*record) return lines.good();
    lines << to_json(**record) << '\n';
  }
}

std::vector<uint8_t> recorded(bool closed) {
  auto memory = std::make_shared<MemorySink>();
  auto writer = Writer::create(
      std::make_unique<KeptSink>(memory),
      {.chunk_bytes = 4096, .segment_bytes = 20000, .ring_bytes = 256 << 10},
      SessionBegin{.engine = "sample", .limits = {{"stack", 1 << 20}}, .omitted = {"stdin"}});
  if (!writer) return {};
  auto bytes = std::make_shared<std::vector<uint8_t>>(100000, uint8_t{3});
  Component component;
  component.storage = static_cast<uint8_t>(Storage::embedded);
  (*writer)->add_component(component, bytes, *bytes);
  for (const OwnedRecord& event : small_session()) {
    if (event.kind == Kind::end || event.kind == Kind::session_begin) continue;
    RecordBuilder builder(**writer, event.kind);
    builder.bytes(event.payload);
    builder.finish();
  }
  for (size_t n = 0; n < 100; ++n) {
    (*writer)->call(0, std::vector<uint8_t>(n * 50, 1));
    (*writer)->result(std::vector<uint8_t>(n == 50 ? 150000 : n, 2));
  }
  if (closed && !(*writer)->close(End{})) return {};
  writer->reset();
  return memory->take();
}

bool write_all(const std::string& directory) {
  bool fine = true;
  const auto sample = [&](const std::string& name, const std::vector<uint8_t>& trace) {
    fine = fine && !trace.empty() && write_sample(directory + "/" + name, trace);
  };
  sample("small", build(small_session(), {}));
  sample("closed", recorded(true));
  sample("unclosed", recorded(false));
  std::mt19937_64 random(1);
  for (uint32_t i = 0; i < 12; ++i) {
    auto events = random_events(random, 20 + i * 20);
    events.insert(events.begin() + 7, {static_cast<Kind>(60), {1, 2, 3}});
    events.push_back({Kind::call, std::vector<uint8_t>(70000 * (i % 3), 5)});
    events.back().payload.insert(events.back().payload.begin(), uint8_t{1});
    auto trace = build(events, {.chunk_bytes = 4096, .segment_bytes = i % 2 ? 6000u : 0u});
    sample("random_" + std::to_string(i), trace);
    // The file cut short, and a chunk in the middle damaged.
    auto cut = trace;
    cut.resize(trace.size() * 2 / 3);
    sample("cut_" + std::to_string(i), cut);
    trace[trace.size() / 2] ^= 0x20;
    sample("damaged_" + std::to_string(i), trace);
  }
  return fine;
}

}  // namespace
}  // namespace reprise::trace

int main(int argc, char** argv) {
  if (argc != 2 || !reprise::trace::write_all(argv[1])) {
    std::fputs("usage: trace_samples DIRECTORY (or a sample could not be written)\n", stderr);
    return 1;
  }
  return 0;
}
