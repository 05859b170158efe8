#include <signal.h>

#include <cstdio>
#include <string_view>

#include "tool/commands.hpp"

namespace reprise::tool {

int report(const Error& error) {
  std::fprintf(stderr, "reprise: %s\n", error.to_string().c_str());
  return kExitBadInput;
}

}  // namespace reprise::tool

int main(int argc, char** argv) {
  // Beyond `ulimit -f`, a guest's write is an error to the guest, not the end of the process.
  ::signal(SIGXFSZ, SIG_IGN);
  reprise::tool::Tool tool;
  char ex[] = "--ex";
  tool.app.name("reprise");
  tool.app.require_subcommand(1);
  tool.app.set_version_flag("--version", "reprise 0.1.0");
  reprise::tool::add_inspect(tool);
  reprise::tool::add_wasm2wat(tool);
  reprise::tool::add_wast(tool);
  reprise::tool::add_wat2wasm(tool);
  reprise::tool::add_run(tool);
  reprise::tool::add_replay(tool);
  reprise::tool::add_trace(tool);
  reprise::tool::add_why(tool);
  reprise::tool::add_debug(tool);
  // gdb and rr have taught people to write -ex, which no option parser takes for one option.
  if (argc > 1 && std::string_view(argv[1]) == "debug")
    for (int i = 2; i < argc; ++i)
      if (std::string_view(argv[i]) == "-ex") argv[i] = ex;
  CLI11_PARSE(tool.app, argc, argv);
  return tool.exit_code;
}
