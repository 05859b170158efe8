// The scripts of a suite, a folder below the root that the command line names, or that
// REPRISE_CONFORMANCE does; and what came of one.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "wast/runner.hpp"

namespace reprise::conformance {

/// What a test exits with when the folder is not there.
inline constexpr int kSkipped = 77;
/// A digest reads every memory of the store, and scripts have thousands of calls.
inline constexpr uint32_t kCallsPerDigest = 50;

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// By name. Nothing, said aloud, if there is no such folder.
inline std::optional<std::vector<std::filesystem::path>> scripts_of(const char* default_root,
                                                                    const std::string& suite) {
  namespace fs = std::filesystem;
  const char* root = std::getenv("REPRISE_CONFORMANCE");
  const fs::path folder = fs::path(root ? root : default_root) / suite;
  if (!fs::is_directory(folder)) {
    fmt::print("skipped: there is no {}; set REPRISE_CONFORMANCE\n", folder.string());
    return std::nullopt;
  }
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".wast") all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// Runs check(path, script) for each script of `suite`, and prints which failed, then what
/// summary() says of all. What main() returns.
template <class Check, class Summary>
int check_each(const char* default_root, const std::string& suite, Check check, Summary summary) {
  const auto paths = scripts_of(default_root, suite);
  if (!paths) return kSkipped;
  size_t failed = 0;
  for (const auto& path : *paths) {
    const auto checked = [&]() -> Result<void> {
      REPRISE_ASSIGN(const auto script, text::parse_script(read_file(path), path.string()));
      return check(script);
    }();
    if (checked) continue;
    failed++;
    fmt::print("{}/{}: {}\n", suite, path.filename().string(), checked.error().to_string());
  }
  fmt::print("{}: {} scripts, {}, {} scripts differ\n", suite, paths->size(), summary(), failed);
  return failed == 0 ? 0 : 1;
}

inline std::string describe(const wast::Report& report) {
  std::string text = fmt::format("{} passed", report.passed);
  for (const auto& failure : report.failures)
    text += fmt::format("\n  {}: {}", failure.line, failure.message);
  return text;
}

}  // namespace reprise::conformance
