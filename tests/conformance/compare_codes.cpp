// compare_codes ROOT SUITE codes: runs every script of a folder in folded code with its ticks
// counted, in observed code, and changing between the two in the middle of functions, and fails if
// anything that could be seen differs: the ticks, what the frames held at them, what became of each
// command, the memories, globals and tables.
//
// compare_codes ROOT SUITE collections: the same of a collection of garbage at every allocation, in
// the code that production runs and changing: a root that is missing shows.

#include "code/interpreter.hpp"
#include "embed/program.hpp"
#include "scripts.hpp"
#include "text/script.hpp"
#include "two_codes.hpp"

namespace {

namespace fs = std::filesystem;
using reprise::Bytes;
using reprise::ErrorKind;
using reprise::fail;
using reprise::Result;
using reprise::code::Codes;
using reprise::code::Watch;
using reprise::conformance::describe;
using reprise::conformance::kCallsPerDigest;

/// At so many of a script's ticks the frames are looked at.
constexpr uint64_t kLooks = 300;

/// Makes the calls under a watch, if there is one.
class WatchingGate final : public reprise::wast::Gate {
 public:
  WatchingGate(Watch* watch, bool always_collects)
      : watch_(watch), always_collects_(always_collects) {}

  reprise::wast::EncodedResults enter(const reprise::wast::Entry& entry, Bytes arguments,
                                      const reprise::wast::MakeCall& make) override {
    if (watch_ != nullptr) entry.store.set_observer(&watch_->observer);
    if (always_collects_) entry.store.heap().set_pace(0);
    auto results = make(arguments);
    if (++calls % kCallsPerDigest == 1) states.push_back(reprise::embed::digest_state(entry.store));
    collections = std::max(collections, entry.store.heap().collections());
    return results;
  }

  uint32_t calls = 0;
  uint64_t collections = 0;
  std::vector<uint64_t> states;

 private:
  Watch* watch_;
  const bool always_collects_;
};

struct Ran {
  std::string report;
  std::vector<uint64_t> states;
  std::vector<std::string> seen;
  uint64_t ticks = 0;
  uint64_t collections = 0;
};

Result<Ran> run(const reprise::text::Script& script, Watch* watch, bool always_collects) {
  WatchingGate gate(watch, always_collects);
  REPRISE_ASSIGN(const auto report,
                 reprise::wast::run_script(script, reprise::code::make_engine(), gate));
  Ran ran{describe(report), std::move(gate.states), {}, 0, gate.collections};
  if (watch != nullptr) {
    ran.seen = std::move(watch->seen);
    ran.ticks = watch->observer.ticks;
  }
  return ran;
}

/// Where two runs part; empty if nowhere.
std::string difference(const Ran& a, const Ran& b) {
  if (a.report != b.report) return fmt::format("{}\nand\n{}", a.report, b.report);
  for (size_t i = 0; i < std::min(a.seen.size(), b.seen.size()); i++)
    if (a.seen[i] != b.seen[i]) return fmt::format("tick {}\nand\ntick {}", a.seen[i], b.seen[i]);
  if (a.ticks != b.ticks) return fmt::format("{} ticks and {}", a.ticks, b.ticks);
  return a.states == b.states ? "" : "other states";
}

struct Totals {
  uint64_t ticks = 0, looks = 0, collections = 0;
};

/// Folded, observed, and changing between the two.
Result<void> compare_codes(const reprise::text::Script& script, Totals& totals) {
  Watch folded_watch(Codes::folded, 0, kLooks);
  REPRISE_ASSIGN(const Ran folded, run(script, &folded_watch, false));
  totals.ticks += folded.ticks;
  totals.looks += folded.seen.size();
  for (const Codes codes : {Codes::observed, Codes::mixed}) {
    Watch watch(codes, 0, kLooks);
    REPRISE_ASSIGN(const Ran other, run(script, &watch, false));
    const std::string wrong = difference(folded, other);
    const char* const word = codes == Codes::observed ? "observed" : "changing";
    if (!wrong.empty()) return fail(ErrorKind::usage, fmt::format("{}: {}", word, wrong));
  }
  return reprise::ok();
}

/// With a collection at every allocation, and with none that is not needed.
Result<void> compare_collections(const reprise::text::Script& script, Totals& totals) {
  Watch seldom_watch(Codes::folded, 0, 0);
  REPRISE_ASSIGN(const Ran seldom, run(script, &seldom_watch, false));
  totals.ticks += seldom.ticks;
  Watch watch(Codes::mixed, 0, kLooks);
  for (Watch* const one : {static_cast<Watch*>(nullptr), &watch}) {
    REPRISE_ASSIGN(const Ran always, run(script, one, true));
    totals.collections += always.collections;
    // Objects have other names where garbage made room for them, so frames are not the same.
    if (always.report != seldom.report || (one != nullptr && always.ticks != seldom.ticks)) {
      return fail(ErrorKind::usage,
                  fmt::format("always collecting: {} ticks, {}\nand\n{}, {}", seldom.ticks,
                              seldom.report, always.ticks, always.report));
    }
  }
  return reprise::ok();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 4 ? argv[3] : "";
  if (what != "codes" && what != "collections") {
    fmt::print(stderr, "usage: compare_codes ROOT SUITE codes|collections\n");
    return 2;
  }
  const auto compare = what == "codes" ? compare_codes : compare_collections;
  Totals totals;
  return reprise::conformance::check_each(
      argv[1], argv[2], [&](const auto& script) { return compare(script, totals); },
      [&] {
        return fmt::format("{} ticks, frames compared at {}, {} collections", totals.ticks,
                           totals.looks, totals.collections);
      });
}
