// The subcommands of `reprise`. Each lives in a file of its own and registers itself with the
// option parser; when it is chosen, its callback does the work and leaves the exit code in
// Tool::exit_code.

#pragma once

#include <CLI/CLI.hpp>

#include "reprise/result.hpp"

namespace reprise::tool {

struct Tool {
  CLI::App app{
      "Runs WebAssembly components; records what crosses their boundary; replays it exactly."};
  int exit_code = 0;
};

/// Exit codes of the command itself; a guest's own exit code is passed through as it is.
inline constexpr int kExitTrap = 134;      // the guest trapped
inline constexpr int kExitCut = 4;         // a replay reached the end of a trace that was cut
inline constexpr int kExitDivergence = 3;  // a replay differed from its recording
inline constexpr int kExitBadInput = 2;    // a file or an option is wrong

void add_inspect(Tool& tool);
void add_wasm2wat(Tool& tool);
void add_wast(Tool& tool);
void add_wat2wasm(Tool& tool);

void add_run(Tool& tool);
void add_replay(Tool& tool);
void add_trace(Tool& tool);
void add_why(Tool& tool);
void add_debug(Tool& tool);

/// Prints "reprise: <error>" to stderr and gives kExitBadInput.
int report(const Error& error);
/// The same of an error about a file, which is named if the error does not do that.
int report(const Error& error, const std::string& file);

}  // namespace reprise::tool
