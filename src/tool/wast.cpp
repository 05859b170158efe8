// reprise wast FILE…: runs scripts, and says for each how many of its commands did what they say.

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "code/interpreter.hpp"
#include "text/script.hpp"
#include "tool/commands.hpp"
#include "tool/files.hpp"
#include "wast/runner.hpp"

namespace reprise::tool {

namespace {

struct Options {
  std::vector<std::string> files;
  bool quiet = false;
};

Result<wast::Report> run_file(const std::string& file) {
  REPRISE_ASSIGN(const std::string text, read_file(file));
  REPRISE_ASSIGN(const text::Script script, text::parse_script(text, file));
  return wast::run_script(script, code::make_engine());
}

/// False if anything in the file failed.
bool show_file(const std::string& file, bool quiet) {
  const auto report = run_file(file);
  if (!report) {
    fmt::print("{}: {}\n", file, report.error().to_string());
    return false;
  }
  if (!quiet) {
    for (const wast::Failure& failure : report->failures) {
      fmt::print("{}:{}: {}\n", file, failure.line, failure.message);
    }
  }
  fmt::print("{}: {} of {} passed\n", file, report->passed, report->total());
  std::fflush(stdout);
  return report->failures.empty();
}

}  // namespace

void add_wast(Tool& tool) {
  auto* command = tool.app.add_subcommand("wast", "Run WebAssembly scripts");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->files, "The scripts; - for standard input")->required();
  command->add_flag("-q,--quiet", options->quiet, "Only count what fails");
  command->callback([&tool, options] {
    for (const std::string& file : options->files) {
      if (!show_file(file, options->quiet)) tool.exit_code = 1;
    }
  });
}

}  // namespace reprise::tool
