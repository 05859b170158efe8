// WASI 0.1, typed: the 46 functions of wasi_snapshot_preview1 from values to values.
//
// Lengths take the place of buffers: `fd_read(fd, length)` gives bytes, and whoever called spreads
// them over the guest's iovecs. A call may give or take less than asked for, as the specification
// allows, so what one call handles is limited and allocations follow the limits, not the guest.
//
// A function that can wait returns a Task: reading and writing streams, and poll_oneoff.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reprise/task.hpp"
#include "reprise/trap.hpp"
#include "wasi/host.hpp"
#include "wasi/p1/fd_table.hpp"
#include "wasi/p1/types.hpp"

namespace reprise::wasi::p1 {

/// Bytes that one read gives at most.
inline constexpr uint64_t kMaxRead = uint64_t{1} << 20;
/// Bytes that one random_get gives at most; beyond, `inval`.
inline constexpr uint32_t kMaxRandom = uint32_t{64} << 20;

class Preview1 {
 public:
  explicit Preview1(std::shared_ptr<Host> host) : host_(std::move(host)), table_(*host_) {}

  Outcome<std::vector<std::string>> args_get();
  Outcome<std::pair<uint32_t, uint32_t>> args_sizes_get();
  Outcome<std::vector<std::string>> environ_get();
  Outcome<std::pair<uint32_t, uint32_t>> environ_sizes_get();
  Outcome<uint64_t> clock_res_get(uint32_t clock);
  Outcome<uint64_t> clock_time_get(uint32_t clock, uint64_t precision);

  Outcome<void> fd_advise(Fd fd, uint64_t offset, uint64_t length, uint8_t advice);
  Outcome<void> fd_allocate(Fd fd, uint64_t offset, uint64_t length);
  Outcome<void> fd_close(Fd fd);
  Outcome<void> fd_datasync(Fd fd);
  Outcome<FdStat> fd_fdstat_get(Fd fd);
  Outcome<void> fd_fdstat_set_flags(Fd fd, uint16_t flags);
  Outcome<void> fd_fdstat_set_rights(Fd fd, Rights base, Rights inheriting);
  Outcome<FileStat> fd_filestat_get(Fd fd);
  Outcome<void> fd_filestat_set_size(Fd fd, uint64_t size);
  Outcome<void> fd_filestat_set_times(Fd fd, uint64_t accessed, uint64_t modified, uint16_t flags);
  Outcome<ByteList> fd_pread(Fd fd, uint64_t length, uint64_t offset);
  /// The length of a preopened directory's name; `badf` for other descriptors.
  Outcome<uint32_t> fd_prestat_get(Fd fd);
  Outcome<std::string> fd_prestat_dir_name(Fd fd, uint32_t length);
  Outcome<uint32_t> fd_pwrite(Fd fd, ByteList bytes, uint64_t offset);
  Task<Outcome<ByteList>> fd_read(Suspend& suspend, Fd fd, uint64_t length);
  /// Entries from `cookie` on that fill a buffer of `length` bytes, the last of them perhaps in
  /// part; fewer at the end.
  Outcome<std::vector<DirEntry>> fd_readdir(Fd fd, uint32_t length, uint64_t cookie);
  Outcome<void> fd_renumber(Fd fd, Fd to);
  Outcome<uint64_t> fd_seek(Fd fd, int64_t offset, uint8_t whence);
  Outcome<void> fd_sync(Fd fd);
  Outcome<uint64_t> fd_tell(Fd fd);
  Task<Outcome<uint32_t>> fd_write(Suspend& suspend, Fd fd, ByteList bytes);

  Outcome<void> path_create_directory(Fd fd, std::string path);
  Outcome<FileStat> path_filestat_get(Fd fd, uint32_t lookup_flags, std::string path);
  Outcome<void> path_filestat_set_times(Fd fd, uint32_t lookup_flags, std::string path,
                                        uint64_t accessed, uint64_t modified, uint16_t flags);
  Outcome<void> path_link(Fd old_fd, uint32_t old_flags, std::string old_path, Fd new_fd,
                          std::string new_path);
  Outcome<Fd> path_open(Fd fd, uint32_t lookup_flags, std::string path, uint16_t open_flags,
                        Rights rights_base, Rights rights_inheriting, uint16_t fd_flags);
  /// The first `length` bytes of it.
  Outcome<ByteList> path_readlink(Fd fd, std::string path, uint32_t length);
  Outcome<void> path_remove_directory(Fd fd, std::string path);
  Outcome<void> path_rename(Fd old_fd, std::string old_path, Fd new_fd, std::string new_path);
  Outcome<void> path_symlink(std::string old_path, Fd fd, std::string new_path);
  Outcome<void> path_unlink_file(Fd fd, std::string path);

  Task<Outcome<std::vector<Event>>> poll_oneoff(Suspend& suspend,
                                                std::vector<Subscription> subscriptions);
  /// Traps with the exit code.
  TrapOr<void> proc_exit(uint32_t code);
  Outcome<void> proc_raise(uint8_t signal);
  Outcome<void> sched_yield();
  Outcome<ByteList> random_get(uint32_t length);

  Outcome<Fd> sock_accept(Fd fd, uint16_t flags);
  Outcome<std::pair<ByteList, uint16_t>> sock_recv(Fd fd, uint64_t length, uint16_t flags);
  Outcome<uint32_t> sock_send(Fd fd, ByteList bytes, uint16_t flags);
  Outcome<void> sock_shutdown(Fd fd, uint8_t how);

 private:
  /// A file at positions; `isdir` for directories, `spipe` for streams.
  Outcome<OpenFd*> file(Fd fd, Rights needed);
  /// A directory to use paths in, after a look at the path itself.
  Outcome<OpenFd*> directory(Fd fd, Rights needed, const std::string& path);
  /// The same, if things may be changed in it.
  Outcome<OpenFd*> mutable_directory(Fd fd, Rights needed, const std::string& path);
  Outcome<void> not_a_socket(Fd fd);
  Outcome<uint32_t> write_file(OpenFd& entry, std::span<const uint8_t> bytes);
  /// `event` is one of this subscription that has yet to say what happened.
  Outcome<void> add_event(const Subscription& subscription, Event event, uint64_t started,
                          std::vector<Event>& events, os::WaitSet& wait);

  std::shared_ptr<Host> host_;
  FdTable table_;
};

}  // namespace reprise::wasi::p1
