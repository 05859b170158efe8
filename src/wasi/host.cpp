// Fills in the seams that were not given and opens what was granted.

#include "wasi/host.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"

namespace reprise {

void inherit_standard_streams(WasiOptions& options) {
  options.standard_input = os::fd_source(0);
  options.standard_output = os::fd_sink(1);
  options.standard_error = os::fd_sink(2);
}

namespace wasi {

namespace {

std::unexpected<Error> no_entropy(os::Errno error) {
  return fail(ErrorKind::io, fmt::format("no random numbers: {}", to_string(error)));
}

/// Text that reaches guests as WIT strings or as C strings.
Result<void> check_text(std::string_view what, std::string_view text) {
  if (text.find('\0') != text.npos) {
    return fail(ErrorKind::usage, fmt::format("{} contains a zero byte", what));
  }
  if (!is_utf8(as_bytes(text))) {
    return fail(ErrorKind::usage, fmt::format("{} is not UTF-8", what));
  }
  return ok();
}

Result<void> check_options(const WasiOptions& options) {
  for (const std::string& argument : options.arguments) {
    REPRISE_TRY(check_text("an argument", argument));
  }
  for (const auto& [name, value] : options.environment) {
    REPRISE_TRY(check_text("the name of an environment variable", name));
    REPRISE_TRY(check_text(name, value));
    if (name.empty() || name.find('=') != name.npos) {
      return fail(ErrorKind::usage, fmt::format("'{}' names no environment variable", name));
    }
  }
  if (options.working_directory) {
    REPRISE_TRY(check_text("the working directory", *options.working_directory));
  }
  for (const WasiPreopen& preopen : options.preopens) {
    REPRISE_TRY(check_text("the guest path of a preopened directory", preopen.guest_path));
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<Host>> Host::create(WasiOptions options) {
  REPRISE_TRY(check_options(options));
  std::unique_ptr<Host> host(new Host(std::move(options)));
  REPRISE_TRY(host->open());
  return host;
}

Result<void> Host::open() {
  WasiSeams& seams = options_.seams;
  if (!seams.monotonic_clock && seams.loop) {
    seams.monotonic_clock = {seams.loop, &seams.loop->clock()};
  }
  if (!seams.monotonic_clock) seams.monotonic_clock = os::system_monotonic_clock();
  if (!seams.wall_clock) seams.wall_clock = os::system_wall_clock();
  if (!seams.entropy) seams.entropy = os::system_entropy();
  if (!seams.files) seams.files = os::system_files();
  if (!seams.loop) {
    poller_ = os::system_poller();
    seams.loop = std::make_shared<os::Loop>(*seams.monotonic_clock, *poller_);
  }
  if (!options_.standard_input) options_.standard_input = os::empty_source();
  if (!options_.standard_output) options_.standard_output = os::discarding_sink();
  if (!options_.standard_error) options_.standard_error = os::discarding_sink();

  std::array<uint64_t, 4> seeds{};
  for (uint64_t& seed : seeds) {
    auto word = seams.entropy->u64();
    if (!word) return no_entropy(word.error());
    seed = *word;
  }
  insecure_ = os::seeded_entropy(options_.insecure_seed.value_or(seeds[0]));
  insecure_seed_ = {seeds[1], seeds[2]};
  if (options_.insecure_seed) insecure_seed_ = {*insecure_->u64(), *insecure_->u64()};
  hash_secret_ = seeds[3];

  for (const WasiPreopen& preopen : options_.preopens) {
    auto directory = seams.files->open_directory(preopen.host_path);
    if (!directory) {
      return fail(ErrorKind::io, fmt::format("cannot open directory '{}': {}", preopen.host_path,
                                             to_string(directory.error())));
    }
    grants_.push_back({preopen.guest_path, std::move(*directory), preopen.read_only});
  }
  return ok();
}

}  // namespace wasi

}  // namespace reprise
