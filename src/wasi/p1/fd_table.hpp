// The descriptor table of a WASI 0.1 program: small numbers for what it has open, the lowest free
// one given out first, 0 to 2 the standard streams and the preopened directories from 3 on.
//
// Rights are those of the specification: what a descriptor was opened with, less what the guest has
// given up (fd_fdstat_set_rights). They are for guests to restrain themselves. What the host
// grants is kept apart, in `read_only`, and no right lifts it.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/os/files.hpp"
#include "base/os/stdio.hpp"
#include "wasi/host.hpp"
#include "wasi/p1/types.hpp"

namespace reprise::wasi::p1 {

/// Descriptors that are open at a time; beyond, `mfile`.
inline constexpr size_t kMaxDescriptors = 65536;

/// What has been read of a directory so far: a cookie is a position in `entries`.
struct Listing {
  std::vector<DirEntry> entries;
  std::unique_ptr<os::DirectoryReader> reader;
};

struct OpenFd {
  // Either a directory, or a file, or a stream's one end; a file that cannot seek is a stream, too.
  std::shared_ptr<os::Directory> directory;
  std::shared_ptr<os::File> file;
  std::shared_ptr<os::ByteSource> source;
  std::shared_ptr<os::ByteSink> sink;
  Rights rights_base = Rights::none;
  Rights rights_inheriting = Rights::none;
  uint16_t flags = 0;
  /// Where the next fd_read or fd_write happens in a file.
  uint64_t position = 0;
  bool read_only = false;
  /// The guest's name for a preopened directory.
  std::optional<std::string> preopen;
  Listing listing;

  bool is_stream() const { return source || sink; }
  FileType filetype() const;
};

/// The rights that mean something for a directory, for a file, and for a stream.
Rights directory_rights();
Rights file_rights();
Rights stream_rights();

/// Makes a descriptor of something that path_open opened.
OpenFd make_fd(os::Opened opened, bool readable, bool writable);

class FdTable {
 public:
  explicit FdTable(const Host& host);

  /// `badf` if it is not open.
  Outcome<OpenFd*> get(Fd fd);
  /// The same, and `notcapable` if it lacks any of the rights.
  Outcome<OpenFd*> get(Fd fd, Rights needed);
  Outcome<Fd> insert(OpenFd entry);
  Outcome<void> close(Fd fd);
  /// Moves a descriptor to the number of another, which is closed.
  Outcome<void> renumber(Fd from, Fd to);

 private:
  std::vector<std::unique_ptr<OpenFd>> entries_;
};

}  // namespace reprise::wasi::p1
