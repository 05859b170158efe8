// What `reprise run` is told: as options of the command, or in the words that an editor sends.

#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/limits.hpp"
#include "reprise/result.hpp"
#include "reprise/wasi.hpp"

namespace reprise::tool {

struct RunOptions {
  std::string file;
  std::vector<std::string> arguments;
  std::vector<std::string> directories;
  std::vector<std::string> environment;
  bool inherit_environment = false;
  bool validate = false;
  std::string invoke;
  std::vector<std::string> limits;
  std::optional<uint64_t> fuel;
  std::string timeout;

  std::string record;
  std::string store = "embed";
  std::string recorded_arguments = "short";
  std::string codec = "none";
  std::string on_pressure = "wait";
  std::string check = "state";
  std::vector<std::string> omit;

  bool debug = false;
  bool discard = false;  // the recording that was made for debugging only
};

/// Adds what tells of the program and its recording. `options` must outlive `app`. Gives those that
/// do not go with a debugger.
std::vector<CLI::Option*> add_run_options(CLI::App& app, RunOptions& options);
/// The same options, given as the words that follow `reprise run`, for a run that is debugged.
Result<RunOptions> parse_run_options(std::vector<std::string> words);

Result<WasiOptions> wasi_options(const RunOptions& options);
/// NAME=VALUE, where a value may end in K, M or G.
Result<void> set_limit(Limits& limits, std::string_view text);
/// A number and a unit: "250ms", "2s", "1m".
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// The N of "state:N"; 0 for anything else.
uint64_t digest_interval(std::string_view check);

}  // namespace reprise::tool
