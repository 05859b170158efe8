// One run of the recording, made anew from its beginning, that can be stopped. Going backwards is
// another run that goes less far.

#pragma once

#include <functional>
#include <memory>

#include "debug/time.hpp"
#include "embed/replayer.hpp"

namespace reprise::debug {

class Run {
 public:
  /// Held before the first event.
  static Result<std::unique_ptr<Run>> start(const embed::ReplaySource& source,
                                            replay::Mirror::Print print);

  Time now() const;
  bool is_over() const { return replayer_->loop().is_over(); }
  /// Once it is over.
  embed::ReplayOutcome outcome() const { return replayer_->loop().outcome(); }

  /// Runs until it is held before event `event` or a later one, or is over.
  void to_event(uint64_t event);

  runtime::StoreCore& store() const { return replayer_->session().core(); }
  embed::Program& program() const { return replayer_->program(); }
  /// The activation that runs, innermost; null where none does.
  runtime::Activation* activation() const;

 private:
  explicit Run(std::unique_ptr<embed::Replayer> replayer) : replayer_(std::move(replayer)) {}

  std::unique_ptr<embed::Replayer> replayer_;
};

}  // namespace reprise::debug
