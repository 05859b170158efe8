// What the WASI tests share: a scratch directory that is granted, captured output, and time that
// jumps.

#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "wasi/host.hpp"

namespace reprise::wasi {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "reprise-wasi-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  std::filesystem::path path(std::string_view name = "") const { return path_ / name; }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(path(name)) << text;
  }
  std::string read(std::string_view name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::filesystem::path path_;
};

/// A host with a scratch directory granted as "/" and again, read-only, as "/ro".
class WasiTest : public testing::Test {
 protected:
  WasiTest() {
    poller_ = os::manual_poller(*clock_);
    loop_ = std::make_shared<os::Loop>(*clock_, *poller_);
    options_.seams.monotonic_clock = clock_;
    options_.seams.wall_clock =
        std::make_shared<os::OffsetWallClock>(*clock_, os::Timestamp{1'700'000'000, 5});
    options_.seams.loop = loop_;
    options_.standard_output = output_;
    options_.standard_error = error_output_;
    options_.preopens = {{scratch_.path().string(), "/", false},
                         {scratch_.path().string(), "/ro", true}};
  }

  /// Made at first use, from options_ as they are then.
  Host& host() {
    if (!host_) {
      auto made = Host::create(options_);
      EXPECT_TRUE(made.has_value()) << made.error().to_string();
      host_ = std::move(*made);
    }
    return *host_;
  }

  template <class R>
  R run(Task<R> task) {
    EXPECT_TRUE(loop_->run(task)) << "the task waits for something that can never happen";
    return task.take();
  }

  static std::span<const uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }
  static std::vector<uint8_t> list(std::string_view text) { return {text.begin(), text.end()}; }
  static std::string text(const std::vector<uint8_t>& list) { return {list.begin(), list.end()}; }

  ScratchDirectory scratch_;
  std::shared_ptr<os::ManualClock> clock_ = std::make_shared<os::ManualClock>();
  std::unique_ptr<os::Poller> poller_;
  std::shared_ptr<os::Loop> loop_;
  Suspend suspend_;
  std::shared_ptr<os::MemorySink> output_ = std::make_shared<os::MemorySink>();
  std::shared_ptr<os::MemorySink> error_output_ = std::make_shared<os::MemorySink>();
  WasiOptions options_;
  std::unique_ptr<Host> host_;
};

}  // namespace reprise::wasi
