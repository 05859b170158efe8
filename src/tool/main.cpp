#include <signal.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "tool/commands.hpp"

namespace reprise::tool {

int report(const Error& error) {
  std::fprintf(stderr, "reprise: %s\n", error.to_string().c_str());
  return kExitBadInput;
}

int report(const Error& error, const std::string& file) {
  // "run.trace: …" or "cannot open run.trace: …"; a short name may stand in any word.
  const std::string text = ' ' + error.to_string();
  if (text.find(' ' + file + ':') != std::string::npos) return report(error);
  return report(Error(error).in(file));
}

/// The subcommand of `app` that is called so, or null.
static const CLI::App* find_command(const CLI::App& app, const char* name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* one) { return one->check_name(name); });
  return found.empty() ? nullptr : found[0];
}

/// What is wrong with the command line. Who names no command gets the list of them.
static int report_usage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const CLI::App* command = &app;
  int i = 1;
  while (i < argc && command->get_require_subcommand_min() > 0) {
    const CLI::App* const named = find_command(*command, argv[i]);
    if (!named) break;
    command = named;
    ++i;
  }
  std::string what = error.what();
  if (command->get_require_subcommand_min() > 0) {
    if (i == argc) {
      std::fputs(command->help().c_str(), stderr);
      return kExitBadInput;
    }
    const char* const kind = argv[i][0] == '-' ? "option" : "command";
    what = std::string("there is no ") + kind + " '" + argv[i] + "' here";
  }
  std::fprintf(stderr, "reprise: %s\nRun with --help for more information.\n", what.c_str());
  return kExitBadInput;
}

/// gdb and rr have taught people to write -ex, which no option parser takes for one option. What
/// belongs to a guest is left alone.
static void spell_out_ex(const CLI::App& app, int argc, char** argv) {
  static char ex[] = "--ex";
  const CLI::App* const command = find_command(app, argv[1]);
  if (!command || !command->get_option_no_throw(ex)) return;
  for (int i = 2; i < argc; ++i) {
    if (argv[i][0] != '-' && command->get_prefix_command()) return;
    if (std::string_view(argv[i]) == "-ex") argv[i] = ex;
    const CLI::Option* const option = command->get_option_no_throw(argv[i]);
    if (option && option->get_items_expected_min() > 0) ++i;  // its value
  }
}

}  // namespace reprise::tool

// No memory for a command line ends the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
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
  try {
    tool.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return tool.app.exit(error);  // --help, --version
    return reprise::tool::report_usage(tool.app, error, argc, argv);
  }
  return tool.exit_code;
}
