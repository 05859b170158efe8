// reprise why: what a recorded run died of, on one screen.

#include "debug/why.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <limits>

#include "tool/commands.hpp"

namespace reprise::tool {

namespace {

/// Of the terminal; text for a file or a pipe is not cut.
size_t width_of_output() {
  if (!isatty(STDOUT_FILENO)) return std::numeric_limits<size_t>::max();
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

void add_why(Tool& tool) {
  struct Options {
    std::string trace;
    std::string component;
  };
  auto options = std::make_shared<Options>();
  CLI::App* why = tool.app.add_subcommand("why", "Say what a recorded run died of");
  why->add_option("trace", options->trace, "The trace")->required();
  why->add_option("--component", options->component, "Replay with this program instead");
  why->callback([options, &tool] {
    auto explanation = debug::explain(options->trace, options->component);
    if (!explanation) {
      tool.exit_code = report(explanation.error(), options->trace);
      return;
    }
    std::fputs(debug::to_text(*explanation, width_of_output()).c_str(), stdout);
  });
}

}  // namespace reprise::tool
