// reprise trace index: runs a trace once, so that the debugger need not.

#include <fmt/format.h>

#include "debug/debugger.hpp"
#include "tool/trace_index.hpp"

namespace reprise::tool {

void add_trace_index(CLI::App& trace, Tool& tool) {
  auto options = std::make_shared<debug::DebuggerOptions>();
  CLI::App* sub = trace.add_subcommand("index", "Run it once, so that debugging it begins at once");
  sub->add_option("trace", options->trace, "The trace")->required();
  sub->add_option("--component", options->component, "Run this program instead");
  sub->callback([options, &tool] {
    const auto report_of = debug::index_trace(*options);
    if (!report_of) {
      tool.exit_code = report(report_of.error(), options->trace);
      return;
    }
    fmt::print("{}: {} snapshots up to {}, {} bytes\n", report_of->path, report_of->snapshots,
               debug::to_string(report_of->end), report_of->bytes);
  });
}

}  // namespace reprise::tool
