// run_scripts ROOT SUITE KNOWN: runs every script of a folder and fails if any command of any of
// them does not do what it says.
//
// What is known to fail stands in KNOWN: "suite/file.wast:line reason", or "suite/file.wast reason"
// for a script of which only a part can work yet. It must fail, so that the list cannot go stale.
// Without the folder the suite is skipped (exit 77), and says so.

#include <cstdio>
#include <set>

#include "code/interpreter.hpp"
#include "scripts.hpp"
#include "text/script.hpp"

namespace {

namespace fs = std::filesystem;
using reprise::Result;

/// The first word of every line.
std::set<std::string> read_known(const fs::path& path) {
  std::set<std::string> known;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') known.insert(line.substr(0, line.find(' ')));
  }
  return known;
}

Result<reprise::wast::Report> run(const fs::path& path) {
  const std::string text = reprise::conformance::read_file(path);
  REPRISE_ASSIGN(const auto script, reprise::text::parse_script(text, path.string()));
  return reprise::wast::run_script(script, reprise::code::make_engine());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: run_scripts ROOT SUITE KNOWN\n");
    return 2;
  }
  const std::string suite = argv[2];
  const auto paths = reprise::conformance::scripts_of(argv[1], suite);
  if (!paths) return reprise::conformance::kSkipped;
  std::set<std::string> known = read_known(argv[3]);
  uint32_t passed = 0, failed = 0, expected = 0;
  for (const fs::path& path : *paths) {
    const std::string name = suite + "/" + path.filename().string();
    const auto report = run(path);
    if (!report) {
      failed++;
      fmt::print("{}: {}\n", name, report.error().to_string());
      continue;
    }
    passed += report->passed;
    const bool is_partial = !report->failures.empty() && known.erase(name) > 0;
    for (const auto& failure : report->failures) {
      const std::string where = fmt::format("{}:{}", name, failure.line);
      if (is_partial || known.erase(where) > 0) {
        expected++;
        continue;
      }
      failed++;
      fmt::print("{}: {}\n", where, failure.message);
    }
    std::fflush(stdout);
  }
  for (const std::string& where : known) {
    if (fs::path(where).parent_path() != suite) continue;
    failed++;
    fmt::print("{}: passes now; take it out of the list of known failures\n", where);
  }
  fmt::print("{}: {} passed, {} failed, {} known to fail\n", suite, passed, failed, expected);
  return failed == 0 ? 0 : 1;
}
