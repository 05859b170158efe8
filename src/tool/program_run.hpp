// One run of a program, as `reprise run` is told to make it: with what it is granted, and recorded
// if asked.

#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "embed/host_library.hpp"
#include "embed/program.hpp"
#include "tool/program_file.hpp"
#include "tool/run_options.hpp"
#include "wasi/host.hpp"
#include "wasi/p1/imports.hpp"

namespace reprise::tool {

class ProgramRun {
 public:
  explicit ProgramRun(RunOptions options) : options_(std::move(options)) {}
  virtual ~ProgramRun() = default;
  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;

  /// Gives the exit code.
  int go();

 protected:
  Result<void> prepare(WasiOptions wasi);
  /// Makes the calls into the program, and closes the recording.
  Task<int> main();
  /// Recording has begun, and nothing is linked yet.
  virtual Result<void> recorded() { return ok(); }
  virtual void report_trap(Trap& trap);

  RunOptions options_;
  Limits limits_;
  std::optional<std::chrono::nanoseconds> timeout_;
  std::shared_ptr<ProgramFile> file_;
  std::shared_ptr<wasi::Host> host_;
  embed::HostLibrary library_;
  std::unique_ptr<wasi::p1::Imports> imports_;
  std::unique_ptr<embed::Session> session_;
  std::unique_ptr<embed::Program> program_;

 private:
  void start_clock(std::chrono::nanoseconds timeout);
  int nothing_to_call();
  void record_state();
  int end_clean(int code);
  int end(Failure failure);
  void closed(const Result<void>& result);
};

}  // namespace reprise::tool
