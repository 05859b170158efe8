// Sources and sinks over inherited descriptors.

#include "base/os/stdio.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/os/linux/write_signals.hpp"

namespace reprise::os {

namespace {

/// What a pipe that polls as writable takes without blocking (pipe(7)).
constexpr size_t kPipeChunk = PIPE_BUF;

bool ready(int fd, short events) {
  pollfd entry{fd, events, 0};
  int n = 0;
  do {
    n = poll(&entry, 1, 0);
  } while (n < 0 && errno == EINTR);
  return n != 0;
}

bool always_ready(int fd) {
  struct stat info{};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

class FdSource final : public ByteSource {
 public:
  explicit FdSource(int fd) : fd_(fd), regular_(always_ready(fd)) {}

  Expected<size_t> read(std::span<uint8_t> out) override {
    if (!regular_ && !ready(fd_, POLLIN)) return std::unexpected(Errno::would_block);
    ssize_t n = 0;
    do {
      n = ::read(fd_, out.data(), out.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) return std::unexpected(from_posix(errno));
    return static_cast<size_t>(n);
  }

  std::optional<int> wait_fd() const override {
    return regular_ ? std::nullopt : std::optional(fd_);
  }
  bool is_terminal() const override { return isatty(fd_) == 1; }

 private:
  const int fd_;
  const bool regular_;
};

class FdSink final : public ByteSink {
 public:
  explicit FdSink(int fd) : fd_(fd), regular_(always_ready(fd)) {}

  Expected<size_t> write(std::span<const uint8_t> bytes) override {
    if (regular_) return write_once(bytes);
    if (!ready(fd_, POLLOUT)) return std::unexpected(Errno::would_block);
    NoWriteSignals guard;
    auto written = write_once(bytes.first(std::min(bytes.size(), kPipeChunk)));
    if (!written && written.error() == Errno::pipe) guard.raised();
    return written;
  }

  std::optional<int> wait_fd() const override {
    return regular_ ? std::nullopt : std::optional(fd_);
  }
  size_t ready_capacity() const override {
    return regular_ ? ByteSink::ready_capacity() : kPipeChunk;
  }
  bool is_terminal() const override { return isatty(fd_) == 1; }

 private:
  Expected<size_t> write_once(std::span<const uint8_t> bytes) {
    ssize_t n = 0;
    do {
      n = ::write(fd_, bytes.data(), bytes.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) return std::unexpected(from_posix(errno));
    return static_cast<size_t>(n);
  }

  const int fd_;
  const bool regular_;
};

}  // namespace

std::shared_ptr<ByteSource> fd_source(int fd) {
  return std::make_shared<FdSource>(fd);
}
std::shared_ptr<ByteSink> fd_sink(int fd) {
  return std::make_shared<FdSink>(fd);
}

}  // namespace reprise::os
