// reprise replay: makes a recorded run again, from the trace and the program alone.

#include <cstdio>

#include "debug/program_lines.hpp"
#include "embed/replayer.hpp"
#include "tool/backtrace.hpp"
#include "tool/commands.hpp"
#include "tool/cut_trace.hpp"
#include "tool/environment.hpp"
#include "tool/files.hpp"
#include "wasi/library.hpp"

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

class Replay {
 public:
  explicit Replay(const ReplayOptions& options) : options_(options) {}

  int go() {
    auto prepared = prepare();
    if (!prepared) {
      report(prepared.error(), options_.trace);
      say_what_is_beyond();
      return kExitBadInput;
    }
    while (!replayer_->run()) {
    }
    embed::ReplayOutcome outcome = replayer_->loop().outcome();
    std::fflush(stdout);
    return conclude(outcome);
  }

 private:
  Result<void> prepare() {
    REPRISE_ASSIGN(auto program, embed::find_recorded_program(options_.trace, options_.component));
    const embed::ReplaySource source{.trace = options_.trace,
                                     .program = std::move(program),
                                     .core_imports = wasi::core_imports_for_replay};
    REPRISE_ASSIGN(replayer_, embed::Replayer::open(source, print_stream,
                                                    {.state = options_.check == "state"}));
    return supply();
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
    const auto omitted = replay::Omissions::named(replayer_->player().session().omitted);
    if (omitted.environment && !supplied.environment) missing_ += " --env";
    if (omitted.arguments && !supplied.arguments) missing_ += " --arg";
    if (omitted.input && !supplied.input) missing_ += " --stdin";
    if (options_.check == "state" && !missing_.empty())
      return fail(ErrorKind::usage,
                  "the state can be compared only with what the recording left out: give it with" +
                      missing_);
    if (!supplied.environment && !supplied.arguments && !supplied.input) return ok();
    return replayer_->player().supply(std::move(supplied));
  }

  void say_what_is_beyond() const {
    if (const std::string beyond = beyond_the_cut(options_.trace); !beyond.empty())
      std::fprintf(stderr, "reprise: %s\n", beyond.c_str());
  }

  int conclude(embed::ReplayOutcome& outcome) {
    switch (outcome.kind) {
      case embed::ReplayOutcome::Kind::failed:
        return report(*outcome.error);
      case embed::ReplayOutcome::Kind::divergence: {
        Trap lines;
        lines.frames = std::move(outcome.divergence->frames);
        debug::add_source_lines(lines, replayer_->program());
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
      say_what_is_beyond();
      return kExitCut;
    }
    if (options_.check == "state" && !outcome.state_compared)
      std::fprintf(stderr,
                   "reprise: the trace holds no digest of the state: it was recorded with "
                   "--check none, or by another program\n");
    if (!outcome.trap) return outcome.exit_code;
    if (outcome.trap->kind == TrapKind::exit) return outcome.trap->exit_code & 0xff;
    print_trap(*outcome.trap, replayer_->program());
    return kExitTrap;
  }

  const ReplayOptions& options_;
  /// The options that would give what the recording left out and nobody gave.
  std::string missing_;
  std::unique_ptr<embed::Replayer> replayer_;
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
