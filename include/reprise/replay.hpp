// Replaying a trace from a program: the run is made again from the trace and the component that it
// holds, with nothing of the host's behind it.
//
//   Result<Replay> replay = Replay::open("run.trace");
//   ReplayReport report = *replay->run();
//   bool differs = report.kind == ReplayReport::Kind::divergence;
//
// Thread rules: one thread at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reprise/bytes.hpp"
#include "reprise/result.hpp"
#include "reprise/trap.hpp"

namespace reprise {

struct ReplayReport {
  enum class Kind : uint8_t {
    finished,    // as recorded, up to the recording's end
    cut,         // as recorded, but the recording was cut short
    divergence,  // the run differs from the recording: see `message`
  };
  Kind kind = Kind::finished;
  /// The last call into the guest ended with it, in the recording and here.
  std::optional<Trap> trap;
  /// What differs, with the event, both sides and the guest's backtrace.
  std::string message;
  uint64_t events = 0;
};

class Replay {
 public:
  struct Options {
    /// Replay with this program (the binary of a component or module) instead of the recorded
    /// one.
    std::vector<uint8_t> program{};
    /// What the guest writes to its standard output and error; null: nowhere.
    std::function<void(bool is_error, Bytes)> output{};
  };
  /// Fails with `io`, `malformed`, `usage` or `unsupported` when the trace cannot be replayed here.
  static Result<Replay> open(const std::string& trace, const Options& options);
  static Result<Replay> open(const std::string& trace) { return open(trace, Options()); }
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;
  ~Replay();

  /// Once. Errors are of the trace itself.
  Result<ReplayReport> run();

 private:
  struct State;
  explicit Replay(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace reprise
