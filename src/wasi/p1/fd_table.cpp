// Descriptors by number, and what each kind of them is allowed.

#include "wasi/p1/fd_table.hpp"

#include <algorithm>

namespace reprise::wasi::p1 {

namespace {

/// A file that cannot seek (a FIFO, a terminal), seen as a stream.
class FileSource final : public os::ByteSource {
 public:
  explicit FileSource(std::shared_ptr<os::File> file) : file_(std::move(file)) {}
  os::Expected<size_t> read(std::span<uint8_t> out) override { return file_->read(out, 0); }
  std::optional<int> wait_fd() const override { return file_->wait_fd(); }

 private:
  std::shared_ptr<os::File> file_;
};

class FileSink final : public os::ByteSink {
 public:
  explicit FileSink(std::shared_ptr<os::File> file) : file_(std::move(file)) {}
  os::Expected<size_t> write(std::span<const uint8_t> bytes) override {
    return file_->write(bytes, 0);
  }
  std::optional<int> wait_fd() const override { return file_->wait_fd(); }

 private:
  std::shared_ptr<os::File> file_;
};

}  // namespace

Rights directory_rights() {
  using enum Rights;
  return fd_fdstat_set_flags | fd_sync | path_create_directory | path_create_file |
         path_link_source | path_link_target | path_open | fd_readdir | path_readlink |
         path_rename_source | path_rename_target | path_filestat_get | path_filestat_set_size |
         path_filestat_set_times | fd_filestat_get | fd_filestat_set_times | path_symlink |
         path_remove_directory | path_unlink_file;
}

Rights file_rights() {
  using enum Rights;
  return fd_datasync | fd_read | fd_seek | fd_fdstat_set_flags | fd_sync | fd_tell | fd_write |
         fd_advise | fd_allocate | fd_filestat_get | fd_filestat_set_size | fd_filestat_set_times |
         poll_fd_readwrite;
}

Rights stream_rights() {
  return file_rights() & ~(Rights::fd_seek | Rights::fd_tell | Rights::fd_advise |
                           Rights::fd_allocate | Rights::fd_filestat_set_size);
}

FileType OpenFd::filetype() const {
  if (directory) return FileType::directory;
  if (file) return to_file_type(file->type());
  // Guests take a character device that cannot seek for a terminal.
  const bool terminal = source ? source->is_terminal() : sink->is_terminal();
  return terminal ? FileType::character_device : FileType::unknown;
}

OpenFd make_fd(os::Opened opened, bool readable, bool writable) {
  OpenFd entry;
  if (auto* directory = std::get_if<std::shared_ptr<os::Directory>>(&opened)) {
    entry.directory = std::move(*directory);
    return entry;
  }
  entry.file = std::get<std::shared_ptr<os::File>>(std::move(opened));
  if (entry.file->wait_fd()) {
    if (readable) entry.source = std::make_shared<FileSource>(entry.file);
    if (writable) entry.sink = std::make_shared<FileSink>(entry.file);
  }
  return entry;
}

FdTable::FdTable(const Host& host) {
  for (int i = 0; i < 3; ++i) {
    auto entry = std::make_unique<OpenFd>();
    if (i == 0) entry->source = host.standard_input();
    if (i == 1) entry->sink = host.standard_output();
    if (i == 2) entry->sink = host.standard_error();
    const Rights unused = i == 0 ? Rights::fd_write : Rights::fd_read;
    entry->rights_base = stream_rights() & ~unused;
    entries_.push_back(std::move(entry));
  }
  for (const Grant& grant : host.grants()) {
    auto entry = std::make_unique<OpenFd>();
    entry->directory = grant.directory;
    entry->preopen = grant.guest_path;
    entry->read_only = grant.read_only;
    entry->rights_base = directory_rights();
    entry->rights_inheriting = directory_rights() | file_rights();
    entries_.push_back(std::move(entry));
  }
}

Outcome<OpenFd*> FdTable::get(Fd fd) {
  if (fd >= entries_.size() || !entries_[fd]) return std::unexpected(Errno::badf);
  return entries_[fd].get();
}

Outcome<OpenFd*> FdTable::get(Fd fd, Rights needed) {
  auto entry = get(fd);
  if (entry && any(needed & ~(*entry)->rights_base)) return std::unexpected(Errno::notcapable);
  return entry;
}

Outcome<Fd> FdTable::insert(OpenFd entry) {
  const auto free = std::find(entries_.begin(), entries_.end(), nullptr);
  const auto fd = static_cast<Fd>(free - entries_.begin());
  if (fd >= kMaxDescriptors) return std::unexpected(Errno::mfile);
  auto owned = std::make_unique<OpenFd>(std::move(entry));
  if (free == entries_.end()) {
    entries_.push_back(std::move(owned));
  } else {
    *free = std::move(owned);
  }
  return fd;
}

Outcome<void> FdTable::close(Fd fd) {
  REPRISE_TRY(get(fd));
  entries_[fd].reset();
  return {};
}

Outcome<void> FdTable::renumber(Fd from, Fd to) {
  REPRISE_TRY(get(from));
  REPRISE_TRY(get(to));
  if (from != to) entries_[to] = std::move(entries_[from]);
  return {};
}

}  // namespace reprise::wasi::p1
