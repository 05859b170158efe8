#include <signal.h>

#include <cstdio>
#include <string_view>

#include "tool/commands.hpp"

namespace reprise::tool {

int report(const Error& error) {
  std::fprintf(stderr, "reprise: %s\n", error.to_string().c_str());
  return kExitBadInput;
}

/// gdb and rr have taught people to write -ex, which no option parser takes for one option. What
/// belongs to a guest is left alone.
static void spell_out_ex(const CLI::App& app, int argc, char** argv) {
  static char ex[] = "--ex";
  const auto all =
      app.get_subcommands([&](const CLI::App* one) { return one->check_name(argv[1]); });
  if (all.empty() || !all[0]->get_option_no_throw(ex)) return;
  const CLI::App* const command = all[0];
  for (int i = 2; i < argc; ++i) {
    if (argv[i][0] != '-' && command->get_prefix_command()) return;
    if (std::string_view(argv[i]) == "-ex") argv[i] = ex;
    const CLI::Option* const option = command->get_option_no_throw(argv[i]);
    if (option && option->get_items_expected_min() > 0) ++i;  // its value
  }
}

}  // namespace reprise::tool

int main(int argc, char** argv) {
  // Beyond `ulimit -f`, a guest's write is an error to the guest, not the end of the process.
  ::signal(SIGXFSZ, SIG_IGN);
  reprise::tool::Tool tool;
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
  if (argc > 1) reprise::tool::spell_out_ex(tool.app, argc, argv);
  CLI11_PARSE(tool.app, argc, argv);
  return tool.exit_code;
}
