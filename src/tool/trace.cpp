// reprise trace info|cat|verify|recover: what a trace is, holds, and is worth.

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "replay/listing.hpp"
#include "replay/player.hpp"
#include "replay/program_source.hpp"
#include "tool/commands.hpp"
#include "tool/cut_trace.hpp"
#include "tool/trace_index.hpp"
#include "trace/reader.hpp"
#include "trace/recover.hpp"
#include "trace/ring.hpp"
#include "trace/verify.hpp"

namespace reprise::tool {

namespace {

struct CatOptions {
  std::string trace;
  bool json = false;
  bool follow = false;
  std::string ring;
  bool full = false;
};

/// Waits for more of a trace that is being written. What its writer has not brought to the file yet
/// is read from the ring, as long as there is one.
class Follower {
 public:
  Follower(trace::Reader& reader, const CatOptions& options) : reader_(reader), options_(options) {
    attach();
  }

  /// The trace had nothing more: waits a little. False when nothing will come: it has its end, or
  /// nobody writes to it any more and that was so when it was last asked.
  bool wait() {
    if (reader_.summary().ended) return false;
    std::fflush(stdout);
    if (!attached_) attach();
    const bool alone = !attached_ || !reader_.writer_lives();
    if (alone && last_look_) return false;
    last_look_ = alone;
    ++idle_;
    std::this_thread::sleep_for(kInterval);
    return true;
  }
  void got_line() { idle_ = 0; }
  /// Nothing has come for so long that a call without a result is worth showing.
  bool idle() const { return idle_ > 1; }

 private:
  static constexpr std::chrono::milliseconds kInterval{50};

  void attach() {
    const std::string ring =
        options_.ring.empty() ? trace::find_ring(options_.trace) : options_.ring;
    attached_ = reader_.attach_ring(ring).has_value();
  }

