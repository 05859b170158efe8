// round_trip ROOT SUITE: every module and component of a folder's scripts, from binary to text and
// back. What was written as text must come back byte for byte; of what was given as bytes, which
// can say the same thing in several ways, the text must come back. What is malformed may be refused
// by the printer, and what can be printed may not be refused by the parser.
//
// Without the folder the suite is skipped (exit 77), and says so.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "text/print.hpp"
#include "text/script.hpp"
#include "text/wat.hpp"

namespace {

namespace fs = std::filesystem;
using reprise::Error;
using reprise::ErrorKind;
using reprise::fail;
using reprise::Result;
using reprise::text::Assertion;
using reprise::text::Command;
using reprise::text::Definition;

constexpr int kSkipped = 77;

/// Without the places of custom sections: sections without content are not written, and what stands
/// after one then stands after the one before.
std::string without_places(std::string text) {
  for (size_t at = 0; (at = text.find("(@custom ", at)) != text.npos; at++) {
    const size_t begin = std::min(text.find("\" (after ", at), text.find("\" (before ", at));
    if (begin > text.find('\n', at)) continue;
    text.erase(begin + 1, text.find(')', begin) - begin);
  }
  return text;
}

struct Counts {
  uint32_t exact = 0, by_text = 0, malformed = 0, failed = 0;
};

const Definition* definition_of(const Command& command) {
  if (const auto* definition = std::get_if<Definition>(&command.what)) return definition;
  const auto* assertion = std::get_if<Assertion>(&command.what);
  return assertion ? std::get_if<Definition>(&assertion->subject) : nullptr;
}

bool may_be_malformed(const Command& command) {
  const auto* assertion = std::get_if<Assertion>(&command.what);
  return assertion && (assertion->kind == Assertion::Kind::malformed ||
                       assertion->kind == Assertion::Kind::malformed_custom ||
                       assertion->kind == Assertion::Kind::invalid);
}

Result<void> check(const Definition& definition, bool may_refuse, Counts& counts) {
  const auto printed = reprise::text::print(*definition.binary);
  if (!printed && may_refuse) {
    counts.malformed++;
    return reprise::ok();
  }
  if (!printed) return fail(Error(printed.error()).in("printing"));
  const auto encoded = reprise::text::encode(*printed, "printed.wat");
  if (!encoded && may_refuse && definition.form == Definition::Form::binary) {
    counts.malformed++;
    return reprise::ok();
  }
  if (!encoded) return fail(Error(encoded.error()).in("encoding what was printed"));
  if (*encoded == *definition.binary) {
    counts.exact++;
    return reprise::ok();
  }
  if (definition.form != Definition::Form::binary)
    return fail(ErrorKind::malformed, "comes back as other bytes:\n" + *printed);
  REPRISE_ASSIGN(const std::string again, reprise::text::print(*encoded));
  if (without_places(again) != without_places(*printed))
    return fail(ErrorKind::malformed, "prints differently the second time");
  counts.by_text++;
  return reprise::ok();
}

Result<void> check_script(const fs::path& path, const std::string& name, Counts& counts) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  REPRISE_ASSIGN(const auto script, reprise::text::parse_script(text, path.string()));
  for (const Command& command : script.commands) {
    const Definition* definition = definition_of(command);
    if (!definition || !definition->binary) continue;
    if (const auto good = check(*definition, may_be_malformed(command), counts); !good) {
      counts.failed++;
      fmt::print("{}:{}: {}\n", name, command.line, good.error().to_string());
    }
  }
  return reprise::ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: round_trip ROOT SUITE\n");
    return 2;
  }
  const char* root = std::getenv("REPRISE_CONFORMANCE");
  const std::string suite = argv[2];
  const fs::path folder = fs::path(root ? root : argv[1]) / suite;
  if (!fs::is_directory(folder)) {
    fmt::print("skipped: there is no {}; set REPRISE_CONFORMANCE\n", folder.string());
    return kSkipped;
  }
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".wast") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  Counts counts;
  for (const fs::path& path : paths) {
    const std::string name = suite + "/" + path.filename().string();
    if (const auto done = check_script(path, name, counts); !done) {
      counts.failed++;
      fmt::print("{}: {}\n", name, done.error().to_string());
    }
  }
  fmt::print("{}: {} exact, {} by their text, {} malformed, {} failed\n", suite, counts.exact,
             counts.by_text, counts.malformed, counts.failed);
  return counts.failed == 0 && counts.exact > 0 ? 0 : 1;
}
