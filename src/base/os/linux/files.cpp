// Files and directories over Linux's *at system calls. Every path goes through resolve.hpp; nothing
// here hands a guest's path to the kernel in any other way.

#include "base/os/files.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <limits>

#include "base/os/linux/fd.hpp"
#include "base/os/linux/resolve.hpp"
#include "base/os/linux/timespec.hpp"
#include "base/os/linux/write_signals.hpp"

namespace reprise::os {

namespace {

constexpr mode_t kNewDirectoryMode = 0777;
constexpr uint64_t kMaxOffset = std::numeric_limits<off_t>::max();

std::unexpected<Errno> last_error() {
  return std::unexpected(from_posix(errno));
}

/// The result of a call that only says whether it worked.
Expected<void> outcome(int result) {
  if (result != 0) return last_error();
  return {};
}

Expected<size_t> count_of(ssize_t result) {
  if (result < 0) return last_error();
  return static_cast<size_t>(result);
}

template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t n = 0;
  do {
    n = call();
  } while (n < 0 && errno == EINTR);
  return n;
}

FileType type_of_mode(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK:
      return FileType::block_device;
    case S_IFCHR:
      return FileType::character_device;
    case S_IFDIR:
      return FileType::directory;
    case S_IFIFO:
      return FileType::fifo;
    case S_IFLNK:
      return FileType::symbolic_link;
    case S_IFREG:
      return FileType::regular_file;
    case S_IFSOCK:
      return FileType::socket;
    default:
      return FileType::unknown;
  }
}

FileStat to_stat(const struct stat& info) {
  return {
      .device = info.st_dev,
      .inode = info.st_ino,
      .type = type_of_mode(info.st_mode),
      .link_count = info.st_nlink,
      .size = static_cast<uint64_t>(info.st_size),
      .accessed = to_timestamp(info.st_atim),
      .modified = to_timestamp(info.st_mtim),
      .changed = to_timestamp(info.st_ctim),
  };
}

Expected<FileStat> stat_fd(int fd) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return last_error();
  return to_stat(info);
}

Expected<FileStat> stat_name(int directory, const std::string& name) {
  struct stat info{};
  if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return last_error();
  return to_stat(info);
}

timespec to_timespec(const NewTime& time) {
  if (std::holds_alternative<KeepTime>(time)) return {0, UTIME_OMIT};
  if (std::holds_alternative<TimeOfNow>(time)) return {0, UTIME_NOW};
  const auto& stamp = std::get<Timestamp>(time);
  return {static_cast<time_t>(stamp.seconds), static_cast<long>(stamp.nanoseconds)};
}

std::array<timespec, 2> to_timespecs(const NewTime& accessed, const NewTime& modified) {
  return {to_timespec(accessed), to_timespec(modified)};
}

Expected<void> set_times_of(int fd, const NewTime& accessed, const NewTime& modified) {
  return outcome(futimens(fd, to_timespecs(accessed, modified).data()));
}

/// For a descriptor that was opened with O_PATH, which futimens refuses.
Expected<void> set_times_of_path(int fd, const NewTime& accessed, const NewTime& modified) {
  const auto times = to_timespecs(accessed, modified);
  if (utimensat(fd, "", times.data(), AT_EMPTY_PATH) == 0) return {};
  if (errno != EINVAL) return last_error();
  // Before Linux 5.8: by the descriptor's own name, which nobody can redirect.
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "/proc/self/fd/%d", fd);
  return outcome(utimensat(AT_FDCWD, name.data(), times.data(), 0));
}

class LinuxFile final : public File {
 public:
  LinuxFile(OwnedFd fd, FileType type, bool writable)
      : fd_(std::move(fd)), type_(type), writable_(writable) {}

  FileType type() const override { return type_; }
  Expected<FileStat> stat() override { return stat_fd(fd_.get()); }
  Expected<void> set_times(NewTime accessed, NewTime modified) override {
    return set_times_of(fd_.get(), accessed, modified);
  }

  Expected<void> sync() override {
    if (!writable_ || !seekable()) return {};
    return outcome(fsync(fd_.get()));
  }
  Expected<void> sync_data() override {
    if (!writable_ || !seekable()) return {};
    return outcome(fdatasync(fd_.get()));
  }

