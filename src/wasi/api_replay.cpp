// Replay of the public API. It stands above WASI, because a recorded core module may import WASI
// 0.1, whose functions have types of their own even where nobody is behind them.

#include "embed/replayer.hpp"
#include "reprise/replay.hpp"
#include "wasi/library.hpp"

namespace reprise {

struct Replay::State {
  std::unique_ptr<embed::Replayer> replayer;
  bool has_run = false;
};

Replay::Replay(std::unique_ptr<State> state) : state_(std::move(state)) {}
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;
Replay::~Replay() = default;

Result<Replay> Replay::open(const std::string& trace, const Options& options) {
  embed::ReplaySource source{
      .trace = trace, .program = nullptr, .core_imports = wasi::core_imports_for_replay};
  if (options.program.empty()) {
    REPRISE_ASSIGN(source.program, embed::find_recorded_program(trace, ""));
  } else {
    REPRISE_ASSIGN(embed::ProgramFile file, embed::load_program("program", options.program));
    source.program = std::make_shared<const embed::ProgramFile>(std::move(file));
  }
  auto state = std::make_unique<State>();
  REPRISE_ASSIGN(
      state->replayer,
      embed::Replayer::open(source, [output = options.output](replay::Stream stream, Bytes bytes) {
        if (output) output(stream == replay::Stream::err, bytes);
      }));
  return Replay(std::move(state));
}

Result<ReplayReport> Replay::run() {
  if (state_->has_run) return fail(ErrorKind::usage, "a replay is run once");
  state_->has_run = true;
  while (!state_->replayer->run()) {
  }
  embed::ReplayOutcome outcome = state_->replayer->loop().outcome();
  if (outcome.kind == embed::ReplayOutcome::Kind::failed) return fail(std::move(*outcome.error));
  ReplayReport report;
  report.events = outcome.events;
  report.trap = std::move(outcome.trap);
  if (outcome.kind == embed::ReplayOutcome::Kind::divergence) {
    report.kind = ReplayReport::Kind::divergence;
    report.message = outcome.divergence->to_string();
  } else if (outcome.cut) {
    report.kind = ReplayReport::Kind::cut;
  }
  return report;
}

}  // namespace reprise
