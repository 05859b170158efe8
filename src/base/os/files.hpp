// Files as interfaces handed in, and a promise: nothing that is reached from a Directory lies
// outside of it.
//
// Every path is relative to a directory that is already open. A path that is absolute, a `..` that
// climbs above the directory, a symbolic link that leads out (or that is absolute), a magic link of
// /proc: each gives `not_permitted`, and no race with somebody renaming directories or swapping
// links changes that (linux/resolve.hpp says how). The directory a host grants is the only place
// where a host path is used.
//
// Nothing blocks for long: special files are opened without waiting for a peer and say
// `would_block`. Regular files are read and written where they are asked, at explicit offsets:
// positions belong to whoever holds the handle.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/os/clock.hpp"
#include "base/os/errno.hpp"

namespace reprise::os {

/// In the order of wasi:filesystem's `descriptor-type`.
enum class FileType : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  fifo,
  symbolic_link,
  regular_file,
  socket,
};

struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  FileType type = FileType::unknown;
  uint64_t link_count = 0;
  uint64_t size = 0;
  Timestamp accessed;
  Timestamp modified;
  Timestamp changed;
};

/// In the order of wasi:filesystem's `advice`.
enum class Advice : uint8_t { normal, sequential, random, will_need, dont_need, no_reuse };

struct KeepTime {};
struct TimeOfNow {};
using NewTime = std::variant<KeepTime, TimeOfNow, Timestamp>;

/// Whether a path's last component is followed when it is a symbolic link.
enum class LastLink : uint8_t { follow, keep };

struct OpenOptions {
  LastLink last_link = LastLink::follow;
  bool read = false;
  bool write = false;
  bool create = false;
  bool exclusive = false;
  bool truncate = false;
  /// Fail unless it is a directory.
  bool directory = false;
  bool data_sync = false;
  bool file_sync = false;
  bool read_sync = false;
};

struct DirectoryEntry {
  std::string name;
  FileType type = FileType::unknown;
  uint64_t inode = 0;
};

/// What files and directories that are open have in common.
class OpenNode {
 public:
  virtual ~OpenNode() = default;
  virtual Expected<FileStat> stat() = 0;
  virtual Expected<void> set_times(NewTime accessed, NewTime modified) = 0;
  virtual Expected<void> sync() = 0;
  virtual Expected<void> sync_data() = 0;
};

/// An open file that is not a directory.
class File : public OpenNode {
 public:
  virtual FileType type() const = 0;
  /// Reads at `offset`; 0 bytes means at or beyond the end. A file that cannot seek ignores
  /// `offset`.
  virtual Expected<size_t> read(std::span<uint8_t> out, uint64_t offset) = 0;
  /// Writes at `offset`, extending the file with zeros if it lies beyond the end; may write less.
  virtual Expected<size_t> write(std::span<const uint8_t> bytes, uint64_t offset) = 0;
  /// Writes at the end, wherever that is at that moment.
  virtual Expected<size_t> append(std::span<const uint8_t> bytes) = 0;
  virtual Expected<void> set_size(uint64_t size) = 0;
  /// Makes sure that writing in this range will not lack space; extends the file to its end.
  virtual Expected<void> allocate(uint64_t offset, uint64_t length) = 0;
  virtual Expected<void> advise(uint64_t offset, uint64_t length, Advice advice) = 0;
  /// What to wait on when an operation says would_block; none when it never does.
  virtual std::optional<int> wait_fd() const { return std::nullopt; }
};

/// Reads a directory from its beginning. `.` and `..` are left out; the order is the file system's.
class DirectoryReader {
 public:
  virtual ~DirectoryReader() = default;
  /// None at the end.
  virtual Expected<std::optional<DirectoryEntry>> next() = 0;
};

class Directory;
using Opened = std::variant<std::shared_ptr<File>, std::shared_ptr<Directory>>;

/// An open directory, and everything that can be done by a path relative to it.
class Directory : public OpenNode {
 public:
  virtual Expected<Opened> open(std::string_view path, const OpenOptions& options) = 0;
  virtual Expected<std::unique_ptr<DirectoryReader>> read() = 0;
  virtual Expected<FileStat> stat_at(std::string_view path, LastLink last) = 0;
  virtual Expected<void> set_times_at(std::string_view path, LastLink last, NewTime accessed,
                                      NewTime modified) = 0;
  virtual Expected<void> create_directory(std::string_view path) = 0;
  virtual Expected<void> remove_directory(std::string_view path) = 0;
  virtual Expected<void> unlink(std::string_view path) = 0;
  virtual Expected<std::string> read_link(std::string_view path) = 0;
  /// Makes `path` a symbolic link that contains `target`, which is refused if absolute.
  virtual Expected<void> symlink(std::string_view target, std::string_view path) = 0;
  /// Hard links are made to a symbolic link itself, never through it.
  virtual Expected<void> link(std::string_view old_path, Directory& new_directory,
                              std::string_view new_path) = 0;
  virtual Expected<void> rename(std::string_view old_path, Directory& new_directory,
                                std::string_view new_path) = 0;
};

class Files {
 public:
  virtual ~Files() = default;
  /// Opens the directory that a host path names: the one way in.
  virtual Expected<std::shared_ptr<Directory>> open_directory(const std::string& host_path) = 0;
};

/// How paths are kept inside a directory. `kernel` is one openat2(2) per path; `walk` opens each
/// component by itself, for kernels before 5.6 and sandboxes that refuse openat2.
enum class Containment : uint8_t { kernel, walk };

/// `kernel` where it works, which is tried once, here.
Containment best_containment();
std::unique_ptr<Files> system_files(Containment containment = best_containment());

}  // namespace reprise::os
