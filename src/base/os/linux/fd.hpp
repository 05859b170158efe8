// A file descriptor that closes itself. Only the Linux seams know of it.

#pragma once

#include <unistd.h>

#include <utility>

namespace reprise::os {

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~OwnedFd() { reset(); }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  void reset() {
    // The descriptor is gone whatever close returns: trying again could close another's.
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  int fd_ = -1;
};

}  // namespace reprise::os