  Expected<size_t> read(std::span<uint8_t> out, uint64_t offset) override {
    if (!seekable()) {
      return count_of(uninterrupted([&] { return ::read(fd_.get(), out.data(), out.size()); }));
    }
    if (offset > kMaxOffset) return std::unexpected(Errno::invalid);
    const auto at = static_cast<off_t>(offset);
    return count_of(uninterrupted([&] { return pread(fd_.get(), out.data(), out.size(), at); }));
  }

  Expected<size_t> write(std::span<const uint8_t> bytes, uint64_t offset) override {
    if (!seekable()) return write_special(bytes);
    if (offset > kMaxOffset) return std::unexpected(Errno::file_too_large);
    const auto at = static_cast<off_t>(offset);
    return count_of(
        uninterrupted([&] { return pwrite(fd_.get(), bytes.data(), bytes.size(), at); }));
  }

  Expected<size_t> append(std::span<const uint8_t> bytes) override {
    if (!seekable()) return write_special(bytes);
    // RWF_APPEND makes this one write atomic with finding the end, as O_APPEND would, while other
    // writes through the same descriptor keep their offsets.
    const iovec vector{const_cast<uint8_t*>(bytes.data()), bytes.size()};
    const ssize_t n = uninterrupted([&] { return pwritev2(fd_.get(), &vector, 1, 0, RWF_APPEND); });
    if (n >= 0 || errno != EOPNOTSUPP) return count_of(n);
    auto info = stat();
    if (!info) return std::unexpected(info.error());
    return write(bytes, info->size);
  }

  Expected<void> set_size(uint64_t size) override {
    if (size > kMaxOffset) return std::unexpected(Errno::invalid);
    return outcome(ftruncate(fd_.get(), static_cast<off_t>(size)));
  }

  Expected<void> allocate(uint64_t offset, uint64_t length) override {
    if (offset > kMaxOffset || length > kMaxOffset) return std::unexpected(Errno::file_too_large);
    return outcome(fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(length)));
  }

  Expected<void> advise(uint64_t offset, uint64_t length, Advice advice) override {
    static constexpr std::array kAdvice = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL,
                                           POSIX_FADV_RANDOM,   POSIX_FADV_WILLNEED,
                                           POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
    if (offset > kMaxOffset || length > kMaxOffset) return std::unexpected(Errno::invalid);
    const int error =
        posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                      kAdvice[static_cast<size_t>(advice)]);
    if (error != 0) return std::unexpected(from_posix(error));
    return {};
  }

  std::optional<int> wait_fd() const override {
    return seekable() ? std::nullopt : std::optional(fd_.get());
  }

 private:
  bool seekable() const {
    return type_ == FileType::regular_file || type_ == FileType::block_device;
  }

  Expected<size_t> write_special(std::span<const uint8_t> bytes) {
    NoWriteSignals guard;
    auto written =
        count_of(uninterrupted([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); }));
    if (!written && written.error() == Errno::pipe) guard.raised();
    return written;
  }

  const OwnedFd fd_;
  const FileType type_;
  const bool writable_;
};

class LinuxDirectoryReader final : public DirectoryReader {
 public:
  explicit LinuxDirectoryReader(DIR* stream) : stream_(stream) {}
  ~LinuxDirectoryReader() override { closedir(stream_); }
  LinuxDirectoryReader(const LinuxDirectoryReader&) = delete;
  LinuxDirectoryReader& operator=(const LinuxDirectoryReader&) = delete;

  Expected<std::optional<DirectoryEntry>> next() override {
    while (true) {
      errno = 0;
      const dirent* entry = readdir(stream_);
      if (entry == nullptr) {
        if (errno != 0) return last_error();
        return std::nullopt;
      }
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      return DirectoryEntry{std::string(name), type_of(*entry), entry->d_ino};
    }
  }

 private:
  FileType type_of(const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return type_of_mode(DTTOIF(entry.d_type));
    auto info = stat_name(dirfd(stream_), entry.d_name);
    return info ? info->type : FileType::unknown;
  }

  DIR* stream_;
};

class LinuxDirectory final : public Directory {
 public:
  LinuxDirectory(OwnedFd fd, std::shared_ptr<Resolver> resolver)
      : fd_(std::move(fd)), resolver_(std::move(resolver)) {}

  Expected<FileStat> stat() override { return stat_fd(fd_.get()); }
  Expected<void> set_times(NewTime accessed, NewTime modified) override {
    return set_times_of(fd_.get(), accessed, modified);
  }
  Expected<void> sync() override { return outcome(fsync(fd_.get())); }
  Expected<void> sync_data() override { return outcome(fdatasync(fd_.get())); }

