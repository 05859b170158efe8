// A world out of reach, for LD_PRELOAD: a process that asks for the time, for random bytes, for a
// socket or for sleep dies at once (SIGSYS, or SIGSEGV where the processor's clock is read).
//
// The C library's functions are replaced, because the kernel answers clocks without a system call;
// the calls themselves are trapped too, for whoever makes them directly; and on x86 the instruction
// that reads the processor's clock is forbidden.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace {

// A sanitizer's own start looks at the clock, before this library's constructor.
bool armed = false;

void die(const char* name) {
  if (!armed) return;
  (void)!::write(2, "asked the world: ", 17);
  (void)!::write(2, name, std::strlen(name));
  (void)!::write(2, "\n", 1);
  ::signal(SIGSYS, SIG_DFL);
  ::raise(SIGSYS);
  ::_exit(159);
}

constexpr int kForbidden[] = {
    SYS_clock_gettime, SYS_gettimeofday, SYS_clock_nanosleep,
    SYS_nanosleep,     SYS_getrandom,    SYS_socket,
    SYS_connect,       SYS_bind,         SYS_inotify_init1,
#ifdef SYS_time
    SYS_time,
#endif
};

__attribute__((constructor)) void leave_the_world() {
  armed = true;
  constexpr size_t kCount = sizeof kForbidden / sizeof *kForbidden;
  sock_filter program[1 + 2 * kCount + 1];
  size_t n = 0;
  program[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (const int number : kForbidden) {
    program[n++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1);
    program[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  }
  program[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog filter{static_cast<unsigned short>(n), program};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Where a sandbox forbids filters, what follows still holds.
  (void)::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
#ifdef __x86_64__
  (void)::prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
#endif
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  die("clock_gettime");
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}
int gettimeofday(timeval* time, void* zone) noexcept {
  die("gettimeofday");
  return static_cast<int>(::syscall(SYS_gettimeofday, time, zone));
}
time_t time(time_t* out) noexcept {
  timespec now{};
  die("time");
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
ssize_t getrandom(void* bytes, size_t size, unsigned flags) {
  die("getrandom");
  return ::syscall(SYS_getrandom, bytes, size, flags);
}
int getentropy(void* bytes, size_t size) {
  die("getentropy");
  return ::syscall(SYS_getrandom, bytes, size, 0) == static_cast<long>(size) ? 0 : -1;
}
int nanosleep(const timespec* wanted, timespec* left) {
  die("nanosleep");
  return static_cast<int>(::syscall(SYS_nanosleep, wanted, left));
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* wanted, timespec* left) {
  die("clock_nanosleep");
  return static_cast<int>(::syscall(SYS_clock_nanosleep, clock, flags, wanted, left));
}
}
