// WASI 0.1: arguments, environment, clocks, randomness, the process, and sockets there are none of.

#include "wasi/p1/preview1.hpp"
#include "wasi/p1/times.hpp"

namespace reprise::wasi::p1 {

namespace {

/// Their number and their bytes, each with a terminating zero.
std::pair<uint32_t, uint32_t> sizes_of(const std::vector<std::string>& strings) {
  size_t bytes = 0;
  for (const std::string& string : strings) bytes += string.size() + 1;
  return {static_cast<uint32_t>(strings.size()), static_cast<uint32_t>(bytes)};
}

}  // namespace

Outcome<std::vector<std::string>> Preview1::args_get() {
  return host_->arguments();
}

Outcome<std::pair<uint32_t, uint32_t>> Preview1::args_sizes_get() {
  return sizes_of(host_->arguments());
}

Outcome<std::vector<std::string>> Preview1::environ_get() {
  std::vector<std::string> variables;
  for (const auto& [name, value] : host_->environment()) variables.push_back(name + "=" + value);
  return variables;
}

Outcome<std::pair<uint32_t, uint32_t>> Preview1::environ_sizes_get() {
  return sizes_of(*environ_get());
}

// CPU-time clocks are not offered: they would tell a guest about its host's load.
Outcome<uint64_t> Preview1::clock_res_get(uint32_t clock) {
  if (clock == kClockRealtime) return to_nanoseconds(host_->wall_clock().resolution());
  if (clock == kClockMonotonic) return host_->monotonic_clock().resolution();
  return std::unexpected(Errno::inval);
}

Outcome<uint64_t> Preview1::clock_time_get(uint32_t clock, uint64_t) {
  if (clock == kClockRealtime) return to_nanoseconds(host_->wall_clock().now());
  if (clock == kClockMonotonic) return host_->monotonic_clock().now();
  return std::unexpected(Errno::inval);
}

TrapOr<void> Preview1::proc_exit(uint32_t code) {
  return std::unexpected(Trap::exit(static_cast<int32_t>(code)));
}

Outcome<void> Preview1::proc_raise(uint8_t) {
  return std::unexpected(Errno::notsup);
}

Outcome<void> Preview1::sched_yield() {
  return {};
}

Outcome<ByteList> Preview1::random_get(uint32_t length) {
  if (length > kMaxRandom) return std::unexpected(Errno::inval);
  ByteList bytes(length);
  if (auto filled = host_->entropy().fill(bytes); !filled) {
    return std::unexpected(to_errno(filled.error()));
  }
  return bytes;
}

Outcome<void> Preview1::not_a_socket(Fd fd) {
  REPRISE_TRY(table_.get(fd));
  return std::unexpected(Errno::notsock);
}

Outcome<Fd> Preview1::sock_accept(Fd fd, uint16_t) {
  return std::unexpected(not_a_socket(fd).error());
}

Outcome<std::pair<ByteList, uint16_t>> Preview1::sock_recv(Fd fd, uint64_t, uint16_t) {
  return std::unexpected(not_a_socket(fd).error());
}

Outcome<uint32_t> Preview1::sock_send(Fd fd, ByteList, uint16_t) {
  return std::unexpected(not_a_socket(fd).error());
}

Outcome<void> Preview1::sock_shutdown(Fd fd, uint8_t) {
  return not_a_socket(fd);
}

}  // namespace reprise::wasi::p1
