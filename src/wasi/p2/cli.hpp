// wasi:cli, wasi:clocks and wasi:random 0.2: the small interfaces, each a few lines over the host.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reprise/trap.hpp"
#include "wasi/host.hpp"
#include "wasi/p2/filesystem.hpp"
#include "wasi/p2/io.hpp"

namespace reprise::wasi::p2 {

/// Bytes that one call for random bytes gives at most; beyond, it traps.
inline constexpr uint64_t kMaxRandomBytes = uint64_t{64} << 20;

/// resource terminal-input, resource terminal-output: nothing but the knowledge that it is one.
struct TerminalInput {};
struct TerminalOutput {};

/// record timezone-display.
struct TimezoneDisplay {
  int32_t utc_offset = 0;
  std::string name;
  bool in_daylight_saving_time = false;
};

// wasi:cli/exit
Trap exit(bool ok);
Trap exit_with_code(uint8_t status_code);

// wasi:cli/stdin, stdout, stderr
InputStream get_stdin(Host& host);
OutputStream get_stdout(Host& host);
OutputStream get_stderr(Host& host);

// wasi:cli/terminal-stdin, terminal-stdout, terminal-stderr
std::optional<TerminalInput> get_terminal_stdin(Host& host);
std::optional<TerminalOutput> get_terminal_stdout(Host& host);
std::optional<TerminalOutput> get_terminal_stderr(Host& host);

// wasi:clocks/monotonic-clock
uint64_t monotonic_now(Host& host);
uint64_t monotonic_resolution(Host& host);
Pollable subscribe_instant(Host& host, uint64_t when);
Pollable subscribe_duration(Host& host, uint64_t duration);

// wasi:clocks/wall-clock
Datetime wall_now(Host& host);
Datetime wall_resolution(Host& host);

// wasi:clocks/timezone
TimezoneDisplay timezone_display(Host& host, Datetime when);
int32_t timezone_utc_offset(Host& host, Datetime when);

// wasi:random/random, insecure, insecure-seed
TrapOr<ByteList> get_random_bytes(Host& host, uint64_t length);
TrapOr<uint64_t> get_random_u64(Host& host);
TrapOr<ByteList> get_insecure_random_bytes(Host& host, uint64_t length);
TrapOr<uint64_t> get_insecure_random_u64(Host& host);

}  // namespace reprise::wasi::p2
