// From the OS seams' vocabulary to that of WASI 0.1.

#include "wasi/p1/types.hpp"

#include "wasi/p1/times.hpp"

namespace reprise::wasi::p1 {

Errno to_errno(os::Errno error) {
  switch (error) {
#define REPRISE_ERRNO(name, posix, preview1, phrase) \
  case os::Errno::name:                              \
    return static_cast<Errno>(preview1);
#include "base/os/errno.def"
#undef REPRISE_ERRNO
  }
  return Errno::io;
}

FileType to_file_type(os::FileType type) {
  switch (type) {
    case os::FileType::block_device:
      return FileType::block_device;
    case os::FileType::character_device:
      return FileType::character_device;
    case os::FileType::directory:
      return FileType::directory;
    case os::FileType::symbolic_link:
      return FileType::symbolic_link;
    case os::FileType::regular_file:
      return FileType::regular_file;
    case os::FileType::socket:
      return FileType::socket_stream;
    case os::FileType::fifo:
    case os::FileType::unknown:
      return FileType::unknown;
  }
  return FileType::unknown;
}

FileStat to_file_stat(const os::FileStat& stat) {
  return {stat.device,
          stat.inode,
          to_file_type(stat.type),
          stat.link_count,
          stat.size,
          to_nanoseconds(stat.accessed),
          to_nanoseconds(stat.modified),
          to_nanoseconds(stat.changed)};
}

}  // namespace reprise::wasi::p1
