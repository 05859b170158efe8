#include "trace/rewrite.hpp"

namespace reprise::trace {

Emitter::Stream& Emitter::stream_of(uint32_t id) {
  Stream& stream = streams_[id];
  if (!stream.builder) {
    ChunkerOptions options = options_;
    options.stream = id;
    options.clock = [this] { return time_; };
    stream.builder = std::make_unique<TraceBuilder>(sink_, std::move(options));
  }
  return stream;
}

Result<void> Emitter::emit(Kind kind, Bytes payload) {
  Stream& stream = stream_of(record_->stream);
  if (kind == Kind::segment_begin || kind == Kind::ring_location) return ok();  // of the old file
  if (role_of(kind) == Role::side || (record_->event == kNoEvent && kind == record_->kind)) {
    return stream.builder->side(kind, payload);
  }
  const StreamCounts before = stream.builder->appended();
  switch (call_effect(kind)) {
    case CallEffect::none:
      break;
    case CallEffect::opens_call:
      if (record_->call != kNoCall) stream.calls[record_->call] = before.calls;
      break;
    case CallEffect::opens_guest_call:
      if (record_->call != kNoCall) stream.guest_calls[record_->call] = before.guest_calls;
      break;
    case CallEffect::closes_call:
      return emit_closing(stream, kind, payload, false);
    case CallEffect::closes_guest_call:
      return emit_closing(stream, kind, payload, true);
  }
  return stream.builder->append(kind, payload);
}

// A record that ends a call: with the call's new number, or not at all when the call isn't there.
// That which is innermost stays innermost, because calls are only ever left out.
Result<void> Emitter::emit_closing(Stream& stream, Kind kind, Bytes payload, bool guest) {
  auto& calls = guest ? stream.guest_calls : stream.calls;
  const uint64_t reference = call_reference(kind, payload);
  const uint64_t old_call = reference != 0 ? reference - 1 : record_->call;
  const auto found = calls.find(old_call);
  if (found == calls.end()) return ok();
  const uint64_t new_call = found->second;
  calls.erase(found);
  if (reference == 0) return stream.builder->append(kind, payload);
  ByteReader in(payload);
  REPRISE_TRY(in.leb_u64());
  ByteWriter out;
  out.leb_u64(new_call + 1);
  out.bytes(in.rest());
  return stream.builder->append(kind, out.view());
}

Result<RewriteReport> rewrite(Reader& in, Sink& out, const ChunkerOptions& options,
                              const Transform& transform) {
  RewriteReport report;
  Emitter emitter(out, options);
  while (true) {
    REPRISE_ASSIGN(const std::optional<Record> record, in.next());
    if (!record) break;
    emitter.record_ = &*record;
    emitter.time_ = record->time;
    if (record->event != kNoEvent) ++report.events_read;
    REPRISE_TRY(transform(*record, emitter));
  }
  for (auto& [id, stream] : emitter.streams_) {
    REPRISE_TRY(stream.builder->finish());
    report.events_written += stream.builder->appended().events;
  }
  REPRISE_TRY(out.sync());
  report.read = in.summary();
  return report;
}

}  // namespace reprise::trace