  trace::Reader& reader_;
  const CatOptions& options_;
  bool attached_ = false;
  bool last_look_ = false;
  int idle_ = 0;
};

int cat(const CatOptions& options) {
  auto reader = trace::Reader::open(options.trace);
  if (!reader) return report(reader.error(), options.trace);
  std::optional<Follower> follower;
  if (options.follow) follower.emplace(**reader, options);
  wit::PrintLimits limits;
  if (!options.full) limits = {.max_length = 400, .max_elements = 120, .max_bytes = 8};
  replay::Listing listing(**reader,
                          !options.json  ? replay::ListingFormat::wave
                          : options.full ? replay::ListingFormat::json_whole
                                         : replay::ListingFormat::json,
                          limits);
  while (true) {
    auto line = listing.next();
    if (!line) return report(line.error(), options.trace);
    if (!*line && follower && follower->wait()) {
      if (!follower->idle()) continue;
      *line = listing.flush();
      if (!*line) continue;
    }
    if (!*line) *line = listing.flush();
    if (!*line) break;
    if (follower) follower->got_line();
    if (std::puts((*line)->c_str()) < 0) break;  // who reads us has gone
  }
  const trace::ReadSummary summary = (*reader)->summary();
  if (!summary.ended)
    std::fprintf(stderr, "reprise: the trace has no end: it was cut, or is still being written\n");
  for (const trace::Loss& loss : summary.losses)
    std::fprintf(stderr, "reprise: at byte %#llx: %s (%llu bytes skipped)\n",
                 static_cast<unsigned long long>(loss.offset), loss.what.c_str(),
                 static_cast<unsigned long long>(loss.bytes));
  return summary.intact() ? 0 : 1;
}

constexpr int kExitDamaged = 1;

void print_ending(const trace::VerifyReport& verified) {
  fmt::print("events:   {} in {} chunks, {} bytes unpacked\n", verified.events, verified.chunks,
             verified.raw_bytes);
  fmt::print("end:      {}\n", verified.ended
                                   ? "complete"
                                   : "none: the recording was cut, or is still being written");
}

/// What is missing, and how a replay gets it.
std::string omission(const std::string& what) {
  if (what == "env") return "the environment (replay --env NAME=VALUE, --inherit-env)";
  if (what == "args") return "the arguments (replay --arg VALUE, once for each)";
  if (what == "stdin") return "standard input (replay --stdin FILE)";
  return what;
}

int info(const std::string& path) {
  auto reader = trace::Reader::open(path);
  if (!reader) return report(reader.error(), path);
  auto player = replay::Player::open(std::move(*reader));
  if (!player) return report(player.error(), path);
  const replay::SessionInfo& session = (*player)->session();
  fmt::print("engine:   {}\n", session.engine);
  if (auto program = replay::find_program(path)) {
    fmt::print("program:  {}, {} bytes, {}\n", program->name, program->size,
               program->embedded ? "in the trace" : "not in the trace: " + program->location);
    fmt::print("sha256:   ");
    for (const auto byte : program->sha256) fmt::print("{:02x}", static_cast<unsigned>(byte));
    fmt::print("\n");
  } else {
    fmt::print("program:  {}\n", program.error().to_string());
  }
  fmt::print("replay:   {}\n", !session.replayable       ? "impossible"
                               : session.omitted.empty() ? "possible"
                                                         : "possible; where the run depends on "
                                                           "what was left out, give it that");
  for (const std::string& what : session.omitted) fmt::print("left out: {}\n", omission(what));
  auto verified = trace::verify(path);
  if (!verified) return report(verified.error(), path);
  print_ending(*verified);
  if (const std::string beyond = beyond_the_cut(path); !verified->ended && !beyond.empty())
    fmt::print("          {}\n", beyond);
  if (verified->sound()) return 0;
  fmt::print("problems: {} (see: reprise trace verify)\n", verified->problem_count);
  return kExitDamaged;
}

int verify(const std::string& path) {
  auto verified = trace::verify(path);
  if (!verified) return report(verified.error(), path);
  print_ending(*verified);
  for (const trace::Problem& problem : verified->problems) {
    if (problem.event == trace::kNoEvent) {
      fmt::print("at byte {:#x}: {}\n", problem.offset, problem.what);
    } else {
      fmt::print("at byte {:#x}, event {}: {}\n", problem.offset, problem.event, problem.what);
    }
  }
  if (verified->problem_count > verified->problems.size())
    fmt::print("and {} more\n", verified->problem_count - verified->problems.size());
  fmt::print("{}\n", verified->sound() ? "sound" : "damaged");
  return verified->sound() ? 0 : kExitDamaged;
}

struct RecoverOptions {
  std::string trace;
  std::string ring;
  std::string output;
};

int recover(const RecoverOptions& options) {
  const std::string output = options.output.empty() ? options.trace + ".recovered" : options.output;
  std::error_code same;
  if (std::filesystem::equivalent(options.trace, output, same))
    return report(
        Error{ErrorKind::usage, "the recovered trace must be another file than the trace", {}, {}});
  auto recovered = trace::recover(options.trace, options.ring, output);
  if (!recovered) return report(recovered.error(), options.trace);
  fmt::print("{}: {} events; {} chunks from the file, {} bytes from the ring\n", output,
             recovered->events, recovered->chunks, recovered->ring_bytes);
  if (!recovered->stopped.empty())
    fmt::print("the recording had stopped before the process did: {}\n", recovered->stopped);
  for (const trace::Loss& loss : recovered->file.losses)
    fmt::print("at byte {:#x}: {} ({} bytes skipped)\n", loss.offset, loss.what, loss.bytes);
  const std::string ring = options.ring.empty() ? trace::find_ring(options.trace) : options.ring;
  if (std::filesystem::exists(ring, same))
    fmt::print("the ring stays until you remove it: {}\n", ring);
  if (recovered->missing_bytes == 0) return 0;
  fmt::print("{} bytes of events are neither in the file nor in the ring\n",
             recovered->missing_bytes);
  return kExitDamaged;
}

}  // namespace

void add_trace(Tool& tool) {
  CLI::App* trace = tool.app.add_subcommand("trace", "Look into a trace");
  trace->require_subcommand(1);

  auto options = std::make_shared<CatOptions>();
  CLI::App* sub = trace->add_subcommand("cat", "Print the calls, one a line");
  sub->add_option("trace", options->trace, "The trace")->required();
  sub->add_flag("--json", options->json, "One JSON object a line");
  sub->add_flag("--follow", options->follow, "Go on while the trace is being written");
  sub->add_option("--ring", options->ring, "The recording's ring, if it is not where it was put")
      ->needs("--follow");
  sub->add_flag("--full", options->full,
                "Don't shorten long values; with --json: the program's bytes, too");
  sub->callback([options, &tool] { tool.exit_code = cat(*options); });

  auto path = std::make_shared<std::string>();
  sub = trace->add_subcommand("info", "Say what a trace is of, and how it ended");
  sub->add_option("trace", *path, "The trace")->required();
  sub->callback([path, &tool] { tool.exit_code = info(*path); });

  add_trace_index(*trace, tool);

  path = std::make_shared<std::string>();
  sub = trace->add_subcommand("verify", "Check everything that can be checked without its guest");
  sub->add_option("trace", *path, "The trace")->required();
  sub->callback([path, &tool] { tool.exit_code = verify(*path); });

  auto recovery = std::make_shared<RecoverOptions>();
  sub = trace->add_subcommand("recover", "Make a whole trace of what a killed recording left");
  sub->add_option("trace", recovery->trace, "The trace")->required();
  sub->add_option("--ring", recovery->ring, "The recording's ring, if it is not where it was put");
  sub->add_option("-o,--output", recovery->output, "Where to write; TRACE.recovered if not given");
  sub->callback([recovery, &tool] { tool.exit_code = recover(*recovery); });
}

}  // namespace reprise::tool
