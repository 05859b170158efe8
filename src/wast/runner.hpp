// Runs scripts (text/script.hpp) on an engine, and says which commands did not do what they say.
// The `reprise wast` command and the conformance suites are both thin around it; it is a layer of
// its own so that it can also set one tier against another.
//
// Each script has a store of its own. A command that fails does not stop the script.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "runtime/engine.hpp"
#include "text/script.hpp"
#include "wast/gate.hpp"

namespace reprise::wast {

struct Failure {
  uint32_t line = 0;
  std::string message;
};

struct Report {
  /// Commands that did what they say: definitions and actions count, too.
  uint32_t passed = 0;
  std::vector<Failure> failures;
  uint32_t total() const { return passed + static_cast<uint32_t>(failures.size()); }
};

/// The error is that no store could be made.
Result<Report> run_script(const text::Script& script,
                          std::shared_ptr<const runtime::Engine> engine);
/// The same through a gate of one's own.
Result<Report> run_script(const text::Script& script, std::shared_ptr<const runtime::Engine> engine,
                          Gate& gate);

}  // namespace reprise::wast
