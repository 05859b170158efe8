#include "trace/builder.hpp"

#include <fmt/format.h>

namespace reprise::trace {

Result<void> TraceBuilder::append(Kind kind, Bytes payload) {
  if (role_of(kind) == Role::definition && payload.size() > kMaxPayload) {
    return fail(ErrorKind::limit, fmt::format("a definition is longer than {} bytes", kMaxPayload));
  }
  frame(pending_, kind, payload);
  ++appended_.events;
  const CallEffect effect = call_effect(kind);
  if (effect == CallEffect::opens_call) ++appended_.calls;
  if (effect == CallEffect::opens_guest_call) ++appended_.guest_calls;
  return chunker_.full(pending_.size()) ? cut(false) : ok();
}

Result<void> TraceBuilder::side(Kind kind, Bytes payload) {
  if (payload.size() > kMaxPayload) {
    return fail(ErrorKind::limit,
                fmt::format("a side record is longer than {} bytes", kMaxPayload));
  }
  ByteWriter out;
  frame(out, kind, payload);
  return chunker_.side(out.view());
}

Result<void> TraceBuilder::cut(bool all) {
  const std::vector<uint8_t> bytes = pending_.take();
  Bytes rest = bytes;
  while (!rest.empty() && (all || chunker_.full(rest.size()))) {
    const uint64_t before = chunker_.position();
    REPRISE_TRY(chunker_.cut(rest));
    rest = rest.subspan(chunker_.position() - before);
  }
  pending_ = ByteWriter();
  pending_.bytes(rest);
  return ok();
}

Result<void> TraceBuilder::flush() {
  return cut(true);
}

Result<void> TraceBuilder::finish() {
  REPRISE_TRY(flush());
  return chunker_.write_index();
}

}  // namespace reprise::trace
