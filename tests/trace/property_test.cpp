// Properties of traces: whatever is written, in whatever pieces, comes back.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "trace/recover.hpp"
#include "trace/rewrite.hpp"
#include "trace/verify.hpp"
#include "trace_support.hpp"

namespace reprise::trace {
namespace {

std::vector<OwnedRecord> some_events() {
  std::mt19937_64 random(*rc::gen::arbitrary<uint64_t>());
  auto events = random_events(random, *rc::gen::inRange<size_t>(1, 200));
  if (*rc::gen::inRange(0, 4) == 0) {
    const size_t n = *rc::gen::inRange<size_t>(60000, 300000);
    events.push_back({Kind::result, std::vector<uint8_t>(n, uint8_t{9})});
  }
  return events;
}

ChunkerOptions some_options() {
  ChunkerOptions options;
  options.codec = *rc::gen::element(Codec::none, Codec::lz4, Codec::zstd);
  options.chunk_bytes = *rc::gen::inRange<uint32_t>(kMinChunkBytes, 100000);
  options.segment_bytes = *rc::gen::element<uint64_t>(0, 1, 5000, 100000);
  return options;
}

RC_GTEST_PROP(Trace, BuiltOnesComeBack, ()) {
  const auto events = some_events();
  const ReadBack all = read_all(build(events, some_options()));
  RC_ASSERT(all.error == "");
  RC_ASSERT(all.summary.intact());
  RC_ASSERT(all.events == events);
  for (size_t i = 0; i < all.numbers.size(); ++i) RC_ASSERT(all.numbers[i] == i);
}

RC_GTEST_PROP(Trace, RecordedOnesComeBack, ()) {
  const auto events = some_events();
  const ChunkerOptions how = some_options();
  WriterOptions options;
  options.codec = how.codec;
  options.chunk_bytes = how.chunk_bytes;
  options.segment_bytes = how.segment_bytes;
  options.ring_bytes = 256 << 10;
  options.draining = *rc::gen::element(Draining::background, Draining::inline_);
  auto memory = std::make_shared<MemorySink>();
  auto writer = Writer::create(std::make_unique<KeptSink>(memory), options, SessionBegin{});
  RC_ASSERT(writer.has_value());
  for (const OwnedRecord& event : events) {
    // In pieces, as an encoder of values would.
    RecordBuilder builder(**writer, event.kind);
    Bytes rest = event.payload;
    while (!rest.empty()) {
      const size_t n = std::min<size_t>(rest.size(), 1 + event.payload.size() / 3);
      builder.bytes(rest.first(n));
      rest = rest.subspan(n);
    }
    builder.finish();
  }
  RC_ASSERT((*writer)->close(End{}).has_value());
  const ReadBack all = read_all(memory->take());
  RC_ASSERT(all.error == "");
  RC_ASSERT(all.summary.intact());
  RC_ASSERT(all.summary.ended);
  RC_ASSERT(all.events.size() == events.size() + 2);
  RC_ASSERT(std::equal(events.begin(), events.end(), all.events.begin() + 1));
}

// Damage anywhere: what is delivered has its right number and content, and the recovered trace is
// sound in form and gives the same.
RC_GTEST_PROP(Trace, DamagedOnesGiveWhatIsWhole, ()) {
  const auto events = some_events();
  auto trace = build(events, some_options());
  for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
    trace[*rc::gen::inRange<size_t>(8, trace.size())] ^= *rc::gen::inRange<uint8_t>(1, 255);
  }
  const ReadBack all = read_all(trace);
  if (!all.error.empty()) return;
  for (size_t k = 0; k < all.events.size(); ++k) {
    RC_ASSERT(all.numbers[k] < events.size());
    RC_ASSERT(all.events[k] == events[all.numbers[k]]);
  }
  MemorySource source{Bytes(trace)};
  MemorySink sink;
  RC_ASSERT(recover(source, nullptr, sink).has_value());
  const ReadBack recovered = read_all(sink.take());
  RC_ASSERT(recovered.events == all.events);
  RC_ASSERT(recovered.numbers == all.numbers);
  RC_ASSERT(recovered.calls == all.calls);
}

RC_GTEST_PROP(Trace, RepackedOnesAreTheSame, ()) {
  // Of calls whose answers name open ones, so that a rewriter has nothing to leave out.
  std::vector<OwnedRecord> events;
  for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
    const auto session = small_session();
    events.insert(events.end(), session.begin() + 3, session.end() - 1);
    for (OwnedRecord& event : events) {
      if (event.kind == Kind::result_of) event.payload[0] = 0;  // the innermost, then
    }
  }
  const auto trace = build(events, some_options());
  auto reader = Reader::open(std::make_unique<MemorySource>(Bytes(trace)));
  RC_ASSERT(reader.has_value());
  MemorySink sink;
  const auto report =
      rewrite(**reader, sink, some_options(), [](const Record&, Emitter& to) { return to.keep(); });
  RC_ASSERT(report.has_value());
  RC_ASSERT(read_all(sink.take()).events == events);
}

RC_GTEST_PROP(Trace, NoiseIsAnErrorOrALoss, ()) {
  const auto noise = *rc::gen::arbitrary<std::vector<uint8_t>>();
  const ReadBack all = read_all(noise);
  RC_ASSERT(all.events.empty());
  RC_ASSERT(noise.empty() || !all.error.empty() || !all.summary.intact());
}

}  // namespace
}  // namespace reprise::trace
