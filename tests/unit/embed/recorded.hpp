// Recording a store in a test, and making the run again.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "embed/api_state.hpp"
#include "embed/replayer.hpp"

namespace reprise {

inline uint64_t digest_of(AnyStore& store) {
  return embed::digest_state(detail::Access::state(store).session->core());
}

/// A trace that is gone when the test is.
class TemporaryTrace {
 public:
  explicit TemporaryTrace(const char* name)
      : path_(testing::TempDir() + name + "_" + std::to_string(getpid()) + ".trace") {}
  ~TemporaryTrace() { std::filesystem::remove(path_); }
  TemporaryTrace(const TemporaryTrace&) = delete;
  TemporaryTrace& operator=(const TemporaryTrace&) = delete;
  const std::string& path() const { return path_; }

  /// Makes the run again; null if it cannot be.
  std::unique_ptr<embed::Replayer> run() const {
    embed::ReplaySource source{
        .trace = path_,
        .program = *embed::find_recorded_program(path_, ""),
        .core_imports = []() -> Result<embed::CoreImports> {
          return [](std::string_view, std::string_view,
                    const wasm::FuncType&) -> Result<std::unique_ptr<runtime::HostImport>> {
            return nullptr;
          };
        }};
    auto replayer = embed::Replayer::open(source, [](replay::Stream, Bytes) {});
    EXPECT_TRUE(replayer) << replayer.error().to_string();
    if (!replayer) return nullptr;
    while (!(*replayer)->run()) {
    }
    return std::move(*replayer);
  }
  /// The same, which must end as the recording does and with the same state as `store`.
  embed::ReplayOutcome replay(AnyStore& store) const {
    const auto replayer = run();
    if (!replayer) return {};
    embed::ReplayOutcome outcome = replayer->loop().outcome();
    EXPECT_EQ(outcome.kind, embed::ReplayOutcome::Kind::finished)
        << (outcome.divergence ? outcome.divergence->to_string() : "")
        << (outcome.error ? outcome.error->to_string() : "");
    EXPECT_FALSE(outcome.cut);
    EXPECT_EQ(embed::digest_state(replayer->session().core()), digest_of(store));
    return outcome;
  }

 private:
  std::string path_;
};

}  // namespace reprise
