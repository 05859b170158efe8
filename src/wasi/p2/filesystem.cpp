// The functions of wasi:filesystem/types, in the order of its WIT.

#include "wasi/p2/filesystem.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace reprise::wasi::p2 {

namespace {

std::unexpected<ErrorCode> refused(os::Errno error) {
  return std::unexpected(to_error_code(error));
}

std::unexpected<ErrorCode> refused(ErrorCode error) {
  return std::unexpected(error);
}

FileResult<void> outcome(const os::Expected<void>& result) {
  if (!result) return refused(result.error());
  return {};
}

/// Times before 1970 have no datetime.
std::optional<Datetime> datetime_since_1970(const os::Timestamp& time) {
  if (time.seconds < 0) return std::nullopt;
  return Datetime{static_cast<uint64_t>(time.seconds), time.nanoseconds};
}

FileResult<os::NewTime> to_new_time(const NewTimestamp& time) {
  if (std::holds_alternative<NoChange>(time)) return os::KeepTime{};
  if (std::holds_alternative<Now>(time)) return os::TimeOfNow{};
  const auto& datetime = std::get<Datetime>(time);
  if (datetime.seconds > uint64_t{INT64_MAX}) return refused(ErrorCode::overflow);
  if (datetime.nanoseconds >= 1'000'000'000) return refused(ErrorCode::invalid);
  return os::Timestamp{static_cast<int64_t>(datetime.seconds), datetime.nanoseconds};
}

DescriptorStat to_descriptor_stat(const os::FileStat& stat) {
  return {stat.type,
          stat.link_count,
          stat.size,
          datetime_since_1970(stat.accessed),
          datetime_since_1970(stat.modified),
          datetime_since_1970(stat.changed)};
}

os::LastLink last_link(PathFlags flags) {
  return has(flags, PathFlags::symlink_follow) ? os::LastLink::follow : os::LastLink::keep;
}

bool is_text(std::string_view name) {
  return is_utf8(as_bytes(name));
}

/// A 64-bit mix in which every input bit reaches every output bit (the finalizer of splitmix64).
uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

ErrorCode to_error_code(os::Errno error) {
  if (error > os::Errno::cross_device) return ErrorCode::io;
  return static_cast<ErrorCode>(error);
}

FileResult<std::optional<DirectoryEntry>> DirectoryEntryStream::read_directory_entry() {
  auto entry = reader_->next();
  if (!entry) return refused(entry.error());
  if (!*entry) return std::nullopt;
  if (!is_text((*entry)->name)) return refused(ErrorCode::illegal_byte_sequence);
  return DirectoryEntry{(*entry)->type, std::move((*entry)->name)};
}

FileResult<os::Directory*> Descriptor::directory() {
  if (!directory_) return refused(ErrorCode::not_directory);
  return directory_.get();
}

FileResult<os::Directory*> Descriptor::mutable_directory() {
  if (directory_ && read_only_) return refused(ErrorCode::read_only);
  return directory();
}

FileResult<os::File*> Descriptor::file_for(DescriptorFlags access) {
  if (!file_) return refused(ErrorCode::is_directory);
  if (!has(flags_, access)) return refused(ErrorCode::bad_descriptor);
  return file_.get();
}

FileResult<InputStream> Descriptor::read_via_stream(uint64_t offset) {
  REPRISE_TRY(file_for(DescriptorFlags::read));
  return InputStream{file_input(host_->loop(), file_, offset)};
}

FileResult<OutputStream> Descriptor::write_via_stream(uint64_t offset) {
  REPRISE_TRY(file_for(DescriptorFlags::write));
  return OutputStream{.output = file_output(host_->loop(), file_, offset)};
}

FileResult<OutputStream> Descriptor::append_via_stream() {
  REPRISE_TRY(file_for(DescriptorFlags::write));
  return OutputStream{.output = append_output(host_->loop(), file_)};
}

FileResult<void> Descriptor::advise(uint64_t offset, uint64_t length, Advice advice) {
  if (!file_) return refused(ErrorCode::bad_descriptor);
  return outcome(file_->advise(offset, length, advice));
}

FileResult<void> Descriptor::sync_data() {
  if (read_only_) return {};
  return outcome(node().sync_data());
}

FileResult<DescriptorFlags> Descriptor::get_flags() {
  return flags_;
}

FileResult<DescriptorType> Descriptor::get_type() {
  return file_ ? file_->type() : DescriptorType::directory;
}

FileResult<void> Descriptor::set_size(uint64_t size) {
  REPRISE_ASSIGN(os::File * file, file_for(DescriptorFlags::write));
  return outcome(file->set_size(size));
}

FileResult<void> Descriptor::set_times(NewTimestamp accessed, NewTimestamp modified) {
  if (read_only_) return refused(ErrorCode::read_only);
  REPRISE_ASSIGN(const os::NewTime new_accessed, to_new_time(accessed));
  REPRISE_ASSIGN(const os::NewTime new_modified, to_new_time(modified));
  return outcome(node().set_times(new_accessed, new_modified));
}

FileResult<std::pair<ByteList, bool>> Descriptor::read(uint64_t length, uint64_t offset) {
  REPRISE_ASSIGN(os::File * file, file_for(DescriptorFlags::read));
  ByteList bytes(std::min(length, kMaxDescriptorRead));
  const auto n = file->read(bytes, offset);
  if (!n) return refused(n.error());
  bytes.resize(*n);
  return std::pair{std::move(bytes), *n == 0 && length != 0};
}

FileResult<uint64_t> Descriptor::write(std::span<const uint8_t> buffer, uint64_t offset) {
  REPRISE_ASSIGN(os::File * file, file_for(DescriptorFlags::write));
  const auto n = file->write(buffer, offset);
  if (!n) return refused(n.error());
  return *n;
}

FileResult<DirectoryEntryStream> Descriptor::read_directory() {
  REPRISE_ASSIGN(os::Directory * dir, directory());
  auto reader = dir->read();
  if (!reader) return refused(reader.error());
  return DirectoryEntryStream(std::move(*reader));
}

FileResult<void> Descriptor::sync() {
  if (read_only_) return {};
  return outcome(node().sync());
}

FileResult<void> Descriptor::create_directory_at(const std::string& path) {
  REPRISE_ASSIGN(os::Directory * dir, mutable_directory());
  return outcome(dir->create_directory(path));
}

FileResult<DescriptorStat> Descriptor::stat() {
  const auto stat = node().stat();
  if (!stat) return refused(stat.error());
  return to_descriptor_stat(*stat);
}

FileResult<DescriptorStat> Descriptor::stat_at(PathFlags path_flags, const std::string& path) {
  REPRISE_ASSIGN(os::Directory * dir, directory());
  const auto stat = dir->stat_at(path, last_link(path_flags));
  if (!stat) return refused(stat.error());
  return to_descriptor_stat(*stat);
}

FileResult<void> Descriptor::set_times_at(PathFlags path_flags, const std::string& path,
                                          NewTimestamp accessed, NewTimestamp modified) {
  REPRISE_ASSIGN(os::Directory * dir, mutable_directory());
  REPRISE_ASSIGN(const os::NewTime new_accessed, to_new_time(accessed));
  REPRISE_ASSIGN(const os::NewTime new_modified, to_new_time(modified));
  return outcome(dir->set_times_at(path, last_link(path_flags), new_accessed, new_modified));
}

FileResult<void> Descriptor::link_at(PathFlags old_path_flags, const std::string& old_path,
                                     Descriptor& new_descriptor, const std::string& new_path) {
  // Following first and linking then cannot be one step, so a link never goes through another.
  if (has(old_path_flags, PathFlags::symlink_follow)) return refused(ErrorCode::invalid);
  REPRISE_ASSIGN(os::Directory * from, mutable_directory());
  REPRISE_ASSIGN(os::Directory * to, new_descriptor.mutable_directory());
  return outcome(from->link(old_path, *to, new_path));
}

FileResult<Descriptor> Descriptor::open_at(PathFlags path_flags, const std::string& path,
                                           OpenFlags open_flags, DescriptorFlags flags) {
  REPRISE_ASSIGN(os::Directory * dir, directory());
  const bool mutates = has(flags, DescriptorFlags::write | DescriptorFlags::mutate_directory) ||
                       has(open_flags, OpenFlags::create | OpenFlags::truncate);
  if (mutates && read_only_) return refused(ErrorCode::read_only);
  os::OpenOptions options;
  options.last_link = last_link(path_flags);
  options.create = has(open_flags, OpenFlags::create);
  options.exclusive = has(open_flags, OpenFlags::exclusive);
  options.truncate = has(open_flags, OpenFlags::truncate);
  options.directory = has(open_flags, OpenFlags::directory);
  // Creating and truncating imply writing; a file that is not written is read.
  options.write = has(flags, DescriptorFlags::write) || options.create || options.truncate;
  options.read = has(flags, DescriptorFlags::read) || !has(flags, DescriptorFlags::write);
  options.file_sync = has(flags, DescriptorFlags::file_integrity_sync);
  options.data_sync = has(flags, DescriptorFlags::data_integrity_sync);
  options.read_sync = has(flags, DescriptorFlags::requested_write_sync);
  auto opened = dir->open(path, options);
  if (!opened) return refused(opened.error());

  if (auto* opened_directory = std::get_if<std::shared_ptr<os::Directory>>(&*opened)) {
    // What may be done in a directory is handed down; the flags say what was asked for.
    Descriptor descriptor(*host_, std::move(*opened_directory), read_only_);
    descriptor.flags_ = DescriptorFlags::read;
    if (has(flags, DescriptorFlags::mutate_directory)) {
      descriptor.flags_ = descriptor.flags_ | DescriptorFlags::mutate_directory;
    }
    return descriptor;
  }
  constexpr auto kSyncFlags = DescriptorFlags::file_integrity_sync |
                              DescriptorFlags::data_integrity_sync |
                              DescriptorFlags::requested_write_sync;
  auto granted =
      static_cast<DescriptorFlags>(static_cast<uint8_t>(flags) & static_cast<uint8_t>(kSyncFlags));
  if (options.read) granted = granted | DescriptorFlags::read;
  if (options.write) granted = granted | DescriptorFlags::write;
  return Descriptor(*host_, std::get<std::shared_ptr<os::File>>(std::move(*opened)), granted,
                    read_only_);
}

FileResult<std::string> Descriptor::readlink_at(const std::string& path) {
  REPRISE_ASSIGN(os::Directory * dir, directory());
  auto target = dir->read_link(path);
  if (!target) return refused(target.error());
  if (!is_text(*target)) return refused(ErrorCode::illegal_byte_sequence);
  return std::move(*target);
}

FileResult<void> Descriptor::remove_directory_at(const std::string& path) {
  REPRISE_ASSIGN(os::Directory * dir, mutable_directory());
  return outcome(dir->remove_directory(path));
}

FileResult<void> Descriptor::rename_at(const std::string& old_path, Descriptor& new_descriptor,
                                       const std::string& new_path) {
  REPRISE_ASSIGN(os::Directory * from, mutable_directory());
  REPRISE_ASSIGN(os::Directory * to, new_descriptor.mutable_directory());
  return outcome(from->rename(old_path, *to, new_path));
}

FileResult<void> Descriptor::symlink_at(const std::string& old_path, const std::string& new_path) {
  REPRISE_ASSIGN(os::Directory * dir, mutable_directory());
  return outcome(dir->symlink(old_path, new_path));
}

FileResult<void> Descriptor::unlink_file_at(const std::string& path) {
  REPRISE_ASSIGN(os::Directory * dir, mutable_directory());
  return outcome(dir->unlink(path));
}

bool Descriptor::is_same_object(Descriptor& other) {
  const auto mine = node().stat();
  const auto theirs = other.node().stat();
  return mine && theirs && mine->device == theirs->device && mine->inode == theirs->inode;
}

MetadataHash Descriptor::hash_of(const os::FileStat& stat) const {
  uint64_t lower = host_->hash_secret();
  uint64_t upper = ~lower;
  const uint64_t fields[] = {stat.device, stat.inode, stat.size,
                             static_cast<uint64_t>(stat.modified.seconds),
                             stat.modified.nanoseconds};
  for (const uint64_t field : fields) {
    lower = mix(lower ^ field);
    upper = mix(upper + field) ^ lower;
  }
  return {lower, upper};
}

FileResult<MetadataHash> Descriptor::metadata_hash() {
  const auto stat = node().stat();
  if (!stat) return refused(stat.error());
  return hash_of(*stat);
}

FileResult<MetadataHash> Descriptor::metadata_hash_at(PathFlags path_flags,
                                                      const std::string& path) {
  REPRISE_ASSIGN(os::Directory * dir, directory());
  const auto stat = dir->stat_at(path, last_link(path_flags));
  if (!stat) return refused(stat.error());
  return hash_of(*stat);
}

std::vector<std::pair<Descriptor, std::string>> get_directories(Host& host) {
  std::vector<std::pair<Descriptor, std::string>> directories;
  for (const Grant& grant : host.grants()) {
    directories.emplace_back(Descriptor(host, grant.directory, grant.read_only), grant.guest_path);
  }
  return directories;
}

}  // namespace reprise::wasi::p2
