// wasi:filesystem 0.2: descriptors over the files seam.
//
// What a descriptor may do follows from the preopen it came from: one that is read-only hands
// down nothing that changes anything, and every such attempt fails with `read-only`, as
// wasi:filesystem/types asks of a descriptor without `mutate-directory`.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/os/files.hpp"
#include "wasi/host.hpp"
#include "wasi/p2/io.hpp"

namespace reprise::wasi::p2 {

/// Bytes that `descriptor.read` gives at most.
inline constexpr uint64_t kMaxDescriptorRead = uint64_t{1} << 20;

/// enum error-code.
enum class ErrorCode : uint8_t {
  access,
  would_block,
  already,
  bad_descriptor,
  busy,
  deadlock,
  quota,
  exist,
  file_too_large,
  illegal_byte_sequence,
  in_progress,
  interrupted,
  invalid,
  io,
  is_directory,
  loop,
  too_many_links,
  message_size,
  name_too_long,
  no_device,
  no_entry,
  no_lock,
  insufficient_memory,
  insufficient_space,
  not_directory,
  not_empty,
  not_recoverable,
  unsupported,
  no_tty,
  no_such_device,
  overflow,
  not_permitted,
  pipe,
  read_only,
  invalid_seek,
  text_file_busy,
  cross_device,
};

/// What has no code of its own becomes `io`.
ErrorCode to_error_code(os::Errno error);

template <class T>
using FileResult = std::expected<T, ErrorCode>;

using DescriptorType = os::FileType;
using Advice = os::Advice;

/// record datetime of wasi:clocks/wall-clock.
struct Datetime {
  uint64_t seconds = 0;
  uint32_t nanoseconds = 0;
  auto operator<=>(const Datetime&) const = default;
};

/// flags descriptor-flags.
enum class DescriptorFlags : uint8_t {
  none = 0,
  read = 1,
  write = 2,
  file_integrity_sync = 4,
  data_integrity_sync = 8,
  requested_write_sync = 16,
  mutate_directory = 32,
};

/// flags path-flags.
enum class PathFlags : uint8_t { none = 0, symlink_follow = 1 };

/// flags open-flags.
enum class OpenFlags : uint8_t { none = 0, create = 1, directory = 2, exclusive = 4, truncate = 8 };

template <class F>
concept Flags = std::is_same_v<F, DescriptorFlags> || std::is_same_v<F, PathFlags> ||
                std::is_same_v<F, OpenFlags>;
template <Flags F>
constexpr F operator|(F a, F b) {
  return static_cast<F>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
/// Whether `flags` has any of `wanted`.
template <Flags F>
constexpr bool has(F flags, F wanted) {
  return (static_cast<uint8_t>(flags) & static_cast<uint8_t>(wanted)) != 0;
}

/// record descriptor-stat.
struct DescriptorStat {
  DescriptorType type = DescriptorType::unknown;
  uint64_t link_count = 0;
  uint64_t size = 0;
  std::optional<Datetime> data_access_timestamp;
  std::optional<Datetime> data_modification_timestamp;
  std::optional<Datetime> status_change_timestamp;
};

struct NoChange {};
struct Now {};
/// variant new-timestamp.
using NewTimestamp = std::variant<NoChange, Now, Datetime>;

/// record directory-entry.
struct DirectoryEntry {
  DescriptorType type = DescriptorType::unknown;
  std::string name;
};

/// record metadata-hash-value.
struct MetadataHash {
  uint64_t lower = 0;
  uint64_t upper = 0;
  bool operator==(const MetadataHash&) const = default;
};

/// resource directory-entry-stream.
class DirectoryEntryStream {
 public:
  explicit DirectoryEntryStream(std::unique_ptr<os::DirectoryReader> reader)
      : reader_(std::move(reader)) {}
  /// None at the end. `illegal-byte-sequence` for a name that is not UTF-8; the next call goes on
  /// behind it.
  FileResult<std::optional<DirectoryEntry>> read_directory_entry();

 private:
  std::unique_ptr<os::DirectoryReader> reader_;
};

/// resource descriptor.
class Descriptor {
 public:
  Descriptor(Host& host, std::shared_ptr<os::Directory> directory, bool read_only)
      : host_(&host),
        directory_(std::move(directory)),
        flags_(DescriptorFlags::read),
        read_only_(read_only) {
    if (!read_only) flags_ = flags_ | DescriptorFlags::mutate_directory;
  }

  FileResult<InputStream> read_via_stream(uint64_t offset);
  FileResult<OutputStream> write_via_stream(uint64_t offset);
  FileResult<OutputStream> append_via_stream();
  FileResult<void> advise(uint64_t offset, uint64_t length, Advice advice);
  FileResult<void> sync_data();
  FileResult<DescriptorFlags> get_flags();
  FileResult<DescriptorType> get_type();
  FileResult<void> set_size(uint64_t size);
  FileResult<void> set_times(NewTimestamp accessed, NewTimestamp modified);
  FileResult<std::pair<ByteList, bool>> read(uint64_t length, uint64_t offset);
  FileResult<uint64_t> write(std::span<const uint8_t> buffer, uint64_t offset);
  FileResult<DirectoryEntryStream> read_directory();
  FileResult<void> sync();
  FileResult<void> create_directory_at(const std::string& path);
  FileResult<DescriptorStat> stat();
  FileResult<DescriptorStat> stat_at(PathFlags path_flags, const std::string& path);
  FileResult<void> set_times_at(PathFlags path_flags, const std::string& path,
                                NewTimestamp accessed, NewTimestamp modified);
  FileResult<void> link_at(PathFlags old_path_flags, const std::string& old_path,
                           Descriptor& new_descriptor, const std::string& new_path);
  FileResult<Descriptor> open_at(PathFlags path_flags, const std::string& path,
                                 OpenFlags open_flags, DescriptorFlags flags);
  FileResult<std::string> readlink_at(const std::string& path);
  FileResult<void> remove_directory_at(const std::string& path);
  FileResult<void> rename_at(const std::string& old_path, Descriptor& new_descriptor,
                             const std::string& new_path);
  FileResult<void> symlink_at(const std::string& old_path, const std::string& new_path);
  FileResult<void> unlink_file_at(const std::string& path);
  bool is_same_object(Descriptor& other);
  FileResult<MetadataHash> metadata_hash();
  FileResult<MetadataHash> metadata_hash_at(PathFlags path_flags, const std::string& path);

 private:
  Descriptor(Host& host, std::shared_ptr<os::File> file, DescriptorFlags flags, bool read_only)
      : host_(&host), file_(std::move(file)), flags_(flags), read_only_(read_only) {}

  FileResult<os::Directory*> directory();
  /// The directory, if things may be changed in it.
  FileResult<os::Directory*> mutable_directory();
  FileResult<os::File*> file_for(DescriptorFlags access);
  os::OpenNode& node() { return file_ ? static_cast<os::OpenNode&>(*file_) : *directory_; }
  MetadataHash hash_of(const os::FileStat& stat) const;

  Host* host_;
  std::shared_ptr<os::File> file_;            // one of the two
  std::shared_ptr<os::Directory> directory_;  // is there
  DescriptorFlags flags_;
  bool read_only_;
};

/// wasi:filesystem/preopens.get-directories.
std::vector<std::pair<Descriptor, std::string>> get_directories(Host& host);

/// wasi:filesystem/types.filesystem-error-code.
inline std::optional<ErrorCode> filesystem_error_code(const IoError& error) {
  return to_error_code(error.code);
}

}  // namespace reprise::wasi::p2
