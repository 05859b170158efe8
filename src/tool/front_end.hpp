// What the commands that debug have in common: who they talk with (a terminal, a script, an editor
// by the Debug Adapter Protocol, LLDB by GDB's remote protocol), and the options that say so.

#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "debug/dap/session.hpp"
#include "debug/debugger.hpp"

namespace reprise::tool {

struct FrontEndOptions {
  std::vector<std::string> sources;
  std::vector<std::string> symbols;
  std::vector<std::string> commands;
  int port = -1;
  bool batch = false;
  bool dap = false;
};

/// Gives the options that were added.
std::vector<CLI::Option*> add_front_end_options(CLI::App& app, FrontEndOptions& options);

/// Serves LLDB, or whoever sits at the terminal, until they leave; gives the exit code.
int serve_front_end(const FrontEndOptions& options, debug::Debugger& debugger,
                    const debug::Stop& stop);
/// Serves an editor on standard input and output.
int serve_editor(const FrontEndOptions& options, debug::dap::SessionOptions session);

}  // namespace reprise::tool
