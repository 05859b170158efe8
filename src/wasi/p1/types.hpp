// The values of WASI 0.1 (wasi_snapshot_preview1), as the host sees them: no pointers, no iovecs.
// What is recorded of a 0.1 program are these; how they lie in a guest's memory is abi.hpp's
// concern.

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/os/files.hpp"
#include "reprise/values.hpp"

namespace reprise::wasi::p1 {

using Fd = uint32_t;
using ByteList = std::vector<uint8_t>;

enum class Errno : uint16_t {
#define REPRISE_P1_ERRNO(name) name,
#include "wasi/p1/errno.def"
#undef REPRISE_P1_ERRNO
};
inline constexpr size_t kErrnoCount = 77;

template <class T>
using Outcome = std::expected<T, Errno>;

Errno to_errno(os::Errno error);

enum class FileType : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  regular_file,
  socket_dgram,
  socket_stream,
  symbolic_link,
};
FileType to_file_type(os::FileType type);

enum class Rights : uint64_t {
  none = 0,
  fd_datasync = 1 << 0,
  fd_read = 1 << 1,
  fd_seek = 1 << 2,
  fd_fdstat_set_flags = 1 << 3,
  fd_sync = 1 << 4,
  fd_tell = 1 << 5,
  fd_write = 1 << 6,
  fd_advise = 1 << 7,
  fd_allocate = 1 << 8,
  path_create_directory = 1 << 9,
  path_create_file = 1 << 10,
  path_link_source = 1 << 11,
  path_link_target = 1 << 12,
  path_open = 1 << 13,
  fd_readdir = 1 << 14,
  path_readlink = 1 << 15,
  path_rename_source = 1 << 16,
  path_rename_target = 1 << 17,
  path_filestat_get = 1 << 18,
  path_filestat_set_size = 1 << 19,
  path_filestat_set_times = 1 << 20,
  fd_filestat_get = 1 << 21,
  fd_filestat_set_size = 1 << 22,
  fd_filestat_set_times = 1 << 23,
  path_symlink = 1 << 24,
  path_remove_directory = 1 << 25,
  path_unlink_file = 1 << 26,
  poll_fd_readwrite = 1 << 27,
  sock_shutdown = 1 << 28,
  sock_accept = 1 << 29,
  all = (1 << 30) - 1,
};
constexpr Rights operator|(Rights a, Rights b) {
  return static_cast<Rights>(static_cast<uint64_t>(a) | static_cast<uint64_t>(b));
}
constexpr Rights operator&(Rights a, Rights b) {
  return static_cast<Rights>(static_cast<uint64_t>(a) & static_cast<uint64_t>(b));
}
constexpr Rights operator~(Rights a) {
  return static_cast<Rights>(~static_cast<uint64_t>(a)) & Rights::all;
}
constexpr bool any(Rights a) {
  return a != Rights::none;
}

// Flags of arguments stay numbers: a guest may pass bits that mean nothing, and gets `inval`.
inline constexpr uint16_t kFdAppend = 1;
inline constexpr uint16_t kFdDsync = 2;
inline constexpr uint16_t kFdNonblock = 4;
inline constexpr uint16_t kFdRsync = 8;
inline constexpr uint16_t kFdSync = 16;
inline constexpr uint16_t kFdAll = 31;
inline constexpr uint16_t kOpenCreate = 1;
inline constexpr uint16_t kOpenDirectory = 2;
inline constexpr uint16_t kOpenExclusive = 4;
inline constexpr uint16_t kOpenTruncate = 8;
inline constexpr uint16_t kOpenAll = 15;
inline constexpr uint32_t kLookupFollow = 1;
inline constexpr uint16_t kTimeAccessed = 1;
inline constexpr uint16_t kTimeAccessedNow = 2;
inline constexpr uint16_t kTimeModified = 4;
inline constexpr uint16_t kTimeModifiedNow = 8;
inline constexpr uint16_t kTimeAll = 15;
inline constexpr uint16_t kClockAbsolute = 1;

/// Bytes in a guest's memory.
inline constexpr uint64_t kDirentSize = 24, kEventSize = 32;

inline constexpr uint32_t kClockRealtime = 0;
inline constexpr uint32_t kClockMonotonic = 1;

enum class Whence : uint8_t { set, cur, end };

struct FdStat {
  FileType filetype = FileType::unknown;
  uint16_t flags = 0;
  Rights rights_base = Rights::none;
  Rights rights_inheriting = Rights::none;
};

