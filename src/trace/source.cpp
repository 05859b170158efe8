#include "trace/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "trace/os_error.hpp"

namespace reprise::trace {

Result<size_t> MemorySource::read(uint64_t offset, std::span<uint8_t> out) {
  if (offset >= bytes_.size() || out.empty()) return size_t{0};
  const size_t n = std::min<uint64_t>(out.size(), bytes_.size() - offset);
  std::memcpy(out.data(), bytes_.data() + offset, n);
  return n;
}

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return os_error("open", path);
  struct stat info;
  if (::fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    ::close(fd);
    return os_error("read", path, EISDIR);
  }
  return std::unique_ptr<FileSource>(new FileSource(fd));
}

FileSource::~FileSource() {
  ::close(fd_);
}

Result<size_t> FileSource::read(uint64_t offset, std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read", "the trace");
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

Result<uint64_t> FileSource::size() {
  struct stat info;
  if (::fstat(fd_, &info) != 0) return os_error("read", "the trace");
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace reprise::trace