  Expected<Opened> open(std::string_view path, const OpenOptions& options) override;
  Expected<std::unique_ptr<DirectoryReader>> read() override;
  Expected<FileStat> stat_at(std::string_view path, LastLink last) override;
  Expected<void> set_times_at(std::string_view path, LastLink last, NewTime accessed,
                              NewTime modified) override;
  Expected<void> create_directory(std::string_view path) override;
  Expected<void> remove_directory(std::string_view path) override;
  Expected<void> unlink(std::string_view path) override;
  Expected<std::string> read_link(std::string_view path) override;
  Expected<void> symlink(std::string_view target, std::string_view path) override;
  Expected<void> link(std::string_view old_path, Directory& new_directory,
                      std::string_view new_path) override;
  Expected<void> rename(std::string_view old_path, Directory& new_directory,
                        std::string_view new_path) override;

 private:
  Expected<Parent> parent(std::string_view path, Errno special) {
    return resolve_parent(*resolver_, fd_.get(), path, special);
  }
  Expected<OwnedFd> hold(std::string_view path, LastLink last) {
    if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
    return resolver_->open(fd_.get(), path, O_PATH, last);
  }

  const OwnedFd fd_;
  const std::shared_ptr<Resolver> resolver_;
};

/// A single name that the kernel resolves by looking into one directory.
bool is_plain_name(std::string_view path) {
  return path != "." && path != ".." && path.find('/') == path.npos;
}

Expected<int> open_flags(const OpenOptions& options) {
  if (options.create && options.directory) return std::unexpected(Errno::invalid);
  // Never wait for a peer (FIFO) or a carrier (terminal), and never acquire a terminal.
  int flags = O_NONBLOCK | O_NOCTTY;
  const bool write = options.write || options.truncate;
  flags |= !write ? O_RDONLY : options.read ? O_RDWR : O_WRONLY;
  if (options.create) flags |= O_CREAT;
  if (options.create && options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.directory) flags |= O_DIRECTORY;
  if (options.data_sync) flags |= O_DSYNC;
  if (options.file_sync) flags |= O_SYNC;
  if (options.read_sync) flags |= O_RSYNC;
  return flags;
}

Expected<Opened> LinuxDirectory::open(std::string_view path, const OpenOptions& options) {
  if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
  const auto flags = open_flags(options);
  if (!flags) return std::unexpected(flags.error());
  auto fd = resolver_->open(fd_.get(), path, *flags, options.last_link);
  if (!fd) return std::unexpected(fd.error());
  const auto info = stat_fd(fd->get());
  if (!info) return std::unexpected(info.error());
  if (info->type == FileType::directory) {
    return std::make_shared<LinuxDirectory>(std::move(*fd), resolver_);
  }
  const bool writable = (*flags & O_ACCMODE) != O_RDONLY;
  return std::make_shared<LinuxFile>(std::move(*fd), info->type, writable);
}

Expected<std::unique_ptr<DirectoryReader>> LinuxDirectory::read() {
  const int fd = openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return last_error();
  DIR* stream = fdopendir(fd);
  if (stream == nullptr) {
    const Errno error = from_posix(errno);
    close(fd);
    return std::unexpected(error);
  }
  return std::make_unique<LinuxDirectoryReader>(stream);
}

Expected<FileStat> LinuxDirectory::stat_at(std::string_view path, LastLink last) {
  if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
  if (is_plain_name(path)) {
    auto info = stat_name(fd_.get(), std::string(path));
    if (!info || last == LastLink::keep || info->type != FileType::symbolic_link) return info;
  }
  auto held = hold(path, last);
  if (!held) return std::unexpected(held.error());
  return stat_fd(held->get());
}

Expected<void> LinuxDirectory::set_times_at(std::string_view path, LastLink last, NewTime accessed,
                                            NewTime modified) {
  auto held = hold(path, last);
  if (!held) return std::unexpected(held.error());
  return set_times_of_path(held->get(), accessed, modified);
}

Expected<void> LinuxDirectory::create_directory(std::string_view path) {
  auto at = parent(path, Errno::exist);
  if (!at) return std::unexpected(at.error());
  return outcome(mkdirat(at->directory, at->name.c_str(), kNewDirectoryMode));
}

Expected<void> LinuxDirectory::remove_directory(std::string_view path) {
  auto at = parent(path, Errno::invalid);
  if (!at) return std::unexpected(at.error());
  if (at->trailing_slash) {
    // A slash behind a link asks for what it leads to, which must not lie outside.
    auto held = hold(path, LastLink::follow);
    if (!held) return std::unexpected(held.error());
  }
  return outcome(unlinkat(at->directory, at->name.c_str(), AT_REMOVEDIR));
}

