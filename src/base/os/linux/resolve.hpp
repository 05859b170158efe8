// Paths that cannot escape: how a path relative to an open directory is resolved beneath it.
//
// Two ways to the same answer. KernelResolver asks openat2(2) with RESOLVE_BENEATH and
// RESOLVE_NO_MAGICLINKS: one system call, the kernel refuses every step outside, and it detects
// renames that race with `..` (EAGAIN). WalkResolver needs only openat: it opens one component at a
// time with O_PATH|O_NOFOLLOW, so that a component is a directory it now holds or a link it reads
// itself; it keeps the directories it came through on a stack, so that `..` pops a descriptor and
// never asks the file system who the parent is. What the names mean may change while it walks, but
// every descriptor on its stack was reached downward from the base, so no interleaving leads out.
// Cost: a system call or three for each component.
//
// Operations that create, remove or rename take a Parent: the directory that holds the last
// component, opened this way, and the last component by itself. It has no slash in it and is
// neither `.` nor
// `..`, and the calls they use (mkdirat, unlinkat, renameat2, ...) never follow a last component.

#pragma once

#include <fcntl.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/os/files.hpp"
#include "base/os/linux/fd.hpp"

namespace reprise::os {

/// Links that one resolution may follow, as in Linux (path_resolution(7)).
inline constexpr int kMaxLinks = 40;
/// Directories that one walk may hold open at a time.
inline constexpr size_t kMaxWalkDepth = 256;
/// Bytes of a path, with the terminating zero (PATH_MAX).
inline constexpr size_t kMaxPath = 4096;

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// openat beneath `base`. `flags` are those of open(2) without O_NOFOLLOW, which `last` decides:
  /// a link that is kept gives ELOOP, or with O_PATH the link itself. Modes of created files are
  /// 0666 less the umask.
  virtual Expected<OwnedFd> open(int base, std::string_view path, int flags, LastLink last) = 0;
};

std::unique_ptr<Resolver> make_resolver(Containment containment);

/// A path's last component and the directory that holds it.
struct Parent {
  int directory = -1;  // open while `owned` (or the base it came from) is
  std::string name;
  bool trailing_slash = false;
  OwnedFd owned;
};

/// Refuses what no operation takes: an empty path, a zero byte, an absolute or an overlong path.
Expected<void> check_path(std::string_view path);

/// Splits `path`. One whose last component is `.` or `..` has no parent in this sense: it gives
/// `special` (after making sure that it lies beneath the base and exists).
Expected<Parent> resolve_parent(Resolver& resolver, int base, std::string_view path, Errno special);

}  // namespace reprise::os
