// What a guest is granted of the world: the options of the WASI hosts.
//
// A default-constructed WasiOptions grants nothing: no arguments, an empty environment, no files,
// input that is at its end and output that goes nowhere. Clocks and randomness are always there.
//
//   WasiOptions options;
//   options.arguments = {"app.wasm", "--verbose"};
//   options.preopens.push_back({.host_path = "/srv", .guest_path = "/data", .read_only = true});
//   inherit_standard_streams(options);
//
// Seams are the operating system's services as interfaces (src/base/os). Those left null are the
// machine's; a test hands in its own clock, an embedder its event loop. Thread rules: plain data.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise {

namespace os {
class ByteSink;
class ByteSource;
class Entropy;
class Files;
class Loop;
class MonotonicClock;
class Poller;
class WallClock;
}  // namespace os

/// A directory of the host that a guest may use.
struct WasiPreopen {
  std::string host_path = {};
  /// What the guest calls it ("/", "/data", ".").
  std::string guest_path = {};
  bool read_only = false;
};

struct WasiSeams {
  std::shared_ptr<os::MonotonicClock> monotonic_clock = {};
  std::shared_ptr<os::WallClock> wall_clock = {};
  std::shared_ptr<os::Entropy> entropy = {};
  std::shared_ptr<os::Files> files = {};
  /// Runs on `monotonic_clock`, if both are given.
  std::shared_ptr<os::Loop> loop = {};
};

struct WasiOptions {
  /// The first is, by custom, the program's name.
  std::vector<std::string> arguments = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  /// `initial-cwd` of wasi:cli/environment.
  std::optional<std::string> working_directory = {};
  std::vector<WasiPreopen> preopens = {};
  /// Null: at its end.
  std::shared_ptr<os::ByteSource> standard_input = {};
  /// Null: goes nowhere.
  std::shared_ptr<os::ByteSink> standard_output = {};
  std::shared_ptr<os::ByteSink> standard_error = {};
  /// Of the insecure generator; from the machine's entropy when unset.
  std::optional<uint64_t> insecure_seed = {};
  WasiSeams seams = {};
};

/// Connects the three standard streams to those of this process.
void inherit_standard_streams(WasiOptions& options);

}  // namespace reprise
