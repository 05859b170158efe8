// reprise replay: makes a recorded run again, from the trace and the program alone.

#include <unistd.h>

#include <cstdio>

#include "embed/component_program.hpp"
#include "embed/module_program.hpp"
#include "embed/replay_run.hpp"
#include "replay/program_source.hpp"
#include "tool/backtrace.hpp"
#include "tool/commands.hpp"
#include "tool/environment.hpp"
#include "tool/files.hpp"
#include "tool/program_file.hpp"
#include "wasi/library.hpp"
#include "wasi/p1/imports.hpp"

namespace reprise::tool {

namespace {

struct ReplayOptions {
  std::string trace;
  std::string component;
  std::string check;
  std::vector<std::string> environment;
  bool inherit_environment = false;
  std::vector<std::string> arguments;
  std::string input;
};

void print_stream(replay::Stream stream, Bytes bytes) {
  std::FILE* const to = stream == replay::Stream::out ? stdout : stderr;
  std::fwrite(bytes.data(), 1, bytes.size(), to);
}

runtime::StoreLimits recorded_limits(const replay::SessionInfo& session) {
  runtime::StoreLimits limits;
  const auto take = [&](const char* name, auto& value) {
    auto found = session.limits.find(name);
    if (found != session.limits.end())
      value = static_cast<std::remove_reference_t<decltype(value)>>(found->second);
  };
  take("stack-slots", limits.stack_slots);
  take("memory-bytes", limits.memory_bytes);
  take("table-elements", limits.table_elements);
  return limits;
}

/// The recorded program: the file named on the command line, what the trace holds, or the file that
/// the trace names, if that is still the same.
Result<ProgramFile> find_program(const ReplayOptions& options) {
  if (!options.component.empty()) return load_program(options.component);
  REPRISE_ASSIGN(replay::ProgramSource source, replay::find_program(options.trace));
  if (source.embedded) return load_program(source.name, std::move(*source.embedded));
  if (access(source.location.c_str(), R_OK) != 0)
    return fail(ErrorKind::io, "the trace does not hold the program, and " + source.location +
                                   " cannot be read; name it with --component FILE");
  REPRISE_ASSIGN(ProgramFile program, load_program(source.location));
  if (!source.is(*program.bytes))
    return fail(ErrorKind::usage,
                source.location +
                    " is not the file that was recorded; to replay with it all the "
                    "same, name it with --component");
  return program;
}

class Replay {
 public:
  explicit Replay(const ReplayOptions& options) : options_(options) {}

  int go() {
    auto prepared = prepare();
    if (!prepared) return report(prepared.error());
    embed::ReplayOutcome outcome =
        embed::run_replay(*playback_, *program_, {.state = options_.check == "state"});
    std::fflush(stdout);
    return conclude(outcome);
  }

 private:
  Result<void> prepare() {
    REPRISE_ASSIGN(auto reader, trace::Reader::open(options_.trace));
    REPRISE_ASSIGN(player_, replay::Player::open(std::move(reader)));
    if (!player_->session().replayable) {
      std::string omitted;
      for (const std::string& what : player_->session().omitted) omitted += " " + what;
      return fail(ErrorKind::usage,
                  "this trace cannot be replayed, because it was recorded without:" + omitted);
    }
    if (player_->session().semantics > replay::kSemantics)
      return fail(ErrorKind::unsupported,
                  "the trace was recorded by a newer version (" + player_->session().engine + ")");
    REPRISE_ASSIGN(file_, find_program(options_));
    REPRISE_TRY(supply());
    playback_.emplace(*player_, mirror_);
    REPRISE_ASSIGN(session_, embed::Session::create(file_.engine,
                                                    recorded_limits(player_->session()), nullptr));
    REPRISE_TRY(session_->replay(*playback_));
    if (file_.component) {
      REPRISE_TRY(library_.add_recorded(file_.component->component(), *player_));
      REPRISE_ASSIGN(program_, embed::ComponentProgram::link(*session_, file_.component, library_));
    } else {
      REPRISE_ASSIGN(imports_, wasi::p1::Imports::create_for_replay());
      REPRISE_ASSIGN(program_, embed::ModuleProgram::link(
                                   *session_, file_.module,
                                   [this](std::string_view module, std::string_view name,
                                          const wasm::FuncType& type) {
                                     return imports_->find(module, name, type);
                                   }));
    }
    return ok();
  }

