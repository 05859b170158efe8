// reprise debug: walks a recorded run, forwards and backwards: at a terminal, from a script, or for
// an editor (Debug Adapter Protocol) or a debugger (GDB's remote protocol).

#include <cstdio>
#include <string>

#include "tool/commands.hpp"
#include "tool/debugged_run.hpp"
#include "tool/front_end.hpp"

namespace reprise::tool {

namespace {

struct DebugOptions {
  debug::DebuggerOptions debugger;
  FrontEndOptions front_end;
  std::string at = "end";
  bool output = false;
};

/// An editor says what it wants when it is there: a trace, or a run to start.
int serve(const DebugOptions& options) {
  std::unique_ptr<DebuggedRun> live;
  debug::dap::SessionOptions session;
  session.debugger = options.debugger;
  session.run = [&live](std::vector<std::string> words,
                        debug::DebuggerOptions how) -> Result<std::unique_ptr<debug::Debugger>> {
    REPRISE_ASSIGN(RunOptions wanted, parse_run_options(std::move(words)));
    REPRISE_ASSIGN(live, DebuggedRun::create(std::move(wanted)));
    return live->open(std::move(how));
  };
  return serve_editor(options.front_end, std::move(session));
}

int run(DebugOptions options) {
  if (options.front_end.dap) return serve(options);
  if (options.debugger.trace.empty())
    return report(Error{ErrorKind::usage, "name a trace: reprise debug TRACE", {}, {}});
  options.debugger.symbol_directories = options.front_end.symbols;
  if (options.output)
    options.debugger.output = [](replay::Stream stream, Bytes bytes) {
      std::fwrite(bytes.data(), 1, bytes.size(), stream == replay::Stream::out ? stdout : stderr);
    };
  const std::string trace = options.debugger.trace;
  auto opened = debug::Debugger::open(std::move(options.debugger));
  if (!opened) return report(opened.error(), trace);
  debug::Debugger& debugger = **opened;
  if (const std::string& note = debugger.index_note(); !note.empty())
    std::fprintf(stderr, "reprise: %s\n", note.c_str());
  auto stop = options.at == "start" ? debugger.seek(debugger.beginning()) : debugger.seek_end();
  if (!stop) return report(stop.error());
  return serve_front_end(options.front_end, debugger, *stop);
}

}  // namespace

void add_debug(Tool& tool) {
  auto o = std::make_shared<DebugOptions>();
  CLI::App* debug = tool.app.add_subcommand("debug", "Walk a recorded run, both ways");
  debug->add_option("trace", o->debugger.trace, "The trace");
  debug->add_option("--component", o->debugger.component, "Debug with this program instead");
  add_front_end_options(*debug, o->front_end);
  debug->add_option("--at", o->at, "Where to begin")->check(CLI::IsMember({"start", "end"}));
  debug->add_flag("--output", o->output, "Show what the guest prints");
  debug->callback([o, &tool] { tool.exit_code = run(*o); });
}

}  // namespace reprise::tool
