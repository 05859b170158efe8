// A disk that breaks, for LD_PRELOAD: the Nth operation that changes a file whose path contains a
// given text fails. full_disk.py says which; this says in a log that it happened.
//
//   BROKEN_DISK_PATH   the text
//   BROKEN_DISK_AT     N, from 1
//   BROKEN_DISK_ERRNO  what the operation fails with
//   BROKEN_DISK_HOW    once: only this one; ever: this and all later ones; half: a write writes
//   half
//                      of what it was given, and all later operations fail
//   BROKEN_DISK_LOG    a line is appended here for the first operation that fails

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum class Fate { works, half, fails };

std::atomic<int> operations{0};

template <class F>
F* next(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}
#define NEXT(function) next(&function, #function)

bool is_meant(int fd) {
  const char* text = std::getenv("BROKEN_DISK_PATH");
  if (text == nullptr) return false;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  if (length < 0) return false;
  path[length] = 0;
  return std::strstr(path, text) != nullptr;
}

void log_failure(const char* name, int number) {
  const char* path = std::getenv("BROKEN_DISK_LOG");
  const int log = path ? ::open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
  if (log < 0) return;
  ::dprintf(log, "%d %s\n", number, name);
  ::close(log);
}

Fate fate(int fd, const char* name) {
  if (!is_meant(fd)) return Fate::works;
  const int number = ++operations;
  const int at = std::atoi(std::getenv("BROKEN_DISK_AT"));
  const char* how = std::getenv("BROKEN_DISK_HOW");
  if (number == at) log_failure(name, number);
  errno = std::atoi(std::getenv("BROKEN_DISK_ERRNO"));
  if (number == at) return std::strcmp(how, "half") == 0 ? Fate::half : Fate::fails;
  return number > at && std::strcmp(how, "once") != 0 ? Fate::fails : Fate::works;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  switch (fate(fd, "write")) {
    case Fate::works:
      return NEXT(write)(fd, bytes, size);
    case Fate::half:
      return NEXT(write)(fd, bytes, (size + 1) / 2);
    case Fate::fails:
      break;
  }
  return -1;
}

ssize_t writev(int fd, const iovec* parts, int count) {
  switch (fate(fd, "writev")) {
    case Fate::works:
      return NEXT(writev)(fd, parts, count);
    case Fate::half:
      return NEXT(write)(fd, parts[0].iov_base, (parts[0].iov_len + 1) / 2);
    case Fate::fails:
      break;
  }
  return -1;
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return fate(fd, "pwrite") == Fate::works ? NEXT(pwrite)(fd, bytes, size, offset) : -1;
}

int ftruncate(int fd, off_t size) noexcept {
  return fate(fd, "ftruncate") == Fate::works ? NEXT(ftruncate)(fd, size) : -1;
}

int fsync(int fd) {
  return fate(fd, "fsync") == Fate::works ? NEXT(fsync)(fd) : -1;
}

int fdatasync(int fd) {
  return fate(fd, "fdatasync") == Fate::works ? NEXT(fdatasync)(fd) : -1;
}

int posix_fallocate(int fd, off_t offset, off_t size) {
  if (fate(fd, "posix_fallocate") == Fate::works) return NEXT(posix_fallocate)(fd, offset, size);
  return errno;
}
}