  /// Gives the replay what the recording left out, as far as the command line has it.
  Result<void> supply() {
    replay::Supplied supplied;
    if (options_.inherit_environment || !options_.environment.empty()) {
      REPRISE_ASSIGN(supplied.environment,
                     read_environment(options_.environment, options_.inherit_environment));
    }
    if (!options_.arguments.empty()) supplied.arguments = options_.arguments;
    if (!options_.input.empty()) {
      REPRISE_ASSIGN(supplied.input, read_bytes(options_.input));
    }
    const auto omitted = replay::Omissions::named(player_->session().omitted);
    if (omitted.environment && !supplied.environment) missing_ += " --env";
    if (omitted.arguments && !supplied.arguments) missing_ += " --arg";
    if (omitted.input && !supplied.input) missing_ += " --stdin";
    if (options_.check == "state" && !missing_.empty())
      return fail(ErrorKind::usage,
                  "the state can be compared only with what the recording left out: give it with" +
                      missing_);
    if (!supplied.environment && !supplied.arguments && !supplied.input) return ok();
    return player_->supply(std::move(supplied));
  }

  int conclude(embed::ReplayOutcome& outcome) {
    switch (outcome.kind) {
      case embed::ReplayOutcome::Kind::failed:
        return report(*outcome.error);
      case embed::ReplayOutcome::Kind::divergence: {
        Trap lines;
        lines.frames = std::move(outcome.divergence->frames);
        add_source_lines(lines, *program_);
        outcome.divergence->frames = std::move(lines.frames);
        std::fprintf(stderr, "reprise: %s\n", outcome.divergence->to_string().c_str());
        if (!missing_.empty())
          std::fprintf(stderr,
                       "reprise: the recording left something out, and this run may depend on "
                       "it: give it with%s\n",
                       missing_.c_str());
        return kExitDivergence;
      }
      case embed::ReplayOutcome::Kind::finished:
        break;
    }
    if (outcome.cut) {
      std::fprintf(stderr,
                   "reprise: the trace ends here, after %llu events: its recording was cut short\n",
                   static_cast<unsigned long long>(outcome.events));
      return kExitCut;
    }
    if (options_.check == "state" && !outcome.state_compared)
      std::fprintf(stderr,
                   "reprise: the trace holds no digest of the state; record with "
                   "--check state to have it compared\n");
    if (!outcome.trap) return outcome.exit_code;
    if (outcome.trap->kind == TrapKind::exit) return outcome.trap->exit_code & 0xff;
    print_trap(*outcome.trap, *program_);
    return kExitTrap;
  }

  const ReplayOptions& options_;
  /// The options that would give what the recording left out and nobody gave.
  std::string missing_;
  ProgramFile file_;
  std::unique_ptr<replay::Player> player_;
  replay::Mirror mirror_{print_stream};
  std::optional<replay::Playback> playback_;
  embed::HostLibrary library_;
  std::unique_ptr<wasi::p1::Imports> imports_;
  std::unique_ptr<embed::Session> session_;
  std::unique_ptr<embed::Program> program_;
};

}  // namespace

void add_replay(Tool& tool) {
  auto o = std::make_shared<ReplayOptions>();
  CLI::App* replay = tool.app.add_subcommand("replay", "Make a recorded run again");
  replay->add_option("trace", o->trace, "The trace")->required();
  replay->add_option("--component", o->component, "Replay with this program instead");
  replay->add_option("--check", o->check, "Compare memories, globals and tables too")
      ->check(CLI::IsMember({"state"}));
  replay->add_option("--env", o->environment, "A variable that was left out: NAME=VALUE")
      ->allow_extra_args(false);
  replay->add_flag("--inherit-env", o->inherit_environment,
                   "Take variables that were left out from the environment");
  replay->add_option("--arg", o->arguments, "An argument that was left out; once for each")
      ->allow_extra_args(false);
  replay->add_option("--stdin", o->input, "The standard input that was left out; - is this one");
  replay->callback([o, &tool] { tool.exit_code = Replay(*o).go(); });
}

}  // namespace reprise::tool
