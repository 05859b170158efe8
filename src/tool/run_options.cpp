#include "tool/run_options.hpp"

#include <algorithm>
#include <charconv>

#include "tool/environment.hpp"

namespace reprise::tool {

namespace {

/// HOST[::GUEST][:ro]
WasiPreopen parse_directory(std::string_view text) {
  WasiPreopen preopen;
  if (text.ends_with(":ro")) {
    preopen.read_only = true;
    text.remove_suffix(3);
  }
  const size_t split = text.find("::");
  preopen.host_path = text.substr(0, split);
  preopen.guest_path = split == std::string_view::npos ? text : text.substr(split + 2);
  return preopen;
}

}  // namespace

std::vector<CLI::Option*> add_run_options(CLI::App& app, RunOptions& options) {
  app.add_option("file", options.file, "The program: .wasm or .wat")->required();
  app.add_option("arguments", options.arguments, "Its arguments");
  app.add_option("--dir", options.directories, "Grant a directory: HOST[::GUEST][:ro]")
      ->allow_extra_args(false);
  app.add_option("--env", options.environment, "Set a variable: NAME=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--inherit-env", options.inherit_environment, "Grant the whole environment");
  app.add_flag("--validate", options.validate, "Validate and lower every function before starting");
  app.add_option("--invoke", options.invoke,
                 "Call this export instead of the program's entry point");
  app.add_option("--limit", options.limits,
                 "Allow no more than this: NAME=NUMBER, e.g. memory-bytes=64M")
      ->allow_extra_args(false);
  app.add_option("--fuel", options.fuel, "Stop the guest after so many instructions");
  CLI::Option* timeout =
      app.add_option("--timeout", options.timeout, "Stop the guest after so long: 250ms, 2s, 1m");
  CLI::Option* record = app.add_option("--record", options.record, "Record the run into this file");
  app.add_option("--component", options.store, "What the trace holds of the program")
      ->check(CLI::IsMember({"embed", "ref"}))
      ->needs(record);
  app.add_option("--args", options.recorded_arguments, "How arguments of host calls are recorded")
      ->check(CLI::IsMember({"full", "short", "digest"}))
      ->needs(record);
  app.add_option("--codec", options.codec, "Compression of the trace")
      ->check(CLI::IsMember({"none", "lz4", "zstd"}))
      ->needs(record);
  app.add_option("--on-pressure", options.on_pressure,
                 "When the trace can't be written fast enough")
      ->check(CLI::IsMember({"wait", "stop"}))
      ->needs(record);
  CLI::Option* omit =
      app.add_option("--omit", options.omit, "Leave out of the trace: env, args, stdin")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->check(CLI::IsMember({"env", "args", "stdin"}))
          ->needs(record);
  app.add_option("--check", options.check,
                 "Digests of memories, globals and tables in the trace: at the end (state, what "
                 "is done if nothing is said), also every N events (state:N), or none")
      ->check([](const std::string& text) {
        return text == "none" || text == "state" || digest_interval(text) != 0
                   ? std::string()
                   : "--check wants state, state:N or none, not " + text;
      })
      ->needs(record);
  app.prefix_command();
  app.positionals_at_end();
  app.parse_complete_callback([&app, &options] {
    for (const std::string& argument : app.remaining()) options.arguments.push_back(argument);
  });
  return {timeout, omit};
}

Result<RunOptions> parse_run_options(std::vector<std::string> words) {
  RunOptions options;
  CLI::App app;
  app.set_help_flag();
  const std::vector<CLI::Option*> refused = add_run_options(app, options);
  std::ranges::reverse(words);  // as the parser wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::usage, error.what());
  }
  for (const CLI::Option* option : refused)
    if (option->count() > 0)
      return fail(ErrorKind::usage, option->get_name() + " does not go with a debugger");
  return options;
}

Result<WasiOptions> wasi_options(const RunOptions& options) {
  WasiOptions wasi;
  wasi.arguments.push_back(options.file);
  wasi.arguments.insert(wasi.arguments.end(), options.arguments.begin(), options.arguments.end());
  for (const std::string& directory : options.directories)
    wasi.preopens.push_back(parse_directory(directory));
  REPRISE_ASSIGN(wasi.environment,
                 read_environment(options.environment, options.inherit_environment));
  return wasi;
}

Result<void> set_limit(Limits& limits, std::string_view text) {
  const size_t split = text.find('=');
  const std::string_view name = text.substr(0, split);
  std::string_view digits = split == std::string_view::npos ? "" : text.substr(split + 1);
  unsigned shift = 0;
  if (!digits.empty()) {
    const size_t unit = std::string_view("KMG").find(digits.back());
    if (unit != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(unit) + 1);
      digits.remove_suffix(1);
    }
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
      value > UINT64_MAX >> shift)
    return fail(ErrorKind::usage, "--limit wants NAME=NUMBER, the number with K, M or G, not '" +
                                      std::string(text) + "'");
  return limits.set(name, value << shift);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  const double scale = unit == "us"   ? 1e3
                       : unit == "ms" ? 1e6
                       : unit == "s"  ? 1e9
                       : unit == "m"  ? 60e9
                                      : 0;
  if (error != std::errc() || scale == 0 || !(value > 0) || value * scale > 9e18)
    return fail(ErrorKind::usage,
                "--timeout wants a number with us, ms, s or m, not '" + std::string(text) + "'");
  return std::chrono::nanoseconds(static_cast<int64_t>(value * scale));
}

uint64_t digest_interval(std::string_view check) {
  constexpr std::string_view kPrefix = "state:";
  uint64_t every = 0;
  if (!check.starts_with(kPrefix)) return 0;
  const char* const end = check.data() + check.size();
  const auto [rest, error] = std::from_chars(check.data() + kPrefix.size(), end, every);
  return error == std::errc() && rest == end ? every : 0;
}

}  // namespace reprise::tool
