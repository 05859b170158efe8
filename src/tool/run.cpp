// reprise run: runs a component or a WASI 0.1 module with what it is granted, recording it if
// asked, and under a debugger if asked.

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/os/stdio.hpp"
#include "embed/component_program.hpp"
#include "embed/live_run.hpp"
#include "embed/loop_scheduler.hpp"
#include "embed/module_program.hpp"
#include "replay/session_limits.hpp"
#include "tool/backtrace.hpp"
#include "tool/commands.hpp"
#include "tool/environment.hpp"
#include "tool/front_end.hpp"
#include "tool/program_file.hpp"
#include "wasi/host.hpp"
#include "wasi/library.hpp"
#include "wasi/p1/imports.hpp"

namespace reprise::tool {

namespace {

struct RunOptions {
  std::string file;
  std::vector<std::string> arguments;
  std::vector<std::string> directories;
  std::vector<std::string> environment;
  bool inherit_environment = false;
  bool validate = false;
  std::string invoke;
  std::vector<std::string> limits;
  std::optional<uint64_t> fuel;
  std::string timeout;

  std::string record;
  std::string store = "embed";
  std::string recorded_arguments = "short";
  std::string codec = "none";
  std::string on_pressure = "wait";
  std::string check = "state";
  std::vector<std::string> omit;