Expected<void> LinuxDirectory::unlink(std::string_view path) {
  auto at = parent(path, Errno::is_directory);
  if (!at) return std::unexpected(at.error());
  if (at->trailing_slash) {
    auto info = stat_name(at->directory, at->name);
    if (!info) return std::unexpected(info.error());
    return std::unexpected(info->type == FileType::directory ? Errno::is_directory
                                                             : Errno::not_directory);
  }
  return outcome(unlinkat(at->directory, at->name.c_str(), 0));
}

Expected<std::string> LinuxDirectory::read_link(std::string_view path) {
  auto at = parent(path, Errno::invalid);
  if (!at) return std::unexpected(at.error());
  if (at->trailing_slash) {
    auto held = hold(path, LastLink::follow);
    return std::unexpected(held ? Errno::invalid : held.error());
  }
  std::array<char, kMaxPath> target{};
  const ssize_t n = readlinkat(at->directory, at->name.c_str(), target.data(), target.size());
  if (n < 0) return last_error();
  const std::string_view text(target.data(), static_cast<size_t>(n));
  // An absolute target tells where things stand on the host.
  if (text.starts_with('/')) return std::unexpected(Errno::not_permitted);
  return std::string(text);
}

Expected<void> LinuxDirectory::symlink(std::string_view target, std::string_view path) {
  if (auto checked = check_path(target); !checked) return checked;
  auto at = parent(path, Errno::exist);
  if (!at) return std::unexpected(at.error());
  if (at->trailing_slash) {
    auto info = stat_name(at->directory, at->name);
    return std::unexpected(info ? Errno::exist : info.error());
  }
  return outcome(symlinkat(std::string(target).c_str(), at->directory, at->name.c_str()));
}

/// What a trailing slash demands of a name that is about to be linked or renamed.
Expected<void> require_directory(const Parent& at) {
  auto info = stat_name(at.directory, at.name);
  if (!info) return std::unexpected(info.error());
  if (info->type != FileType::directory) return std::unexpected(Errno::not_directory);
  return {};
}

Expected<void> LinuxDirectory::link(std::string_view old_path, Directory& new_directory,
                                    std::string_view new_path) {
  auto* target = dynamic_cast<LinuxDirectory*>(&new_directory);
  if (target == nullptr) return std::unexpected(Errno::cross_device);
  auto from = parent(old_path, Errno::not_permitted);
  if (!from) return std::unexpected(from.error());
  auto to = target->parent(new_path, Errno::exist);
  if (!to) return std::unexpected(to.error());
  if (from->trailing_slash) {
    auto directory = require_directory(*from);
    return std::unexpected(directory ? Errno::not_permitted : directory.error());
  }
  if (to->trailing_slash) {
    auto info = stat_name(to->directory, to->name);
    return std::unexpected(info ? Errno::exist : info.error());
  }
  return outcome(linkat(from->directory, from->name.c_str(), to->directory, to->name.c_str(), 0));
}

Expected<void> LinuxDirectory::rename(std::string_view old_path, Directory& new_directory,
                                      std::string_view new_path) {
  auto* target = dynamic_cast<LinuxDirectory*>(&new_directory);
  if (target == nullptr) return std::unexpected(Errno::cross_device);
  auto from = parent(old_path, Errno::busy);
  if (!from) return std::unexpected(from.error());
  auto to = target->parent(new_path, Errno::busy);
  if (!to) return std::unexpected(to.error());
  if (from->trailing_slash || to->trailing_slash) {
    if (auto directory = require_directory(*from); !directory) return directory;
  }
  return outcome(renameat(from->directory, from->name.c_str(), to->directory, to->name.c_str()));
}

class LinuxFiles final : public Files {
 public:
  explicit LinuxFiles(Containment containment) : resolver_(make_resolver(containment)) {}

  Expected<std::shared_ptr<Directory>> open_directory(const std::string& host_path) override {
    OwnedFd fd(::open(host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open()) return last_error();
    return std::make_shared<LinuxDirectory>(std::move(fd), resolver_);
  }

 private:
  std::shared_ptr<Resolver> resolver_;
};

}  // namespace

std::unique_ptr<Files> system_files(Containment containment) {
  return std::make_unique<LinuxFiles>(containment);
}

}  // namespace reprise::os
