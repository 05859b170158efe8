#include "tool/front_end.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "debug/gdb/server.hpp"
#include "debug/terminal/terminal.hpp"
#include "tool/commands.hpp"
#include "tool/line_editor.hpp"
#include "tool/wire.hpp"

namespace reprise::tool {

namespace {

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

class FrontEnd {
 public:
  FrontEnd(const FrontEndOptions& options, debug::Debugger& debugger)
      : options_(options), debugger_(debugger) {}

  int serve_gdb() {
    debug::Terminal terminal(debugger_,
                             terminal_options([this](std::string_view text) { printed_ += text; }));
    auto wire = Wire::accept_one(static_cast<uint16_t>(options_.port));
    if (!wire) return report(wire.error());
    debug::gdb::serve(
        debugger_,
        [&](std::string_view command) {
          terminal.execute(command);
          return std::exchange(printed_, {});
        },
        as_client(**wire));
    return 0;
  }

  int serve_terminal(const debug::Stop& stop) {
    debug::Terminal terminal(debugger_, terminal_options(write_output));
    interruptible = &debugger_;
    std::signal(SIGINT, interrupt);
    terminal.show_stop(stop);
    const int code = converse(terminal);
    std::signal(SIGINT, SIG_DFL);
    interruptible = nullptr;
    return code;
  }

 private:
  debug::TerminalOptions terminal_options(std::function<void(std::string_view)> print) {
    return {
        .print = std::move(print),
        .color = isatty(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr && options_.port < 0,
        .source_directories = options_.sources};
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
      debugger_.forget_interrupt();
      terminal.execute(line->empty() ? terminal.repeated() : *line);
    }
    return 0;
  }

  /// Commands from a file or a pipe, shown as if they had been typed. Nothing is read ahead: a
  /// guest that is debugged live reads from there, too.
  int read_script(debug::Terminal& terminal) {
    std::setvbuf(stdin, nullptr, _IONBF, 0);
    std::string line;
    bool fine = true;
    for (int c = std::getchar(); !terminal.wants_to_quit(); c = std::getchar()) {
      if (c != '\n' && c != EOF) {
        line += static_cast<char>(c);
        continue;
      }
      if (!line.empty()) {
        debugger_.forget_interrupt();
        write_output("(reprise) " + line + "\n");
        fine &= terminal.execute(line);
        line.clear();
      }
      if (c == EOF) break;
    }
    return fine ? 0 : kExitCommandFailed;
  }

  const FrontEndOptions& options_;
  debug::Debugger& debugger_;
  std::string printed_;
};

}  // namespace

std::vector<CLI::Option*> add_front_end_options(CLI::App& app, FrontEndOptions& options) {
  std::vector<CLI::Option*> added;
  added.push_back(
      app.add_option("--symbols", options.symbols, "A folder with symbol files of stripped modules")
          ->allow_extra_args(false));
  added.push_back(app.add_option("--source", options.sources, "A folder with sources")
                      ->allow_extra_args(false));
  added.push_back(app.add_option("--ex", options.commands, "Do this command first (also -ex)")
                      ->allow_extra_args(false));
  added.push_back(app.add_flag("--batch", options.batch,
                               "Leave after the commands; fail with the first that fails"));
  CLI::Option* dap = app.add_flag("--dap", options.dap, "Serve an editor on standard input");
  added.push_back(dap);
  added.push_back(app.add_option("--gdb", options.port, "Serve LLDB on this port of this machine")
                      ->check(CLI::Range(0, 65535))
                      ->excludes(dap));
  return added;
}

int serve_front_end(const FrontEndOptions& options, debug::Debugger& debugger,
                    const debug::Stop& stop) {
  FrontEnd front_end(options, debugger);
  return options.port >= 0 ? front_end.serve_gdb() : front_end.serve_terminal(stop);
}

int serve_editor(const FrontEndOptions& options, debug::dap::SessionOptions session) {
  auto wire = Wire::standard_streams();
  if (!wire) return report(wire.error());
  session.source_directories = options.sources;
  session.debugger.symbol_directories = options.symbols;
  debug::dap::serve(std::move(session), as_client(**wire));
  return 0;
}

}  // namespace reprise::tool
