// reprise run: runs a component or a WASI 0.1 module with what it is granted, recording it if
// asked, and under a debugger if asked.

#include <memory>

#include "tool/commands.hpp"
#include "tool/debugged_run.hpp"
#include "tool/front_end.hpp"

namespace reprise::tool {

namespace {

struct RunCommand {
  RunOptions run;
  FrontEndOptions front_end;
};

int debug_live(const RunCommand& command) {
  auto run = DebuggedRun::create(command.run);
  if (!run) return report(run.error());
  const auto open = [&run](debug::DebuggerOptions how) { return (*run)->open(std::move(how)); };
  if (command.front_end.dap) {
    debug::dap::SessionOptions session;
    session.open = open;
    return serve_editor(command.front_end, std::move(session));
  }
  debug::DebuggerOptions how;
  how.symbol_directories = command.front_end.symbols;
  auto opened = open(std::move(how));
  if (!opened) return report(opened.error());
  return serve_front_end(command.front_end, **opened, (*opened)->last_stop());
}

}  // namespace

void add_run(Tool& tool) {
  auto o = std::make_shared<RunCommand>();
  CLI::App* run = tool.app.add_subcommand("run", "Run a component or a WASI 0.1 module");
  const std::vector<CLI::Option*> unheld = add_run_options(*run, o->run);
  CLI::Option* debug =
      run->add_flag("--debug", o->run.debug, "Debug the run as it goes, forwards and backwards");
  for (CLI::Option* option : unheld) debug->excludes(option);
  run->add_flag("--discard", o->run.discard, "Remove the recording that --debug made at the end")
      ->needs(debug)
      ->excludes(run->get_option("--record"));
  for (CLI::Option* option : add_front_end_options(*run, o->front_end)) option->needs(debug);
  run->callback(
      [o, &tool] { tool.exit_code = o->run.debug ? debug_live(*o) : ProgramRun(o->run).go(); });
}

}  // namespace reprise::tool
