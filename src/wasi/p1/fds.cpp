// WASI 0.1: functions on descriptors.

#include <algorithm>
#include <limits>

#include "base/bytes.hpp"
#include "wasi/p1/preview1.hpp"
#include "wasi/p1/times.hpp"

namespace reprise::wasi::p1 {

namespace {

/// Of a dirent in guest memory, before its name.

template <class T>
Outcome<T> outcome(os::Expected<T> result) {
  if (!result) return std::unexpected(to_errno(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

os::OpenNode& node_of(OpenFd& entry) {
  if (entry.directory) return *entry.directory;
  return *entry.file;
}

os::Timestamp to_timestamp(uint64_t nanoseconds) {
  return {static_cast<int64_t>(nanoseconds / 1'000'000'000),
          static_cast<uint32_t>(nanoseconds % 1'000'000'000)};
}

os::NewTime new_time(uint64_t given, bool use_given, bool use_now) {
  if (use_now) return os::TimeOfNow{};
  if (use_given) return to_timestamp(given);
  return os::KeepTime{};
}

/// The first two entries of every directory. Where `..` leads is not for the guest to know.
std::vector<DirEntry> dot_entries(uint64_t inode) {
  return {{1, inode, FileType::directory, "."}, {2, inode, FileType::directory, ".."}};
}

/// Reads on until there is an entry at `position`, or the directory ends (false).
Outcome<bool> list_up_to(Listing& listing, uint64_t position) {
  while (position >= listing.entries.size()) {
    if (!listing.reader) return false;
    auto entry = listing.reader->next();
    if (!entry) return std::unexpected(to_errno(entry.error()));
    if (!*entry) {
      listing.reader.reset();
      return false;
    }
    // A name that is not UTF-8 cannot be said in WASI; the file is left out.
    if (!is_utf8(as_bytes((*entry)->name))) continue;
    listing.entries.push_back({listing.entries.size() + 1, (*entry)->inode,
                               to_file_type((*entry)->type), std::move((*entry)->name)});
  }
  return true;
}

}  // namespace

Outcome<std::pair<os::NewTime, os::NewTime>> to_new_times(uint64_t accessed, uint64_t modified,
                                                          uint16_t flags) {
  const auto has = [flags](uint16_t flag) { return (flags & flag) != 0; };
  if ((flags & ~kTimeAll) != 0 || (has(kTimeAccessed) && has(kTimeAccessedNow)) ||
      (has(kTimeModified) && has(kTimeModifiedNow))) {
    return std::unexpected(Errno::inval);
  }
  return std::pair{new_time(accessed, has(kTimeAccessed), has(kTimeAccessedNow)),
                   new_time(modified, has(kTimeModified), has(kTimeModifiedNow))};
}

Outcome<OpenFd*> Preview1::file(Fd fd, Rights needed) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd));
  if (entry->directory) return std::unexpected(Errno::isdir);
  if (entry->is_stream()) return std::unexpected(Errno::spipe);
  return table_.get(fd, needed);
}

Outcome<void> Preview1::fd_advise(Fd fd, uint64_t offset, uint64_t length, uint8_t advice) {
  REPRISE_ASSIGN(OpenFd * entry, file(fd, Rights::fd_advise));
  if (advice > static_cast<uint8_t>(os::Advice::no_reuse)) return std::unexpected(Errno::inval);
  return outcome(entry->file->advise(offset, length, static_cast<os::Advice>(advice)));
}

Outcome<void> Preview1::fd_allocate(Fd fd, uint64_t offset, uint64_t length) {
  REPRISE_ASSIGN(OpenFd * entry, file(fd, Rights::fd_allocate));
  return outcome(entry->file->allocate(offset, length));
}

Outcome<void> Preview1::fd_close(Fd fd) {
  return table_.close(fd);
}

Outcome<void> Preview1::fd_datasync(Fd fd) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd));
  if (entry->is_stream()) return std::unexpected(Errno::inval);
  REPRISE_TRY(table_.get(fd, entry->directory ? Rights::none : Rights::fd_datasync));
  return outcome(node_of(*entry).sync_data());
}

Outcome<FdStat> Preview1::fd_fdstat_get(Fd fd) {
  REPRISE_ASSIGN(const OpenFd* entry, table_.get(fd));
  return FdStat{entry->filetype(), entry->flags, entry->rights_base, entry->rights_inheriting};
}

Outcome<void> Preview1::fd_fdstat_set_flags(Fd fd, uint16_t flags) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd, Rights::fd_fdstat_set_flags));
  if ((flags & ~kFdAll) != 0) return std::unexpected(Errno::inval);
  // How writes are synchronized was settled when the file was opened.
  constexpr uint16_t kChangeable = kFdAppend | kFdNonblock;
  if (((flags ^ entry->flags) & ~kChangeable) != 0) return std::unexpected(Errno::notsup);
  entry->flags = flags;
  return {};
}

