// reprise trace info|cat|verify|recover: what a trace is, holds, and is worth.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "replay/listing.hpp"
#include "replay/player.hpp"
#include "tool/commands.hpp"
#include "trace/reader.hpp"

namespace reprise::tool {

namespace {

struct CatOptions {
  std::string trace;
  bool json = false;
  bool follow = false;
  bool full = false;
};

constexpr std::chrono::milliseconds kFollowInterval{100};

int cat(const CatOptions& options) {
  auto reader = trace::Reader::open(options.trace);
  if (!reader) return report(reader.error());
  wit::PrintLimits limits;
  if (!options.full) limits = {.max_length = 400, .max_elements = 120};
  replay::Listing listing(
      **reader, options.json ? replay::ListingFormat::json : replay::ListingFormat::wave, limits);
  while (true) {
    auto line = listing.next();
    if (!line) return report(line.error());
    if (!*line && options.follow && !(*reader)->summary().ended) {
      std::fflush(stdout);
      std::this_thread::sleep_for(kFollowInterval);
      continue;
    }
    if (!*line) *line = listing.flush();
    if (!*line) break;
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

}  // namespace

void add_trace(Tool& tool) {
  CLI::App* trace = tool.app.add_subcommand("trace", "Look into a trace");
  trace->require_subcommand(1);

  auto options = std::make_shared<CatOptions>();
  CLI::App* sub = trace->add_subcommand("cat", "Print the calls, one a line");
  sub->add_option("trace", options->trace, "The trace")->required();
  sub->add_flag("--json", options->json, "One JSON object a line");
  sub->add_flag("--follow", options->follow, "Go on while the trace is being written");
  sub->add_flag("--full", options->full, "Don't shorten long values");
  sub->callback([options, &tool] { tool.exit_code = cat(*options); });
}

}  // namespace reprise::tool
