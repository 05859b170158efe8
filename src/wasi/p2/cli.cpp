// wasi:cli, wasi:clocks and wasi:random over the host.

#include "wasi/p2/cli.hpp"

#include <limits>

namespace reprise::wasi::p2 {

namespace {

Datetime to_datetime(const os::Timestamp& time) {
  // A wall clock set before 1970 reads as the epoch: the type has no way to say more.
  if (time.seconds < 0) return {};
  return {static_cast<uint64_t>(time.seconds), time.nanoseconds};
}

os::ZoneOffset zone_at(Host& host, Datetime when) {
  if (when.seconds > uint64_t{std::numeric_limits<int64_t>::max()}) return {};
  return host.wall_clock().zone({static_cast<int64_t>(when.seconds), when.nanoseconds});
}

TrapOr<ByteList> bytes_from(os::Entropy& entropy, uint64_t length) {
  if (length > kMaxRandomBytes) {
    return std::unexpected(Trap::host("wasi:random: more random bytes than the limit of 64 MiB"));
  }
  ByteList bytes(length);
  if (auto filled = entropy.fill(bytes); !filled) {
    return std::unexpected(Trap::host("wasi:random: the host has no random numbers"));
  }
  return bytes;
}

TrapOr<uint64_t> u64_from(os::Entropy& entropy) {
  auto word = entropy.u64();
  if (!word) return std::unexpected(Trap::host("wasi:random: the host has no random numbers"));
  return *word;
}

template <class Terminal, class Stream>
std::optional<Terminal> terminal_of(const Stream& stream) {
  if (!stream->is_terminal()) return std::nullopt;
  return Terminal{};
}

}  // namespace

Trap exit(bool ok) {
  return Trap::exit(ok ? 0 : 1);
}
Trap exit_with_code(uint8_t status_code) {
  return Trap::exit(status_code);
}

InputStream get_stdin(Host& host) {
  return {source_input(host.loop(), host.standard_input())};
}
OutputStream get_stdout(Host& host) {
  return {sink_output(host.loop(), host.standard_output()), 1};
}
OutputStream get_stderr(Host& host) {
  return {sink_output(host.loop(), host.standard_error()), 2};
}

std::optional<TerminalInput> get_terminal_stdin(Host& host) {
  return terminal_of<TerminalInput>(host.standard_input());
}
std::optional<TerminalOutput> get_terminal_stdout(Host& host) {
  return terminal_of<TerminalOutput>(host.standard_output());
}
std::optional<TerminalOutput> get_terminal_stderr(Host& host) {
  return terminal_of<TerminalOutput>(host.standard_error());
}

uint64_t monotonic_now(Host& host) {
  return host.monotonic_clock().now();
}
uint64_t monotonic_resolution(Host& host) {
  return host.monotonic_clock().resolution();
}

Pollable subscribe_instant(Host& host, uint64_t when) {
  return {timer(host.loop(), when)};
}

Pollable subscribe_duration(Host& host, uint64_t duration) {
  const uint64_t now = host.monotonic_clock().now();
  const uint64_t longest = std::numeric_limits<uint64_t>::max() - now;
  return subscribe_instant(host, now + std::min(duration, longest));
}

Datetime wall_now(Host& host) {
  return to_datetime(host.wall_clock().now());
}
Datetime wall_resolution(Host& host) {
  return to_datetime(host.wall_clock().resolution());
}

TimezoneDisplay timezone_display(Host& host, Datetime when) {
  os::ZoneOffset zone = zone_at(host, when);
  return {zone.seconds_east, std::move(zone.abbreviation), zone.daylight_saving};
}

int32_t timezone_utc_offset(Host& host, Datetime when) {
  return zone_at(host, when).seconds_east;
}

TrapOr<ByteList> get_random_bytes(Host& host, uint64_t length) {
  return bytes_from(host.entropy(), length);
}
TrapOr<uint64_t> get_random_u64(Host& host) {
  return u64_from(host.entropy());
}
TrapOr<ByteList> get_insecure_random_bytes(Host& host, uint64_t length) {
  return bytes_from(host.insecure_entropy(), length);
}
TrapOr<uint64_t> get_insecure_random_u64(Host& host) {
  return u64_from(host.insecure_entropy());
}

}  // namespace reprise::wasi::p2
