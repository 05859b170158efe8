#include "tool/wire.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace reprise::tool {

namespace {

std::unexpected<Error> refused(const char* what) {
  return fail(ErrorKind::io, std::string(what) + ": " + std::strerror(errno));
}

/// A socket that is closed when nobody needs it any more.
struct Listener {
  int descriptor;
  ~Listener() {
    if (descriptor >= 0) close(descriptor);
  }
};

}  // namespace

Result<std::unique_ptr<Wire>> Wire::over(int in, int out) {
  int wake[2];
  if (pipe2(wake, O_CLOEXEC) != 0) return refused("cannot make a pipe");
  std::signal(SIGPIPE, SIG_IGN);  // a client that has gone is an end, and no reason to die
  return std::unique_ptr<Wire>(new Wire(in, out, wake[0], wake[1]));
}

Result<std::unique_ptr<Wire>> Wire::standard_streams() {
  return over(STDIN_FILENO, STDOUT_FILENO);
}

Result<std::unique_ptr<Wire>> Wire::accept_one(uint16_t port) {
  const Listener listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (listener.descriptor < 0) return refused("cannot make a socket");
  const int on = 1;
  setsockopt(listener.descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener.descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener.descriptor, 1) != 0 ||
      getsockname(listener.descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return refused("cannot listen on that port");
  std::fprintf(stderr, "listening; in LLDB: process connect --plugin wasm connect://localhost:%u\n",
               static_cast<unsigned>(ntohs(address.sin_port)));
  const int client = accept4(listener.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return refused("no client came");
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return over(client, client);
}

Wire::~Wire() {
  close(wake_read_);
  close(wake_write_);
  if (in_ != STDIN_FILENO) close(in_);
}

size_t Wire::read(std::span<char> buffer) {
  while (true) {
    pollfd ready[2] = {{.fd = in_, .events = POLLIN, .revents = 0},
                       {.fd = wake_read_, .events = POLLIN, .revents = 0}};
    if (poll(ready, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return 0;
    }
    if (ready[1].revents != 0) return 0;
    const ssize_t count = ::read(in_, buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return count > 0 ? static_cast<size_t>(count) : 0;
  }
}

void Wire::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(out_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // it has gone: reading will tell
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void Wire::hang_up() {
  const char byte = 0;
  if (::write(wake_write_, &byte, 1) < 0) return;  // cannot be full: it is written to once
}

}  // namespace reprise::tool
