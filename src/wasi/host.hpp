// The host behind every WASI interface of one store: what was granted, opened once, and the seams
// through which all of it reaches the world. Versions of WASI are faces of this one object.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/os/clock.hpp"
#include "base/os/entropy.hpp"
#include "base/os/files.hpp"
#include "base/os/loop.hpp"
#include "base/os/stdio.hpp"
#include "reprise/result.hpp"
#include "reprise/task.hpp"
#include "reprise/wasi.hpp"

namespace reprise::wasi {

/// A preopened directory.
struct Grant {
  std::string guest_path;
  std::shared_ptr<os::Directory> directory;
  bool read_only = false;
};

class Host {
 public:
  /// Fails with `io` if a preopen cannot be opened, `usage` if an option makes no sense.
  static Result<std::unique_ptr<Host>> create(WasiOptions options);

  const std::vector<std::string>& arguments() const { return options_.arguments; }
  const std::vector<std::pair<std::string, std::string>>& environment() const {
    return options_.environment;
  }
  const std::optional<std::string>& working_directory() const { return options_.working_directory; }
  const std::vector<Grant>& grants() const { return grants_; }

  const std::shared_ptr<os::ByteSource>& standard_input() const { return options_.standard_input; }
  const std::shared_ptr<os::ByteSink>& standard_output() const { return options_.standard_output; }
  const std::shared_ptr<os::ByteSink>& standard_error() const { return options_.standard_error; }

  os::MonotonicClock& monotonic_clock() { return *options_.seams.monotonic_clock; }
  os::WallClock& wall_clock() { return *options_.seams.wall_clock; }
  os::Entropy& entropy() { return *options_.seams.entropy; }
  os::Entropy& insecure_entropy() { return *insecure_; }
  const std::shared_ptr<os::Loop>& loop() { return options_.seams.loop; }

  /// The seed that wasi:random/insecure-seed gives, the same at every call.
  std::pair<uint64_t, uint64_t> insecure_seed() const { return insecure_seed_; }
  /// Mixed into metadata hashes, so that they tell nothing about inodes and times.
  uint64_t hash_secret() const { return hash_secret_; }

 private:
  explicit Host(WasiOptions options) : options_(std::move(options)) {}
  Result<void> open();

  WasiOptions options_;
  std::unique_ptr<os::Poller> poller_;
  std::unique_ptr<os::Entropy> insecure_;
  std::vector<Grant> grants_;
  std::pair<uint64_t, uint64_t> insecure_seed_;
  uint64_t hash_secret_ = 0;
};

}  // namespace reprise::wasi
