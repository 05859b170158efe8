#include "trace/ring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <new>
#include <thread>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "trace/os_error.hpp"

namespace reprise::trace {
namespace {

// A ring that stands at `path` belongs to a recording that was killed, which starting over to the
// same trace gives up, or to one that is going on, which holds a lock on it.
Result<void> remove_dead_ring(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return errno == ENOENT ? ok() : Result<void>(os_error("open the ring", path));
  const bool dead = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  if (dead) ::unlink(path.c_str());
  ::close(fd);
  if (dead) return ok();
  return fail(ErrorKind::usage, "another recording is running with the ring " + path);
}

Result<int> open_ring_file(const std::string& path, uint64_t size) {
  int fd;
  if (path.empty()) {
    fd = ::memfd_create("reprise-ring", MFD_CLOEXEC);
  } else {
    REPRISE_TRY(remove_dead_ring(path));
    fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) ::flock(fd, LOCK_EX | LOCK_NB);
  }
  if (fd < 0) return os_error("create the ring", path);
  // Every page now, so that none can be missing when the guest's thread stores to it.
  int error;
  do {
    error = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
  } while (error == EINTR);
  if (error != 0) {
    ::close(fd);
    if (!path.empty()) ::unlink(path.c_str());
    return os_error("allocate the ring", path, error);
  }
  return fd;
}

// The rings of this process, for the signal handler: which is why they are global and take no lock.
// A ring leaves when no handler looks at the list.
constinit std::array<std::atomic<Ring*>, kMaxProtectedRings> protected_rings;
constinit std::atomic<int> handlers_looking;

void protect(Ring* ring) {
  for (std::atomic<Ring*>& place : protected_rings) {
    Ring* free = nullptr;
    if (place.compare_exchange_strong(free, ring)) return;
  }
}

void unprotect(Ring* ring) {
  for (std::atomic<Ring*>& place : protected_rings) {
    Ring* expected = ring;
    if (!place.compare_exchange_strong(expected, nullptr)) continue;
    while (handlers_looking.load() != 0) std::this_thread::yield();
    return;
  }
}

}  // namespace

bool absorb_ring_fault(const void* address) noexcept {
  handlers_looking.fetch_add(1);
  bool absorbed = false;
  for (std::atomic<Ring*>& place : protected_rings) {
    Ring* const ring = place.load();
    absorbed = ring != nullptr && ring->absorb_fault(address);
    if (absorbed) break;
  }
  handlers_looking.fetch_sub(1);
  return absorbed;
}

Result<std::unique_ptr<Ring>> Ring::create(const Options& options) {
  const uint64_t capacity = options.capacity;
  if (!std::has_single_bit(capacity) || capacity < kMinRingCapacity ||
      capacity > kMaxRingCapacity) {
    return fail(ErrorKind::usage,
                fmt::format("a ring has a power of two of bytes between {} and {}, not {}",
                            kMinRingCapacity, kMaxRingCapacity, capacity));
  }
  REPRISE_ASSIGN(const int fd, open_ring_file(options.path, kRingPageSize + capacity));
  std::unique_ptr<Ring> ring(new Ring);
  ring->fd_ = fd;
  ring->path_ = options.path;
  ring->capacity_ = capacity;
  ring->mask_ = capacity - 1;
  const auto give_up = [&](int error) {
    ring->unlink();
    return os_error("map the ring", options.path, error);
  };

  // One reservation, then the page with the data behind it, then the data once more.
  ring->mapped_ = kRingPageSize + 2 * capacity;
  void* base = ::mmap(nullptr, ring->mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return give_up(errno);
  ring->mapping_ = static_cast<uint8_t*>(base);
  ring->data_ = ring->mapping_ + kRingPageSize;
  constexpr int kProtection = PROT_READ | PROT_WRITE;
  constexpr int kFlags = MAP_SHARED | MAP_FIXED | MAP_POPULATE;
  if (::mmap(base, kRingPageSize + capacity, kProtection, kFlags, fd, 0) == MAP_FAILED ||
      ::mmap(ring->data_ + capacity, capacity, kProtection, kFlags, fd, kRingPageSize) ==
          MAP_FAILED) {
    return give_up(errno);
  }

  ring->page_ = new (base) RingPage{};
  RingPage& page = *ring->page_;
  page.version = 1;
  page.stream = options.stream;
  page.capacity = capacity;
  page.session = options.session;
  page.trace_length = static_cast<uint32_t>(std::min(options.trace.size(), RingPage::kTraceLimit));
  std::memcpy(page.trace, options.trace.data(), page.trace_length);
  // The magic last: a ring file with it is whole.
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(page.magic, kRingMagic, sizeof kRingMagic);
  protect(ring.get());
  return ring;
}

Ring::~Ring() {
  unprotect(this);
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
  if (fd_ >= 0) ::close(fd_);
}

void Ring::set_state(RingState state, std::string_view reason) {
  page_->reason_length = static_cast<uint32_t>(std::min(reason.size(), RingPage::kReasonLimit));
  std::copy_n(reason.data(), page_->reason_length, page_->reason);
  page_->state.store(static_cast<uint64_t>(state), std::memory_order_release);
}

void Ring::unlink() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

bool Ring::absorb_fault(const void* address) noexcept {
  const auto* p = static_cast<const uint8_t*>(address);
  if (p < mapping_ || p >= mapping_ + mapped_) return false;
  void* const got = ::mmap(mapping_, mapped_, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (got == MAP_FAILED) return false;
  faulted_.store(true, std::memory_order_release);
  return true;
}

Result<std::unique_ptr<Ring>> Ring::create_at_first(std::span<const std::string> paths,
                                                    Options options) {
  for (size_t i = 0; i + 1 < paths.size(); ++i) {
    options.path = paths[i];
    auto ring = create(options);
    // A ring that is in use says that the trace is, too.
    if (!ring && ring.error().kind == ErrorKind::usage) return ring;
    if (!ring) continue;
    for (const std::string& other : paths.subspan(i + 1)) REPRISE_TRY(remove_dead_ring(other));
    return ring;
  }
  if (!paths.empty()) options.path = paths.back();
  return create(options);
}

std::vector<std::string> ring_paths(const std::string& trace_path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(trace_path, error);
  const std::string full = error ? trace_path : absolute.lexically_normal().string();
  const Sha256Digest digest = sha256(as_bytes(full));
  return {
      fmt::format("/dev/shm/reprise-{}-{}.ring", ::getuid(), to_hex(Bytes(digest).first(8))),
      full + ".ring",
  };
}

std::string find_ring(const std::string& trace_path) {
  const std::vector<std::string> paths = ring_paths(trace_path);
  for (const std::string& path : paths)
    if (::access(path.c_str(), F_OK) == 0) return path;
  return {};
}

SessionId make_session_id() {
  SessionId id;
  size_t done = 0;
  while (done < id.size()) {
    const ssize_t n = ::getrandom(id.data() + done, id.size() - done, 0);
    if (n < 0 && errno == EINTR) continue;
    REPRISE_CHECK(n > 0);
    done += static_cast<size_t>(n);
  }
  return id;
}

}  // namespace reprise::trace
