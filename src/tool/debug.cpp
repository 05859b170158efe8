// reprise debug: walks a recorded run, forwards and backwards: at a terminal, from a script, or for
// an editor (Debug Adapter Protocol) or a debugger (GDB's remote protocol).

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "debug/dap/session.hpp"
#include "debug/gdb/server.hpp"
#include "debug/terminal/terminal.hpp"
#include "tool/commands.hpp"
#include "tool/line_editor.hpp"
#include "tool/wire.hpp"

namespace reprise::tool {

namespace {

struct DebugOptions {
  debug::DebuggerOptions debugger;
  std::vector<std::string> sources;
  std::vector<std::string> commands;
  std::string at = "end";
  int port = -1;
  bool batch = false;
  bool dap = false;
  bool output = false;
};

constexpr int kExitCommandFailed = 1;

// A signal handler can only find what is global: the debugger whose command ^C is to stop.
std::atomic<debug::Debugger*> interruptible = nullptr;

void interrupt(int) {
  if (debug::Debugger* const debugger = interruptible.load()) debugger->interrupt();
}

debug::ClientWire as_client(Wire& wire) {
  return {.read = [&wire](std::span<char> buffer) { return wire.read(buffer); },
          .write = [&wire](std::string_view bytes) { wire.write(bytes); },
          .hang_up = [&wire] { wire.hang_up(); }};
}

void write_output(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string history_file() {
  const char* const home = std::getenv("HOME");
  return home ? std::string(home) + "/.reprise_history" : std::string();
}

class DebugCommand {
 public:
  explicit DebugCommand(const DebugOptions& options) : options_(options) {}

  int go() {
    debug::DebuggerOptions how = options_.debugger;
    if (options_.output)
      how.output = [](replay::Stream stream, Bytes bytes) {
        std::fwrite(bytes.data(), 1, bytes.size(), stream == replay::Stream::out ? stdout : stderr);
      };
    auto opened = debug::Debugger::open(std::move(how));
    if (!opened) return report(opened.error());
    debugger_ = std::move(*opened);
    auto stop =
        options_.at == "start" ? debugger_->seek(debugger_->beginning()) : debugger_->seek_end();
    if (!stop) return report(stop.error());
    return options_.port >= 0 ? serve_gdb() : serve_terminal(*stop);
  }

 private:
  int serve_gdb() {
    debug::Terminal terminal(*debugger_,
                             terminal_options([this](std::string_view text) { printed_ += text; }));
    auto wire = Wire::accept_one(static_cast<uint16_t>(options_.port));
    if (!wire) return report(wire.error());
    debug::gdb::serve(
        *debugger_,
        [&](std::string_view command) {
          terminal.execute(command);
          return std::exchange(printed_, {});
        },
        as_client(**wire));
    return 0;
  }

  debug::TerminalOptions terminal_options(std::function<void(std::string_view)> print) {
    return {
        .print = std::move(print),
        .color = isatty(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr && options_.port < 0,
        .source_directories = options_.sources};
  }

  int serve_terminal(const debug::Stop& stop) {
    debug::Terminal terminal(*debugger_, terminal_options(write_output));
    interruptible = debugger_.get();
    std::signal(SIGINT, interrupt);
    terminal.show_stop(stop);
    const int code = converse(terminal);
    std::signal(SIGINT, SIG_DFL);
    interruptible = nullptr;
    return code;
  }

  int converse(debug::Terminal& terminal) {
    const std::string prompt = "(reprise) ";
    for (const std::string& command : options_.commands) {
      write_output(prompt + command + "\n");
      if (!terminal.execute(command) && options_.batch) return kExitCommandFailed;
      if (terminal.wants_to_quit()) return 0;
    }
    if (options_.batch) return 0;
    if (!isatty(STDIN_FILENO)) return read_script(terminal);
    LineEditor editor(prompt, history_file(),
                      [&](std::string_view text) { return terminal.complete(text); });
    while (!terminal.wants_to_quit()) {
      const auto line = editor.next();
      if (!line) break;
      terminal.execute(line->empty() ? terminal.repeated() : *line);
    }
    return 0;
  }

  /// Commands from a file or a pipe, shown as if they had been typed.
  static int read_script(debug::Terminal& terminal) {
    std::string line;
    bool fine = true;
    for (int c = std::getchar(); !terminal.wants_to_quit(); c = std::getchar()) {
      if (c != '\n' && c != EOF) {
        line += static_cast<char>(c);
        continue;
      }
      if (!line.empty()) {
        write_output("(reprise) " + line + "\n");
        fine &= terminal.execute(line);
        line.clear();
      }
      if (c == EOF) break;
    }
    return fine ? 0 : kExitCommandFailed;
  }

  const DebugOptions& options_;
  std::unique_ptr<debug::Debugger> debugger_;
  std::string printed_;
};

int run(const DebugOptions& options) {
  if (options.dap) {
    auto wire = Wire::standard_streams();
    if (!wire) return report(wire.error());
    debug::dap::serve({.debugger = options.debugger, .source_directories = options.sources},
                      as_client(**wire));
    return 0;
  }
  if (options.debugger.trace.empty())
    return report(Error{ErrorKind::usage, "name a trace: reprise debug TRACE", {}, {}});
  return DebugCommand(options).go();
}

}  // namespace

void add_debug(Tool& tool) {
  auto o = std::make_shared<DebugOptions>();
  CLI::App* debug = tool.app.add_subcommand("debug", "Walk a recorded run, both ways");
  debug->add_option("trace", o->debugger.trace, "The trace");
  debug->add_option("--component", o->debugger.component, "Debug with this program instead");
  debug
      ->add_option("--symbols", o->debugger.symbol_directories,
                   "A folder with symbol files of stripped modules")
      ->allow_extra_args(false);
  debug->add_option("--source", o->sources, "A folder with sources")->allow_extra_args(false);
  debug->add_option("--ex", o->commands, "Do this command first (also -ex)")
      ->allow_extra_args(false);
  debug->add_option("--at", o->at, "Where to begin")->check(CLI::IsMember({"start", "end"}));
  debug->add_flag("--batch", o->batch, "Leave after the commands; fail with the first that fails");
  debug->add_flag("--output", o->output, "Show what the guest prints");
  CLI::Option* dap = debug->add_flag("--dap", o->dap, "Serve an editor on standard input");
  debug->add_option("--gdb", o->port, "Serve LLDB on this port of this machine")
      ->check(CLI::Range(0, 65535))
      ->excludes(dap);
  debug->callback([o, &tool] { tool.exit_code = run(*o); });
}

}  // namespace reprise::tool