/// Times in nanoseconds since 1970.
struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  FileType filetype = FileType::unknown;
  uint64_t link_count = 0;
  uint64_t size = 0;
  uint64_t accessed = 0;
  uint64_t modified = 0;
  uint64_t changed = 0;
};
FileStat to_file_stat(const os::FileStat& stat);

struct DirEntry {
  /// The cookie with which reading goes on behind this entry.
  uint64_t next = 0;
  uint64_t inode = 0;
  FileType filetype = FileType::unknown;
  std::string name;
};

struct ClockSubscription {
  uint32_t clock = 0;
  uint64_t timeout = 0;
  uint64_t precision = 0;
  uint16_t flags = 0;
};
struct FdSubscription {
  Fd fd = 0;
};
/// The same, to be told apart from reading.
struct FdWriteSubscription {
  Fd fd = 0;
};
/// A tag that means nothing.
struct UnknownSubscription {
  uint8_t tag = 0;
};
/// Without the userdata that a guest gives with it: that is for the guest alone, and often an
/// address, which a rebuilt guest need not have in common with the recorded one.
using Subscription =
    std::variant<ClockSubscription, FdSubscription, FdWriteSubscription, UnknownSubscription>;

enum class EventType : uint8_t { clock, fd_read, fd_write };
struct Event {
  /// Which one of the list; its userdata is given back with the event.
  uint32_t subscription = 0;
  Errno error = Errno::success;
  EventType type = EventType::clock;
  /// For descriptors: bytes that can be read or written, and whether the peer hung up.
  uint64_t available = 0;
  bool hangup = false;
};

}  // namespace reprise::wasi::p1

REPRISE_ENUM(reprise::wasi::p1::Errno, success, toobig, acces, addrinuse, addrnotavail, afnosupport,
             again, already, badf, badmsg, busy, canceled, child, connaborted, connrefused,
             connreset, deadlk, destaddrreq, dom, dquot, exist, fault, fbig, hostunreach, idrm,
             ilseq, inprogress, intr, inval, io, isconn, isdir, loop, mfile, mlink, msgsize,
             multihop, nametoolong, netdown, netreset, netunreach, nfile, nobufs, nodev, noent,
             noexec, nolck, nolink, nomem, nomsg, noprotoopt, nospc, nosys, notconn, notdir,
             notempty, notrecoverable, notsock, notsup, notty, nxio, overflow, ownerdead, perm,
             pipe, proto, protonosupport, prototype, range, rofs, spipe, srch, stale, timedout,
             txtbsy, xdev, notcapable)
REPRISE_ENUM(reprise::wasi::p1::FileType, unknown, block_device, character_device, directory,
             regular_file, socket_dgram, socket_stream, symbolic_link)
REPRISE_FLAGS(reprise::wasi::p1::Rights, fd_datasync, fd_read, fd_seek, fd_fdstat_set_flags,
              fd_sync, fd_tell, fd_write, fd_advise, fd_allocate, path_create_directory,
              path_create_file, path_link_source, path_link_target, path_open, fd_readdir,
              path_readlink, path_rename_source, path_rename_target, path_filestat_get,
              path_filestat_set_size, path_filestat_set_times, fd_filestat_get,
              fd_filestat_set_size, fd_filestat_set_times, path_symlink, path_remove_directory,
              path_unlink_file, poll_fd_readwrite, sock_shutdown, sock_accept)
REPRISE_RECORD(reprise::wasi::p1::FdStat, filetype, flags, rights_base, rights_inheriting)
REPRISE_RECORD(reprise::wasi::p1::FileStat, device, inode, filetype, link_count, size, accessed,
               modified, changed)
REPRISE_RECORD(reprise::wasi::p1::DirEntry, next, inode, filetype, name)
REPRISE_RECORD(reprise::wasi::p1::ClockSubscription, clock, timeout, precision, flags)
REPRISE_RECORD(reprise::wasi::p1::FdSubscription, fd)
REPRISE_RECORD(reprise::wasi::p1::FdWriteSubscription, fd)
REPRISE_RECORD(reprise::wasi::p1::UnknownSubscription, tag)
REPRISE_VARIANT(reprise::wasi::p1::Subscription, clock, fd_read, fd_write, unknown)
REPRISE_ENUM(reprise::wasi::p1::EventType, clock, fd_read, fd_write)
REPRISE_RECORD(reprise::wasi::p1::Event, subscription, error, type, available, hangup)