Outcome<void> Preview1::fd_fdstat_set_rights(Fd fd, Rights base, Rights inheriting) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd));
  if (any(base & ~entry->rights_base) || any(inheriting & ~entry->rights_inheriting)) {
    return std::unexpected(Errno::notcapable);
  }
  entry->rights_base = base;
  entry->rights_inheriting = inheriting;
  return {};
}

Outcome<FileStat> Preview1::fd_filestat_get(Fd fd) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd, Rights::fd_filestat_get));
  if (!entry->file && !entry->directory) {
    FileStat stat;
    stat.filetype = entry->filetype();
    return stat;
  }
  auto stat = node_of(*entry).stat();
  if (!stat) return std::unexpected(to_errno(stat.error()));
  return to_file_stat(*stat);
}

Outcome<void> Preview1::fd_filestat_set_size(Fd fd, uint64_t size) {
  REPRISE_ASSIGN(OpenFd * entry, file(fd, Rights::fd_filestat_set_size));
  return outcome(entry->file->set_size(size));
}

Outcome<void> Preview1::fd_filestat_set_times(Fd fd, uint64_t accessed, uint64_t modified,
                                              uint16_t flags) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd, Rights::fd_filestat_set_times));
  REPRISE_ASSIGN(const auto times, to_new_times(accessed, modified, flags));
  if (!entry->file && !entry->directory) return std::unexpected(Errno::badf);
  if (entry->read_only) return std::unexpected(Errno::rofs);
  return outcome(node_of(*entry).set_times(times.first, times.second));
}

Outcome<ByteList> Preview1::fd_pread(Fd fd, uint64_t length, uint64_t offset) {
  REPRISE_ASSIGN(OpenFd * entry, file(fd, Rights::fd_read));
  ByteList bytes(std::min(length, kMaxRead));
  const auto n = entry->file->read(bytes, offset);
  if (!n) return std::unexpected(to_errno(n.error()));
  bytes.resize(*n);
  return bytes;
}

Outcome<uint32_t> Preview1::fd_prestat_get(Fd fd) {
  REPRISE_ASSIGN(const OpenFd* entry, table_.get(fd));
  if (!entry->preopen) return std::unexpected(Errno::badf);
  return static_cast<uint32_t>(entry->preopen->size());
}

Outcome<std::string> Preview1::fd_prestat_dir_name(Fd fd, uint32_t length) {
  REPRISE_ASSIGN(const OpenFd* entry, table_.get(fd));
  if (!entry->preopen) return std::unexpected(Errno::badf);
  if (entry->preopen->size() > length) return std::unexpected(Errno::nametoolong);
  return *entry->preopen;
}

Outcome<uint32_t> Preview1::fd_pwrite(Fd fd, ByteList bytes, uint64_t offset) {
  REPRISE_ASSIGN(OpenFd * entry, file(fd, Rights::fd_write));
  // In append mode, too, it writes where it was told: POSIX says so, though Linux differs.
  const auto n = entry->file->write(bytes, offset);
  if (!n) return std::unexpected(to_errno(n.error()));
  return static_cast<uint32_t>(*n);
}

// outlives: this: the host functions that call it own it, and the session owns those
Task<Outcome<ByteList>> Preview1::fd_read(Suspend& suspend, Fd fd, uint64_t length) {
  const auto found = table_.get(fd);
  if (!found) co_return std::unexpected(found.error());
  if ((*found)->directory) co_return std::unexpected(Errno::isdir);
  const auto allowed = table_.get(fd, Rights::fd_read);
  if (!allowed) co_return std::unexpected(allowed.error());
  OpenFd& entry = **allowed;
  ByteList bytes(std::min(length, kMaxRead));
  if (!entry.is_stream()) {
    const auto n = entry.file->read(bytes, entry.position);
    if (!n) co_return std::unexpected(to_errno(n.error()));
    entry.position += *n;
    bytes.resize(*n);
    co_return bytes;
  }
  if (!entry.source) co_return std::unexpected(Errno::badf);
  if (bytes.empty()) co_return bytes;
  // The descriptor may be closed or renumbered while this waits: hold what it stands for.
  const std::shared_ptr<os::ByteSource> source = entry.source;
  const std::shared_ptr<os::Loop> loop = host_->loop();
  const bool may_wait = (entry.flags & kFdNonblock) == 0;
  while (true) {
    const auto n = source->read(bytes);
    if (n) {
      bytes.resize(*n);
      co_return bytes;
    }
    if (n.error() != os::Errno::would_block || !may_wait || !source->wait_fd()) {
      co_return std::unexpected(to_errno(n.error()));
    }
    co_await loop->wait(suspend, std::move(os::WaitSet{}.readable(*source->wait_fd())));
  }
}

