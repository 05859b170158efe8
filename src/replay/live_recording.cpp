#include "replay/live_recording.hpp"

namespace reprise::replay {

Result<std::unique_ptr<LiveRecording>> LiveRecording::follow(Recorder& recorder,
                                                             const std::string& trace,
                                                             const std::string& ring) {
  REPRISE_ASSIGN(auto reader, trace::Reader::open(trace));
  REPRISE_TRY(reader->attach_ring(ring));
  return std::unique_ptr<LiveRecording>(new LiveRecording(recorder, std::move(reader)));
}

uint64_t LiveRecording::event() {
  const uint64_t committed = recorder.writer().ring().committed();
  if (committed == seen_) return events_;
  seen_ = committed;
  while (true) {
    const auto record = reader_->next();
    if (!record || !*record) return events_;
    if ((*record)->event != trace::kNoEvent) events_ = (*record)->event + 1;
  }
}

}  // namespace reprise::replay
