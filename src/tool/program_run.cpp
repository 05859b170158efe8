#include "tool/program_run.hpp"

#include <cstdio>
#include <cstdlib>

#include "base/os/stdio.hpp"
#include "embed/component_program.hpp"
#include "embed/loop_scheduler.hpp"
#include "embed/module_program.hpp"
#include "replay/session_limits.hpp"
#include "tool/backtrace.hpp"
#include "tool/commands.hpp"
#include "wasi/library.hpp"

namespace reprise::tool {

namespace {

/// Where a replay that is started elsewhere finds the file.
std::string absolute(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? real.get() : path;
}

Result<std::unique_ptr<replay::Recorder>> make_recorder(const RunOptions& options,
                                                        const ProgramFile& program,
                                                        const Limits& limits) {
  REPRISE_ASSIGN(auto sink, trace::FileSink::create(options.record));
  replay::RecorderOptions recording;
  recording.arguments = options.recorded_arguments == "full"     ? replay::Arguments::values
                        : options.recorded_arguments == "digest" ? replay::Arguments::digests
                                                                 : replay::Arguments::short_values;
  recording.writer.codec = options.codec == "zstd"  ? trace::Codec::zstd
                           : options.codec == "lz4" ? trace::Codec::lz4
                                                    : trace::Codec::none;
  recording.writer.pressure =
      options.on_pressure == "stop" ? trace::Pressure::stop : trace::Pressure::wait;
  recording.writer.ring_paths = trace::ring_paths(options.record);
  recording.writer.trace_path = options.record;
  recording.omit = replay::Omissions::named(options.omit);
  recording.limits = replay::recorded_limits(limits, {.ticks = !options.timeout.empty()});
  REPRISE_ASSIGN(auto recorder, replay::Recorder::create(std::move(sink), recording));
  const bool by_reference = options.store == "ref";
  // A path tells of the machine; where something is left out, it is kept only if it is needed.
  const std::string location =
      by_reference || !recording.omit.any() ? absolute(program.path) : std::string();
  recorder->component(program.component ? trace::BinaryForm::component : trace::BinaryForm::module,
                      by_reference ? trace::Storage::by_reference : trace::Storage::embedded,
                      program.path.substr(program.path.rfind('/') + 1), location, program.bytes,
                      *program.bytes);
  return recorder;
}

/// The function to call when none is named.
const embed::Exported* entry_point(const embed::Program& program, const std::string& invoke) {
  for (const embed::Exported& e : program.exports()) {
    if (!invoke.empty()) {
      if (e.name == invoke || e.interface + "#" + e.name == invoke) return &e;
    } else if (e.interface.starts_with("wasi:cli/run@0.2") && e.name == "run") {
      return &e;
    } else if (e.interface.empty() && e.name == "_start") {
      return &e;
    }
  }
  return nullptr;
}

}  // namespace

int ProgramRun::go() {
  auto wasi = wasi_options(options_);
  if (!wasi) return report(wasi.error());
  inherit_standard_streams(*wasi);
  if (auto prepared = prepare(std::move(*wasi)); !prepared) return report(prepared.error());
  Task<int> calls = main();
  if (host_->loop()->run(calls)) return calls.take();
  return report(
      Error{ErrorKind::usage, "the guest waits for something that can never happen", {}, {}});
}

Result<void> ProgramRun::prepare(WasiOptions wasi) {
  for (const std::string& limit : options_.limits) REPRISE_TRY(set_limit(limits_, limit));
  runtime::EngineOptions engine;
  if (options_.fuel) limits_.fuel = *options_.fuel;
  engine.fuel = limits_.fuel != Limits::kNoLimit;
  if (!options_.timeout.empty()) {
    REPRISE_ASSIGN(timeout_, parse_duration(options_.timeout));
  }
  REPRISE_ASSIGN(ProgramFile file, load_program(options_.file, engine));
  file_ = std::make_shared<ProgramFile>(std::move(file));
  if (options_.validate) REPRISE_TRY(file_->lower_all());
  if (!options_.record.empty()) REPRISE_TRY(file_->validate());
  REPRISE_ASSIGN(auto host, wasi::Host::create(std::move(wasi)));
  host_ = std::move(host);
  REPRISE_ASSIGN(session_, embed::Session::create(file_->engine, limits_, host_.get()));
  if (!options_.record.empty()) {
    REPRISE_ASSIGN(auto recorder, make_recorder(options_, *file_, limits_));
    REPRISE_TRY(session_->record(std::move(recorder)));
    REPRISE_TRY(recorded());
    if (timeout_) session_->count_ticks();
  }
  if (timeout_) start_clock(*timeout_);
  session_->set_scheduler(embed::scheduler_of(host_->loop()));  // for atomic waits
  if (file_->component) {
    REPRISE_TRY(wasi::add_to_library(library_, host_));
    REPRISE_ASSIGN(program_, embed::ComponentProgram::link(*session_, file_->component, library_));
  } else {
    REPRISE_ASSIGN(imports_, wasi::p1::Imports::create(host_));
    REPRISE_ASSIGN(program_,
                   embed::ModuleProgram::link(*session_, file_->module,
                                              [this](std::string_view module, std::string_view name,
                                                     const wasm::FuncType& type) {
                                                return imports_->find(module, name, type);
                                              }));
  }
  if (const uint64_t every = digest_interval(options_.check); every != 0 && session_->recorder())
    session_->recorder()->digest_every(every, [this] { return program_->state_digest(); });
  return ok();
}

/// A guest that runs is stopped by the engine's clock, one that waits by the loop it waits on.
void ProgramRun::start_clock(std::chrono::nanoseconds timeout) {
  runtime::StoreCore& core = session_->core();
  core.engine().clock().set_deadline(core.interrupter(),
                                     runtime::Clock::Instant::clock::now() + timeout);
  os::Loop& loop = *host_->loop();
  loop.at(loop.clock().now() + static_cast<uint64_t>(timeout.count()),
          [this] { session_->interrupt_parked(runtime::Interrupter::kDeadline); });
}

void ProgramRun::report_trap(Trap& trap) {
  print_trap(trap, *program_);
  if (session_->recorder())
    std::fprintf(stderr, "the run was recorded; to see it again: reprise replay %s\n",
                 options_.record.c_str());
}

// outlives: this, calls: the tool keeps the run, and with it the program, until its task is gone
Task<int> ProgramRun::main() {
  embed::Calls calls(*session_, *program_);
  Outcome<void> instantiated = co_await calls.instantiate();
  if (!instantiated) co_return end(std::move(instantiated.error()));
  const embed::Exported* const entry = entry_point(*program_, options_.invoke);
  if (!entry) co_return nothing_to_call();
  // outlives: entry: exports are the program's, and stable
  embed::EncodedOutcome outcome = co_await calls.call(*entry, {});
  if (!outcome) co_return end(std::move(outcome.error()));
  // wasi:cli/run returns result: one byte, 1 for an error.
  co_return end_clean(entry->name == "run" && !outcome->empty() ? (*outcome)[0] : 0);
}

int ProgramRun::nothing_to_call() {
  if (options_.invoke.empty() && !program_->exports().empty()) return end_clean(0);
  return report(Error{ErrorKind::usage,
                      options_.invoke.empty()
                          ? "nothing to run: neither wasi:cli/run nor _start is exported"
                          : "no export is called '" + options_.invoke + "'",
                      {},
                      {}});
}

void ProgramRun::record_state() {
  if (options_.check != "none" && session_->recorder())
    session_->recorder()->state_digest("all", program_->state_digest());
}

int ProgramRun::end_clean(int code) {
  record_state();
  if (session_->recorder())
    closed(code == 0 ? session_->recorder()->close_clean()
                     : session_->recorder()->close_exit(code));
  return code;
}

int ProgramRun::end(Failure failure) {
  if (failure.error()) return report(*failure.error());
  Trap& trap = *failure.trap();
  record_state();
  replay::Recorder* const recorder = session_->recorder();
  if (trap.kind == TrapKind::exit) {
    if (recorder) closed(recorder->close_exit(trap.exit_code));
    return trap.exit_code & 0xff;
  }
  if (recorder) closed(recorder->close_trap(trap));
  report_trap(trap);
  return kExitTrap;
}

void ProgramRun::closed(const Result<void>& result) {
  if (!result)
    std::fprintf(stderr, "reprise: the recording ended early: %s\n",
                 result.error().to_string().c_str());
  const std::string poisoned = session_->recorder()->status().poisoned;
  if (!poisoned.empty())
    std::fprintf(stderr, "reprise: the recording is no faithful one: %s\n", poisoned.c_str());
}

}  // namespace reprise::tool
