// WASI 0.1: functions on paths.
//
// Flags ask for more than a descriptor may hand down: what is granted is what was asked, what the
// base may pass on, and what makes sense for a file or a directory, whichever it turns out to be.

#include <algorithm>

#include "wasi/p1/preview1.hpp"
#include "wasi/p1/times.hpp"

namespace reprise::wasi::p1 {

namespace {

Outcome<void> outcome(const os::Expected<void>& result) {
  if (!result) return std::unexpected(to_errno(result.error()));
  return {};
}

os::LastLink last_link(uint32_t lookup_flags) {
  return (lookup_flags & kLookupFollow) != 0 ? os::LastLink::follow : os::LastLink::keep;
}

constexpr Rights kReadingRights = Rights::fd_read | Rights::fd_readdir;
constexpr Rights kWritingRights =
    Rights::fd_write | Rights::fd_allocate | Rights::fd_filestat_set_size;

Rights rights_to_open(uint16_t open_flags) {
  Rights needed = Rights::path_open;
  if ((open_flags & kOpenCreate) != 0) needed = needed | Rights::path_create_file;
  if ((open_flags & kOpenTruncate) != 0) needed = needed | Rights::path_filestat_set_size;
  return needed;
}

os::OpenOptions open_options(uint32_t lookup_flags, uint16_t open_flags, Rights rights,
                             uint16_t fd_flags) {
  os::OpenOptions options;
  options.last_link = last_link(lookup_flags);
  options.read = any(rights & kReadingRights);
  options.write = any(rights & kWritingRights);
  options.create = (open_flags & kOpenCreate) != 0;
  options.directory = (open_flags & kOpenDirectory) != 0;
  options.exclusive = (open_flags & kOpenExclusive) != 0;
  options.truncate = (open_flags & kOpenTruncate) != 0;
  options.data_sync = (fd_flags & kFdDsync) != 0;
  options.file_sync = (fd_flags & kFdSync) != 0;
  options.read_sync = (fd_flags & kFdRsync) != 0;
  return options;
}

}  // namespace

Outcome<OpenFd*> Preview1::directory(Fd fd, Rights needed, const std::string& path) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd));
  if (!entry->directory) return std::unexpected(Errno::notdir);
  REPRISE_TRY(table_.get(fd, needed));
  // A path that is not UTF-8 arrives with a zero byte in it (abi.cpp).
  if (path.find('\0') != path.npos) return std::unexpected(Errno::ilseq);
  return entry;
}

Outcome<OpenFd*> Preview1::mutable_directory(Fd fd, Rights needed, const std::string& path) {
  REPRISE_ASSIGN(OpenFd * entry, directory(fd, needed, path));
  if (entry->read_only) return std::unexpected(Errno::rofs);
  return entry;
}

Outcome<void> Preview1::path_create_directory(Fd fd, std::string path) {
  REPRISE_ASSIGN(OpenFd * base, mutable_directory(fd, Rights::path_create_directory, path));
  return outcome(base->directory->create_directory(path));
}

Outcome<FileStat> Preview1::path_filestat_get(Fd fd, uint32_t lookup_flags, std::string path) {
  REPRISE_ASSIGN(OpenFd * base, directory(fd, Rights::path_filestat_get, path));
  const auto stat = base->directory->stat_at(path, last_link(lookup_flags));
  if (!stat) return std::unexpected(to_errno(stat.error()));
  return to_file_stat(*stat);
}

Outcome<void> Preview1::path_filestat_set_times(Fd fd, uint32_t lookup_flags, std::string path,
                                                uint64_t accessed, uint64_t modified,
                                                uint16_t flags) {
  REPRISE_ASSIGN(OpenFd * base, mutable_directory(fd, Rights::path_filestat_set_times, path));
  REPRISE_ASSIGN(const auto times, to_new_times(accessed, modified, flags));
  return outcome(
      base->directory->set_times_at(path, last_link(lookup_flags), times.first, times.second));
}

