// A recorded run, made ready to be made again: trace, program, session, mirror and loop in one
// object. A run that is to begin anew is a new Replayer; the program's code is shared by them all.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "embed/held_run.hpp"
#include "embed/host_library.hpp"
#include "embed/module_program.hpp"
#include "embed/number_library.hpp"
#include "embed/program_file.hpp"
#include "embed/replay_run.hpp"

namespace reprise::embed {

/// What a replay is made of.
struct ReplaySource {
  std::string trace;
  std::shared_ptr<const ProgramFile> program;
  /// The functions that core modules import, without anything behind them.
  std::function<Result<CoreImports>()> core_imports;
  /// What a player of the same trace has learnt (Player::knowledge); may be null.
  std::shared_ptr<const std::vector<uint8_t>> knowledge = nullptr;
};

/// The recorded program: `component` if it names a file, what the trace holds, or the file that the
/// trace names, if that is still the same.
Result<std::shared_ptr<const ProgramFile>> find_recorded_program(const std::string& trace,
                                                                 const std::string& component);

class Replayer final : public HeldRun {
 public:
  /// Fails with `usage` or `unsupported` when the trace cannot be replayed here.
  static Result<std::unique_ptr<Replayer>> open(const ReplaySource& source,
                                                replay::Mirror::Print print,
                                                const ReplayChecks& checks = {});
  ~Replayer() override;
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  /// A run that is stopped at a tick, but for the bytes of its memories.
  struct Frozen {
    /// Good in any process that replays the same trace with the same program.
    std::vector<uint8_t> state;
    /// Objects of the garbage-collected heap, in this process only (runtime/heap.hpp).
    std::vector<uint8_t> heap;
  };
  /// Fails with `unsupported` where it cannot be had: while an instance is made, or something waits
  /// for memory.
  Result<Frozen> freeze();
  /// Puts the run back there, held. The instances must have been made: see ready_event(). After an
  /// error the run is lost.
  Result<void> thaw(const Frozen& frozen);
  /// An event before which the instances that a frozen state needs have been made.
  static Result<uint64_t> ready_event(const Frozen& frozen);

  void run_to(uint64_t event) override {
    playback_->hold.event = event;
    loop_->run();
  }
  bool is_over() const override { return loop_->is_over(); }
  uint64_t event() override { return player_->event(); }

  /// See ReplayLoop.
  bool run() { return loop_->run(); }
  ReplayLoop& loop() { return *loop_; }

  replay::Player& player() { return *player_; }
  replay::Playback& playback() { return *playback_; }
  replay::Mirror& mirror() { return mirror_; }
  Session& session() override { return *session_; }
  Program& program() override { return *program_; }
  std::vector<Program*> programs() override { return loop_->programs(); }

 private:
  explicit Replayer(replay::Mirror::Print print) : mirror_(std::move(print)) {}
  Result<void> prepare(const ReplaySource& source, const ReplayChecks& checks);
  /// A program of which there are instances, and the functions that it imports, with nothing behind
  /// them.
  struct Linked {
    std::shared_ptr<const ProgramFile> file;
    HostLibrary library;
  };
  /// An instance, before its instantiation.
  Result<std::unique_ptr<Program>> link(uint32_t instance);
  Result<Linked*> program(uint32_t number);

  std::string trace_;
  std::shared_ptr<const ProgramFile> file_;
  std::unique_ptr<replay::Player> player_;
  replay::Mirror mirror_;
  std::optional<replay::Playback> playback_;
  std::map<uint32_t, Linked> programs_;  // by number in the trace
  CoreImports imports_;
  NumberLibrary numbers_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<ReplayLoop> loop_;
};

}  // namespace reprise::embed
