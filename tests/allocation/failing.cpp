#include "failing.hpp"

#include <sys/types.h>

#include <cerrno>
#include <new>

// The linker's --wrap: calls of f from the objects of this program come to __wrap_f, and __real_f
// is f itself. NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
void* __real_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_mprotect(void* at, size_t size, int protection);
void* __real_realloc(void* old, size_t size);
void* __real_calloc(size_t count, size_t size);
int __real_memfd_create(const char* name, unsigned flags);
void* __real__Znwm(size_t size);
}

namespace reprise::testing {
namespace {

thread_local bool is_on = false;
thread_local bool failed = false;
thread_local uint64_t granted = 0;

bool grants() {
  if (!is_on) return true;
  if (granted == 0) {
    failed = true;
    errno = ENOMEM;
    return false;
  }
  --granted;
  return true;
}

}  // namespace

FailAfter::FailAfter(uint64_t count) {
  failed = false;
  granted = count;
  is_on = true;
}

FailAfter::~FailAfter() {
  is_on = false;
}

bool FailAfter::has_failed() {
  return failed;
}

}  // namespace reprise::testing

using reprise::testing::grants;
using reprise::testing::kGuestSized;

extern "C" {

void* __wrap_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (!grants()) return reinterpret_cast<void*>(-1);
  return __real_mmap(at, size, protection, flags, fd, offset);
}

int __wrap_mprotect(void* at, size_t size, int protection) {
  return grants() ? __real_mprotect(at, size, protection) : -1;
}

void* __wrap_realloc(void* old, size_t size) {
  return grants() ? __real_realloc(old, size) : nullptr;
}

void* __wrap_calloc(size_t count, size_t size) {
  return grants() ? __real_calloc(count, size) : nullptr;
}

int __wrap_memfd_create(const char* name, unsigned flags) {
  return grants() ? __real_memfd_create(name, flags) : -1;
}

void* __wrap__Znwm(size_t size) {
  if (size >= kGuestSized && !grants()) throw std::bad_alloc();
  return __real__Znwm(size);
}

}  // NOLINTEND(bugprone-reserved-identifier)
