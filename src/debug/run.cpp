#include "debug/run.hpp"

namespace reprise::debug {

Result<std::unique_ptr<Run>> Run::start(const embed::ReplaySource& source,
                                        replay::Mirror::Print print) {
  REPRISE_ASSIGN(auto replayer, embed::Replayer::open(source, std::move(print)));
  return std::unique_ptr<Run>(new Run(std::move(replayer)));
}

Time Run::now() const {
  return {.event = replayer_->player().event(), .ticks = 0, .step = 0};
}

void Run::to_event(uint64_t event) {
  replayer_->playback().hold.event = event;
  replayer_->run();
}

runtime::Activation* Run::activation() const {
  const auto all = store().activations();
  return all.empty() ? nullptr : all.back();
}

}  // namespace reprise::debug