Outcome<std::vector<DirEntry>> Preview1::fd_readdir(Fd fd, uint32_t length, uint64_t cookie) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd));
  if (!entry->directory) return std::unexpected(Errno::notdir);
  REPRISE_TRY(table_.get(fd, Rights::fd_readdir));
  Listing& listing = entry->listing;
  if (cookie == 0 || listing.entries.empty()) {
    const auto stat = entry->directory->stat();
    if (!stat) return std::unexpected(to_errno(stat.error()));
    auto reader = entry->directory->read();
    if (!reader) return std::unexpected(to_errno(reader.error()));
    listing = {dot_entries(stat->inode), std::move(*reader)};
  }
  std::vector<DirEntry> entries;
  for (uint64_t used = 0; used < length; ++cookie) {
    REPRISE_ASSIGN(const bool there, list_up_to(listing, cookie));
    if (!there) break;
    entries.push_back(listing.entries[cookie]);
    used += kDirentSize + entries.back().name.size();
  }
  return entries;
}

Outcome<void> Preview1::fd_renumber(Fd fd, Fd to) {
  return table_.renumber(fd, to);
}

Outcome<uint64_t> Preview1::fd_seek(Fd fd, int64_t offset, uint8_t whence) {
  const bool tells = offset == 0 && whence == static_cast<uint8_t>(Whence::cur);
  REPRISE_ASSIGN(OpenFd * entry, file(fd, tells ? Rights::fd_tell : Rights::fd_seek));
  uint64_t base = 0;
  if (whence == static_cast<uint8_t>(Whence::cur)) {
    base = entry->position;
  } else if (whence == static_cast<uint8_t>(Whence::end)) {
    const auto stat = entry->file->stat();
    if (!stat) return std::unexpected(to_errno(stat.error()));
    base = stat->size;
  } else if (whence != static_cast<uint8_t>(Whence::set)) {
    return std::unexpected(Errno::inval);
  }
  int64_t position = 0;
  if (__builtin_add_overflow(static_cast<int64_t>(base), offset, &position) || position < 0) {
    return std::unexpected(Errno::inval);
  }
  entry->position = static_cast<uint64_t>(position);
  return entry->position;
}

Outcome<void> Preview1::fd_sync(Fd fd) {
  REPRISE_ASSIGN(OpenFd * entry, table_.get(fd));
  if (entry->is_stream()) return std::unexpected(Errno::inval);
  REPRISE_TRY(table_.get(fd, Rights::fd_sync));
  return outcome(node_of(*entry).sync());
}

Outcome<uint64_t> Preview1::fd_tell(Fd fd) {
  REPRISE_ASSIGN(OpenFd * entry, file(fd, Rights::fd_tell));
  return entry->position;
}

Outcome<uint32_t> Preview1::write_file(OpenFd& entry, std::span<const uint8_t> bytes) {
  if ((entry.flags & kFdAppend) != 0) {
    const auto n = entry.file->append(bytes);
    if (!n) return std::unexpected(to_errno(n.error()));
    const auto stat = entry.file->stat();
    if (stat) entry.position = stat->size;
    return static_cast<uint32_t>(*n);
  }
  const auto n = entry.file->write(bytes, entry.position);
  if (!n) return std::unexpected(to_errno(n.error()));
  entry.position += *n;
  return static_cast<uint32_t>(*n);
}

// outlives: this: the host functions that call it own it, and the session owns those
// outlives: rest: it looks into `bytes`, which is this coroutine's own and never changes
Task<Outcome<uint32_t>> Preview1::fd_write(Suspend& suspend, Fd fd, ByteList bytes) {
  const auto found = table_.get(fd);
  if (!found) co_return std::unexpected(found.error());
  if ((*found)->directory) co_return std::unexpected(Errno::isdir);
  const auto allowed = table_.get(fd, Rights::fd_write);
  if (!allowed) co_return std::unexpected(allowed.error());
  OpenFd& entry = **allowed;
  if (!entry.is_stream()) co_return write_file(entry, bytes);
  if (!entry.sink) co_return std::unexpected(Errno::badf);
  const std::shared_ptr<os::ByteSink> sink = entry.sink;
  const std::shared_ptr<os::Loop> loop = host_->loop();
  const bool may_wait = (entry.flags & kFdNonblock) == 0;
  std::span<const uint8_t> rest = bytes;
  while (!rest.empty()) {
    const auto n = sink->write(rest);
    if (n) {
      rest = rest.subspan(*n);
      continue;
    }
    const bool blocked = n.error() == os::Errno::would_block && sink->wait_fd();
    if (!blocked || !may_wait) {
      // What was written already counts; the next call will meet the error again.
      if (rest.size() == bytes.size()) co_return std::unexpected(to_errno(n.error()));
      break;
    }
    co_await loop->wait(suspend, std::move(os::WaitSet{}.writable(*sink->wait_fd())));
  }
  co_return static_cast<uint32_t>(bytes.size() - rest.size());
}

}  // namespace reprise::wasi::p1