  bool debug = false;
  bool discard = false;
  FrontEndOptions front_end;
};

/// The N of "state:N"; 0 for anything else.
uint64_t digest_interval(std::string_view check) {
  constexpr std::string_view kPrefix = "state:";
  uint64_t every = 0;
  if (!check.starts_with(kPrefix)) return 0;
  const char* const end = check.data() + check.size();
  const auto [rest, error] = std::from_chars(check.data() + kPrefix.size(), end, every);
  return error == std::errc() && rest == end ? every : 0;
}

/// HOST[::GUEST][:ro]
WasiPreopen parse_directory(std::string_view text) {
  WasiPreopen preopen;
  if (text.ends_with(":ro")) {
    preopen.read_only = true;
    text.remove_suffix(3);
  }
  const size_t split = text.find("::");
  preopen.host_path = text.substr(0, split);
  preopen.guest_path = split == std::string_view::npos ? text : text.substr(split + 2);
  return preopen;
}

Result<WasiOptions> wasi_options(const RunOptions& options) {
  WasiOptions wasi;
  wasi.arguments.push_back(options.file);
  wasi.arguments.insert(wasi.arguments.end(), options.arguments.begin(), options.arguments.end());
  for (const std::string& directory : options.directories)
    wasi.preopens.push_back(parse_directory(directory));
  REPRISE_ASSIGN(wasi.environment,
                 read_environment(options.environment, options.inherit_environment));
  return wasi;
}

/// NAME=VALUE, where a value may end in K, M or G.
Result<void> set_limit(Limits& limits, std::string_view text) {
  const size_t split = text.find('=');
  const std::string_view name = text.substr(0, split);
  std::string_view digits = split == std::string_view::npos ? "" : text.substr(split + 1);
  unsigned shift = 0;
  if (!digits.empty()) {
    const size_t unit = std::string_view("KMG").find(digits.back());
    if (unit != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(unit) + 1);
      digits.remove_suffix(1);
    }
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
      value > UINT64_MAX >> shift)
    return fail(ErrorKind::usage, "--limit wants NAME=NUMBER, the number with K, M or G, not '" +
                                      std::string(text) + "'");
  return limits.set(name, value << shift);
}

/// A number and a unit: "250ms", "2s", "1m".
Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  const double scale = unit == "us"   ? 1e3
                       : unit == "ms" ? 1e6
                       : unit == "s"  ? 1e9
                       : unit == "m"  ? 60e9
                                      : 0;
  if (error != std::errc() || scale == 0 || !(value > 0) || value * scale > 9e18)
    return fail(ErrorKind::usage,
                "--timeout wants a number with us, ms, s or m, not '" + std::string(text) + "'");
  return std::chrono::nanoseconds(static_cast<int64_t>(value * scale));
}

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
  recording.limits = replay::recorded_limits(limits, !options.timeout.empty());
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

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options) {}
  virtual ~Run() = default;

  int go() {
    auto wasi = wasi_options(options_);
    if (!wasi) return report(wasi.error());
    inherit_standard_streams(*wasi);
    if (auto prepared = prepare(std::move(*wasi)); !prepared) return report(prepared.error());
    Task<int> calls = main();
    if (host_->loop()->run(calls)) return calls.take();
    return report(
        Error{ErrorKind::usage, "the guest waits for something that can never happen", {}, {}});
  }

 protected:
  Result<void> prepare(WasiOptions wasi) {
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
      REPRISE_ASSIGN(program_,
                     embed::ComponentProgram::link(*session_, file_->component, library_));
    } else {
      REPRISE_ASSIGN(imports_, wasi::p1::Imports::create(host_));
      REPRISE_ASSIGN(program_, embed::ModuleProgram::link(
                                   *session_, file_->module,
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
  void start_clock(std::chrono::nanoseconds timeout) {
    runtime::StoreCore& core = session_->core();
    core.engine().clock().set_deadline(core.interrupter(),
                                       runtime::Clock::Instant::clock::now() + timeout);
    os::Loop& loop = *host_->loop();
    loop.at(loop.clock().now() + static_cast<uint64_t>(timeout.count()),
            [this] { session_->interrupt_parked(runtime::Interrupter::kDeadline); });
  }

  /// Recording has begun, and nothing is linked yet.
  virtual Result<void> recorded() { return ok(); }
  virtual void report_trap(Trap& trap) {
    print_trap(trap, *program_);
    if (session_->recorder())
      std::fprintf(stderr, "the run was recorded; to see it again: reprise replay %s\n",
                   options_.record.c_str());
  }

  // outlives: this, calls: the tool keeps the run, and with it the program, until its task is gone
  Task<int> main() {
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

  int nothing_to_call() {
    if (options_.invoke.empty() && !program_->exports().empty()) return end_clean(0);
    return report(Error{ErrorKind::usage,
                        options_.invoke.empty()
                            ? "nothing to run: neither wasi:cli/run nor _start is exported"
                            : "no export is called '" + options_.invoke + "'",
                        {},
                        {}});
  }

  void record_state() {
    if (options_.check != "none" && session_->recorder())
      session_->recorder()->state_digest("all", program_->state_digest());
  }

  int end_clean(int code) {
    record_state();
    if (session_->recorder())
      closed(code == 0 ? session_->recorder()->close_clean()
                       : session_->recorder()->close_exit(code));
    return code;
  }

  int end(Failure failure) {
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

  void closed(const Result<void>& result) {
    if (!result)
      std::fprintf(stderr, "reprise: the recording ended early: %s\n",
                   result.error().to_string().c_str());
    const std::string poisoned = session_->recorder()->status().poisoned;
    if (!poisoned.empty())
      std::fprintf(stderr, "reprise: the recording is no faithful one: %s\n", poisoned.c_str());
  }

  const RunOptions& options_;
  Limits limits_;
  std::optional<std::chrono::nanoseconds> timeout_;
  std::shared_ptr<ProgramFile> file_;
  std::shared_ptr<wasi::Host> host_;
  embed::HostLibrary library_;
  std::unique_ptr<wasi::p1::Imports> imports_;
  std::unique_ptr<embed::Session> session_;
  std::unique_ptr<embed::Program> program_;
};

/// Bytes for an editor to show.
class ToldSink final : public os::ByteSink {
 public:
  using Told = std::function<void(replay::Stream, Bytes)>;
  ToldSink(Told told, replay::Stream stream) : told_(std::move(told)), stream_(stream) {}
  os::Expected<size_t> write(std::span<const uint8_t> bytes) override {
    told_(stream_, bytes);
    return bytes.size();
  }

 private:
  Told told_;
  replay::Stream stream_;
};

constexpr std::string_view kTraceEnding = ".trace";

/// The same under a debugger: recorded, and held where that wants it to be.
class DebuggedRun final : public Run {
 public:
  explicit DebuggedRun(const RunOptions& options) : Run(options) {}

  int debug() {
    const FrontEndOptions& front_end = options_.front_end;
    if (front_end.dap)
      return ended(serve_editor(front_end, {.debugger = {.trace = options_.record},
                                            .source_directories = {},
                                            .open = [this](debug::DebuggerOptions how) {
                                              return open(std::move(how));
                                            }}));
    debug::DebuggerOptions how{.trace = options_.record};
    how.symbol_directories = front_end.symbols;
    auto opened = open(std::move(how));
    if (!opened) return report(opened.error());
    const int code = serve_front_end(front_end, **opened, (*opened)->last_stop());
    opened->reset();  // it looks at the run until it is gone
    return ended(code);
  }

 private:
  Result<std::unique_ptr<debug::Debugger>> open(debug::DebuggerOptions how) {
    REPRISE_ASSIGN(WasiOptions wasi, wasi_options(options_));
    if (how.output) {  // standard input and output are the editor's
      wasi.standard_output = std::make_shared<ToldSink>(how.output, replay::Stream::out);
      wasi.standard_error = std::make_shared<ToldSink>(how.output, replay::Stream::err);
    } else {
      inherit_standard_streams(wasi);
    }
    wasi.seams.loop = std::make_shared<os::Loop>(*clock_, *poller_);
    REPRISE_TRY(prepare(std::move(wasi)));
    live_ = std::make_unique<embed::LiveRun>(*program_, *host_->loop(), *poller_, main());
    return debug::Debugger::attach(std::move(how), {.program = file_, .run = live_.get()});
  }

  Result<void> recorded() override {
    REPRISE_ASSIGN(recording_,
                   replay::LiveRecording::follow(*session_->recorder(), options_.record,
                                                 session_->recorder()->writer().ring().path()));
    session_->hold_at_doors(*recording_);
    return ok();
  }
  void report_trap(Trap&) override {}  // that is what the debugger shows

  /// Whoever debugs has left. A run that is not over ends here, and its trace without an end.
  int ended(int code) {
    if (!live_) return code;
    if (!live_->is_over()) session_->recorder()->writer().stop("the debugger was left");
    live_.reset();
    if (options_.discard) {
      unlink(options_.record.c_str());
    } else {
      std::fprintf(stderr, "the run was recorded; to debug it again: reprise debug %s\n",
                   options_.record.c_str());
    }
    return code;
  }

  // A loop of its own, for a poller that can be woken from outside.
  std::shared_ptr<os::MonotonicClock> clock_ = os::system_monotonic_clock();
  std::unique_ptr<os::Poller> poller_ = os::system_poller();
  std::unique_ptr<replay::LiveRecording> recording_;
  std::unique_ptr<embed::LiveRun> live_;
};

/// An empty file of its own for a trace that nobody has named.
Result<std::string> temporary_trace() {
  std::error_code error;
  std::string path = std::filesystem::temp_directory_path(error) / "reprise-XXXXXX.trace";
  const int file = error ? -1 : mkstemps(path.data(), static_cast<int>(kTraceEnding.size()));
  if (file < 0) return fail(ErrorKind::io, "cannot make " + path + "; name one with --record");
  close(file);
  return path;
}

int debug_live(RunOptions& options) {
  if (digest_interval(options.check) != 0)
    return report(Error{ErrorKind::usage, "--debug does not go with --check state:N", {}, {}});
  if (options.record.empty()) {
    auto path = temporary_trace();
    if (!path) return report(path.error());
    options.record = std::move(*path);
  }
  return DebuggedRun(options).debug();
}

}  // namespace

void add_run(Tool& tool) {
  auto o = std::make_shared<RunOptions>();
  CLI::App* run = tool.app.add_subcommand("run", "Run a component or a WASI 0.1 module");
  run->add_option("file", o->file, "The program: .wasm or .wat")->required();
  run->add_option("arguments", o->arguments, "Its arguments");
  run->add_option("--dir", o->directories, "Grant a directory: HOST[::GUEST][:ro]")
      ->allow_extra_args(false);
  run->add_option("--env", o->environment, "Set a variable: NAME=VALUE")->allow_extra_args(false);
  run->add_flag("--inherit-env", o->inherit_environment, "Grant the whole environment");
  run->add_flag("--validate", o->validate, "Validate and lower every function before starting");
  run->add_option("--invoke", o->invoke, "Call this export instead of the program's entry point");
  run->add_option("--limit", o->limits,
                  "Allow no more than this: NAME=NUMBER, e.g. memory-bytes=64M")
      ->allow_extra_args(false);
  run->add_option("--fuel", o->fuel, "Stop the guest after so many instructions");
  CLI::Option* timeout =
      run->add_option("--timeout", o->timeout, "Stop the guest after so long: 250ms, 2s, 1m");
  CLI::Option* record = run->add_option("--record", o->record, "Record the run into this file");
  run->add_option("--component", o->store, "What the trace holds of the program")
      ->check(CLI::IsMember({"embed", "ref"}))
      ->needs(record);
  run->add_option("--args", o->recorded_arguments, "How arguments of host calls are recorded")
      ->check(CLI::IsMember({"full", "short", "digest"}))
      ->needs(record);
  run->add_option("--codec", o->codec, "Compression of the trace")
      ->check(CLI::IsMember({"none", "lz4", "zstd"}))
      ->needs(record);
  run->add_option("--on-pressure", o->on_pressure, "When the trace can't be written fast enough")
      ->check(CLI::IsMember({"wait", "stop"}))
      ->needs(record);
  CLI::Option* omit = run->add_option("--omit", o->omit, "Leave out of the trace: env, args, stdin")
                          ->delimiter(',')
                          ->allow_extra_args(false)
                          ->check(CLI::IsMember({"env", "args", "stdin"}))
                          ->needs(record);
  run->add_option("--check", o->check,
                  "Digests of memories, globals and tables in the trace: at the end (state, what "
                  "is done if nothing is said), also every N events (state:N), or none")
      ->check([](const std::string& text) {
        return text == "none" || text == "state" || digest_interval(text) != 0
                   ? std::string()
                   : "--check wants state, state:N or none, not " + text;
      })
      ->needs(record);
  CLI::Option* debug =
      run->add_flag("--debug", o->debug, "Debug the run as it goes, forwards and backwards")
          ->excludes(timeout, omit);
  run->add_flag("--discard", o->discard, "Remove the recording that --debug made at the end")
      ->needs(debug)
      ->excludes(record);
  for (CLI::Option* option : add_front_end_options(*run, o->front_end)) option->needs(debug);
  run->prefix_command();
  run->positionals_at_end();
  run->callback([o, run, &tool] {
    for (const std::string& argument : run->remaining()) o->arguments.push_back(argument);
    tool.exit_code = o->debug ? debug_live(*o) : Run(*o).go();
  });
}

}  // namespace reprise::tool
