// The two resolvers, and the split of a path into parent and name.

#include "base/os/linux/resolve.hpp"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <vector>

namespace reprise::os {

namespace {

constexpr mode_t kNewFileMode = 0666;
/// How often a resolution that raced with a rename is tried again before the walk takes over.
constexpr int kMaxRaces = 16;

long openat2(int base, const char* path, const open_how& how) {
  return syscall(SYS_openat2, base, path, &how, sizeof how);
}

/// Opens exactly one component, never following it.
int open_component(int directory, const std::string& name, int flags) {
  int fd = -1;
  do {
    fd = openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, kNewFileMode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Expected<std::string> read_link_at(int directory, const std::string& name) {
  std::array<char, kMaxPath> target{};
  const ssize_t n = readlinkat(directory, name.c_str(), target.data(), target.size());
  if (n < 0) return std::unexpected(from_posix(errno));
  if (static_cast<size_t>(n) == target.size()) return std::unexpected(Errno::name_too_long);
  return std::string(target.data(), static_cast<size_t>(n));
}

class Walk {
 public:
  Walk(int base, int flags, LastLink last) : base_(base), flags_(flags), last_(last) {}

  Expected<OwnedFd> run(std::string_view path) {
    if (auto pushed = push_components(path); !pushed) return std::unexpected(pushed.error());
    while (true) {
      if (pending_.empty()) return open_here();
      const std::string name = std::move(pending_.back());
      pending_.pop_back();
      if (name == ".") continue;
      if (name == "..") {
        if (stack_.empty()) return std::unexpected(Errno::not_permitted);
        stack_.pop_back();
        continue;
      }
      if (is_last()) {
        auto opened = open_last(name);
        if (opened && !opened->is_open()) continue;  // it was a link, now pending
        return opened;
      }
      if (auto entered = enter(name); !entered) return std::unexpected(entered.error());
    }
  }

 private:
  int here() const { return stack_.empty() ? base_ : stack_.back().get(); }

  bool is_last() const { return pending_.empty(); }

  /// Puts the components of `path` before those that are pending.
  Expected<void> push_components(std::string_view path) {
    total_ += path.size() + 1;
    if (total_ > kMaxLinks * kMaxPath) return std::unexpected(Errno::name_too_long);
    std::vector<std::string> reversed;
    if (path.ends_with('/')) reversed.emplace_back(".");  // a trailing slash asks for a directory
    while (!path.empty()) {
      const size_t slash = path.rfind('/');
      const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
      if (!name.empty()) reversed.emplace_back(name);
      path = slash == path.npos ? std::string_view{} : path.substr(0, slash);
    }
    pending_.insert(pending_.end(), reversed.begin(), reversed.end());
    return {};
  }

  Expected<void> follow(int directory, const std::string& name) {
    auto target = read_link_at(directory, name);
    if (!target) return std::unexpected(target.error());
    if (++links_ > kMaxLinks) return std::unexpected(Errno::loop);
    if (target->empty()) return std::unexpected(Errno::no_entry);
    if (target->starts_with('/')) return std::unexpected(Errno::not_permitted);
    return push_components(*target);
  }

  /// Goes down into a directory, or makes a link's components the next ones.
  Expected<void> enter(const std::string& name) {
    OwnedFd next(open_component(here(), name, O_PATH));
    if (!next.is_open()) return std::unexpected(from_posix(errno));
    struct stat info{};
    if (fstat(next.get(), &info) != 0) return std::unexpected(from_posix(errno));
    // An empty name reads the link that the descriptor holds: the very one that was looked at.
    if (S_ISLNK(info.st_mode)) return follow(next.get(), "");
    if (!S_ISDIR(info.st_mode)) return std::unexpected(Errno::not_directory);
    if (stack_.size() == kMaxWalkDepth) return std::unexpected(Errno::name_too_long);
    stack_.push_back(std::move(next));
    return {};
  }

  /// Opens the last component; a closed descriptor says that it was a link to follow.
  Expected<OwnedFd> open_last(const std::string& name) {
    const bool path_only = (flags_ & O_PATH) != 0;
    const int flags = path_only ? flags_ & ~O_DIRECTORY : flags_;
    OwnedFd fd(open_component(here(), name, flags));
    if (!fd.is_open()) {
      const int error = errno;
      const bool maybe_link = error == ELOOP || (error == ENOTDIR && (flags & O_DIRECTORY) != 0);
      if (!maybe_link || last_ == LastLink::keep) return std::unexpected(from_posix(error));
      if (auto followed = follow(here(), name); !followed) {
        // Not a link (any more): the first answer stands.
        return std::unexpected(followed.error() == Errno::invalid ? from_posix(error)
                                                                  : followed.error());
      }
      return OwnedFd();
    }
    if (!path_only) return fd;
    struct stat info{};
    if (fstat(fd.get(), &info) != 0) return std::unexpected(from_posix(errno));
    if (S_ISLNK(info.st_mode) && last_ == LastLink::follow) {
      if (auto followed = follow(fd.get(), ""); !followed) {
        return std::unexpected(followed.error());
      }
      return OwnedFd();
    }
    if ((flags_ & O_DIRECTORY) != 0 && !S_ISDIR(info.st_mode)) {
      return std::unexpected(Errno::not_directory);
    }
    return fd;
  }

  /// The path ended in a directory that the walk stands in: `.`, `a/..`, `a/`.
  Expected<OwnedFd> open_here() {
    if ((flags_ & O_CREAT) != 0) {
      return std::unexpected((flags_ & O_EXCL) != 0 ? Errno::exist : Errno::is_directory);
    }
    OwnedFd fd(open_component(here(), ".", flags_));
    if (!fd.is_open()) return std::unexpected(from_posix(errno));
    return fd;
  }

  const int base_;
  const int flags_;
  const LastLink last_;
  std::vector<OwnedFd> stack_;        // from below the base to where the walk stands
  std::vector<std::string> pending_;  // next component last
  size_t total_ = 0;
  int links_ = 0;
};

class WalkResolver final : public Resolver {
 public:
  Expected<OwnedFd> open(int base, std::string_view path, int flags, LastLink last) override {
    return Walk(base, flags, last).run(path);
  }
};

class KernelResolver final : public Resolver {
 public:
  Expected<OwnedFd> open(int base, std::string_view path, int flags, LastLink last) override {
    open_how how{};
    how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
    if (last == LastLink::keep) how.flags |= O_NOFOLLOW;
    if ((flags & O_CREAT) != 0) how.mode = kNewFileMode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const std::string name(path);
    for (int races = 0; races < kMaxRaces;) {
      OwnedFd fd(static_cast<int>(openat2(base, name.c_str(), how)));
      if (fd.is_open()) return fd;
      if (errno == EXDEV) return std::unexpected(Errno::not_permitted);
      if (errno == EAGAIN) {
        ++races;
      } else if (errno != EINTR) {
        return std::unexpected(from_posix(errno));
      }
    }
    return Walk(base, flags, last).run(path);
  }
};

}  // namespace

Containment best_containment() {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const OwnedFd fd(static_cast<int>(openat2(AT_FDCWD, ".", how)));
  return fd.is_open() ? Containment::kernel : Containment::walk;
}

std::unique_ptr<Resolver> make_resolver(Containment containment) {
  if (containment == Containment::kernel) return std::make_unique<KernelResolver>();
  return std::make_unique<WalkResolver>();
}

Expected<void> check_path(std::string_view path) {
  if (path.empty()) return std::unexpected(Errno::no_entry);
  if (path.starts_with('/')) return std::unexpected(Errno::not_permitted);
  if (path.size() >= kMaxPath) return std::unexpected(Errno::name_too_long);
  if (path.find('\0') != path.npos) return std::unexpected(Errno::invalid);
  return {};
}

Expected<Parent> resolve_parent(Resolver& resolver, int base, std::string_view path,
                                Errno special) {
  if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
  Parent parent;
  std::string_view rest = path;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  parent.trailing_slash = rest.size() != path.size();
  const size_t slash = rest.rfind('/');
  parent.name = slash == rest.npos ? rest : rest.substr(slash + 1);
  constexpr int kHold = O_PATH | O_DIRECTORY;
  if (parent.name == "." || parent.name == "..") {
    auto opened = resolver.open(base, rest, kHold, LastLink::follow);
    return std::unexpected(opened ? special : opened.error());
  }
  if (slash == rest.npos) {
    parent.directory = base;
    return parent;
  }
  auto opened = resolver.open(base, rest.substr(0, slash), kHold, LastLink::follow);
  if (!opened) return std::unexpected(opened.error());
  parent.owned = std::move(*opened);
  parent.directory = parent.owned.get();
  return parent;
}

}  // namespace reprise::os
