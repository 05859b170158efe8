// The operating system's side of reservations: mmap, mprotect, madvise.

#include "runtime/reservation.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.hpp"

namespace reprise::runtime {

namespace {

std::unexpected<Error> refused(const char* what, size_t size) {
  return fail(ErrorKind::limit, std::string("the system refused to ") + what + " " +
                                    std::to_string(size) +
                                    " bytes of memory: " + std::strerror(errno));
}

}  // namespace

size_t Reservation::rounded(size_t size) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

Reservation::~Reservation() {
  if (base_ != nullptr) munmap(base_, size_);
}

Result<Reservation> Reservation::reserve(size_t size) {
  Reservation r;
  r.size_ = rounded(size == 0 ? 1 : size);
  if (r.size_ < size) return fail(ErrorKind::limit, "reservation larger than the address space");
  void* p = mmap(nullptr, r.size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) {
    r.size_ = 0;
    return fail(ErrorKind::limit, "the system refused to reserve " + std::to_string(size) +
                                      " bytes of address space: " + std::strerror(errno));
  }
  r.base_ = static_cast<uint8_t*>(p);
  return r;
}

Result<void> Reservation::commit(size_t size) {
  size = rounded(size);
  REPRISE_CHECK(size <= size_);
  if (size <= committed_) return ok();
  if (mprotect(base_ + committed_, size - committed_, PROT_READ | PROT_WRITE) != 0)
    return refused("commit", size);
  committed_ = size;
  return ok();
}

Result<void> Reservation::protect_beyond(size_t size) {
  size = rounded(size);
  if (size >= committed_) return ok();
  // New pages, rather than protected old ones: they are empty, and no accounting remembers them.
  if (mmap(base_ + size, committed_ - size, PROT_NONE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
    return refused("protect", committed_ - size);
  committed_ = size;
  return ok();
}

Result<void> Reservation::map(int fd, size_t begin, size_t size) {
  REPRISE_CHECK(begin + size <= committed_);
  if (mmap(base_ + begin, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
      MAP_FAILED)
    return refused("map", size);
  return ok();
}

Result<void> Reservation::unmap(size_t begin, size_t size) {
  REPRISE_CHECK(begin + size <= committed_);
  if (mmap(base_ + begin, size, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
    return refused("unmap", size);
  return ok();
}

void Reservation::discard(size_t size) {
  size = rounded(size);
  if (size > committed_) size = committed_;
  if (size != 0 && madvise(base_, size, MADV_DONTNEED) != 0) std::memset(base_, 0, size);
}

}  // namespace reprise::runtime