Outcome<void> Preview1::path_link(Fd old_fd, uint32_t old_flags, std::string old_path, Fd new_fd,
                                  std::string new_path) {
  REPRISE_ASSIGN(OpenFd * from, mutable_directory(old_fd, Rights::path_link_source, old_path));
  REPRISE_ASSIGN(OpenFd * to, mutable_directory(new_fd, Rights::path_link_target, new_path));
  // Following first and linking then cannot be one step, so a link never goes through another.
  if ((old_flags & kLookupFollow) != 0) return std::unexpected(Errno::inval);
  return outcome(from->directory->link(old_path, *to->directory, new_path));
}

Outcome<Fd> Preview1::path_open(Fd fd, uint32_t lookup_flags, std::string path, uint16_t open_flags,
                                Rights rights_base, Rights rights_inheriting, uint16_t fd_flags) {
  if ((open_flags & ~kOpenAll) != 0 || (fd_flags & ~kFdAll) != 0) {
    return std::unexpected(Errno::inval);
  }
  REPRISE_ASSIGN(OpenFd * base, directory(fd, rights_to_open(open_flags), path));
  const Rights granted = rights_base & base->rights_inheriting;
  const auto options = open_options(lookup_flags, open_flags, granted, fd_flags);
  if (base->read_only && (options.write || options.create || options.truncate)) {
    return std::unexpected(Errno::rofs);
  }
  auto opened = base->directory->open(path, options);
  if (!opened) return std::unexpected(to_errno(opened.error()));

  OpenFd entry = make_fd(std::move(*opened), options.read, options.write);
  const Rights possible = entry.directory     ? directory_rights()
                          : entry.is_stream() ? stream_rights()
                                              : file_rights();
  entry.rights_base = granted & possible;
  entry.rights_inheriting = rights_inheriting & base->rights_inheriting;
  entry.flags = entry.directory ? uint16_t{0} : fd_flags;
  entry.read_only = base->read_only;
  return table_.insert(std::move(entry));
}

Outcome<ByteList> Preview1::path_readlink(Fd fd, std::string path, uint32_t length) {
  REPRISE_ASSIGN(OpenFd * base, directory(fd, Rights::path_readlink, path));
  const auto target = base->directory->read_link(path);
  if (!target) return std::unexpected(to_errno(target.error()));
  const size_t n = std::min<size_t>(length, target->size());
  return ByteList(target->begin(), target->begin() + static_cast<ptrdiff_t>(n));
}

Outcome<void> Preview1::path_remove_directory(Fd fd, std::string path) {
  REPRISE_ASSIGN(OpenFd * base, mutable_directory(fd, Rights::path_remove_directory, path));
  return outcome(base->directory->remove_directory(path));
}

Outcome<void> Preview1::path_rename(Fd old_fd, std::string old_path, Fd new_fd,
                                    std::string new_path) {
  REPRISE_ASSIGN(OpenFd * from, mutable_directory(old_fd, Rights::path_rename_source, old_path));
  REPRISE_ASSIGN(OpenFd * to, mutable_directory(new_fd, Rights::path_rename_target, new_path));
  return outcome(from->directory->rename(old_path, *to->directory, new_path));
}

Outcome<void> Preview1::path_symlink(std::string old_path, Fd fd, std::string new_path) {
  REPRISE_ASSIGN(OpenFd * base, mutable_directory(fd, Rights::path_symlink, new_path));
  if (old_path.find('\0') != old_path.npos) return std::unexpected(Errno::ilseq);
  return outcome(base->directory->symlink(old_path, new_path));
}

Outcome<void> Preview1::path_unlink_file(Fd fd, std::string path) {
  REPRISE_ASSIGN(OpenFd * base, mutable_directory(fd, Rights::path_unlink_file, path));
  return outcome(base->directory->unlink(path));
}

}  // namespace reprise::wasi::p1
