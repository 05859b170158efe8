#include "trace/sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/os/linux/write_signals.hpp"
#include "trace/os_error.hpp"

namespace reprise::trace {

Result<uint64_t> MemorySink::append(Bytes header, Bytes payload) {
  const std::lock_guard lock(mutex_);
  const uint64_t offset = size_;
  if (header.size() + payload.size() > limit_ - std::min(limit_, offset)) {
    return fail(ErrorKind::limit,
                fmt::format("the trace has reached its limit of {} bytes", limit_));
  }
  add(header);
  add(payload);
  return offset;
}

void MemorySink::add(Bytes bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (blocks_.empty() || blocks_.back().size() == kBlock) blocks_.emplace_back().reserve(kBlock);
    std::vector<uint8_t>& block = blocks_.back();
    const Bytes piece = bytes.first(std::min(bytes.size(), kBlock - block.size()));
    block.insert(block.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
  }
}

std::vector<uint8_t> MemorySink::joined() const {
  std::vector<uint8_t> all;
  all.reserve(size_);
  for (const std::vector<uint8_t>& block : blocks_)
    all.insert(all.end(), block.begin(), block.end());
  return all;
}

std::vector<uint8_t> MemorySink::bytes() const {
  const std::lock_guard lock(mutex_);
  return joined();
}

uint64_t MemorySink::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::vector<uint8_t> MemorySink::take() {
  const std::lock_guard lock(mutex_);
  std::vector<uint8_t> all = joined();
  blocks_.clear();
  size_ = 0;
  return all;
}

Result<uint64_t> CallbackSink::append(Bytes header, Bytes payload) {
  REPRISE_TRY(function_(header, payload));
  const uint64_t offset = size_;
  size_ += header.size() + payload.size();
  return offset;
}

// Who writes a trace holds a lock on it. Without looking for one, a second recording to the same
// path would take the name from the first one's file, which nobody could find any more.
static Result<void> remove_unless_written(const std::string& path) {
  const int old = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool written = old >= 0 && ::flock(old, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const bool removed = !written && ::unlink(path.c_str()) == 0;
  const int error = errno;
  if (old >= 0) ::close(old);
  if (written) return fail(ErrorKind::usage, "another recording is writing to " + path);
  if (!removed) return os_error("replace", path, error);
  return ok();
}

Result<std::unique_ptr<FileSink>> FileSink::create(const std::string& path) {
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int fd = ::open(path.c_str(), kNew, 0600);
  if (fd < 0 && errno == EEXIST) {
    struct stat info;
    if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
      fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    } else {
      // A new file, not the old one emptied: its mode is ours, and who is reading the old keeps it.
      REPRISE_TRY(remove_unless_written(path));
      fd = ::open(path.c_str(), kNew, 0600);
    }
  }
  if (fd < 0) return os_error("create", path);
  ::flock(fd, LOCK_EX | LOCK_NB);
  return std::unique_ptr<FileSink>(new FileSink(fd, path));
}

FileSink::~FileSink() {
  ::close(fd_);
}

Result<uint64_t> FileSink::append(Bytes header, Bytes payload) {
  std::array<iovec, 2> parts{iovec{const_cast<uint8_t*>(header.data()), header.size()},
                             iovec{const_cast<uint8_t*>(payload.data()), payload.size()}};
  size_t first = 0;
  os::NoWriteSignals guard;
  while (first < parts.size()) {
    const ssize_t n = ::writev(fd_, &parts[first], static_cast<int>(parts.size() - first));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || (n == 0 && parts[first].iov_len != 0)) {
      const int error = n < 0 ? errno : EIO;
      guard.raised();
      // Half a chunk helps nobody. Where the cut fails too (a pipe), the checksums tell.
      (void)!::ftruncate(fd_, static_cast<off_t>(size_));
      return os_error("write", path_, error);
    }
    auto left = static_cast<size_t>(n);
    while (first < parts.size() && left >= parts[first].iov_len) left -= parts[first++].iov_len;
    if (left > 0) {
      parts[first].iov_base = static_cast<uint8_t*>(parts[first].iov_base) + left;
      parts[first].iov_len -= left;
    }
  }
  const uint64_t offset = size_;
  size_ += header.size() + payload.size();
  return offset;
}

Result<void> FileSink::sync() {
  // EINVAL and EROFS: a pipe or a device, which has nothing to sync.
  if (::fdatasync(fd_) != 0 && errno != EINVAL && errno != EROFS) return os_error("sync", path_);
  return ok();
}

Result<uint64_t> SharedSink::append(Bytes header, Bytes payload) {
  const std::lock_guard lock(target_->mutex);
  return target_->sink->append(header, payload);
}

Result<void> SharedSink::sync() {
  const std::lock_guard lock(target_->mutex);
  return target_->sink->sync();
}

}  // namespace reprise::trace
