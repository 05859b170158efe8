// Writing without the signals that would end the process: SIGPIPE for a pipe that nobody reads,
// SIGXFSZ for a file that has reached the process's limit (`ulimit -f`).

#pragma once

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cerrno>

namespace reprise::os {

/// While it lives, a write that fails with EPIPE or EFBIG does just that: the signals are blocked
/// in this thread, and if our write raised one (`raised()`), it is taken before it is unblocked.
class NoWriteSignals {
 public:
  NoWriteSignals() {
    sigset_t pending, blocked;
    sigpending(&pending);
    sigemptyset(&ours_);
    sigemptyset(&blocked);
    for (const int signal : {SIGPIPE, SIGXFSZ}) {
      sigaddset(&blocked, signal);
      if (sigismember(&pending, signal) != 1) sigaddset(&ours_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &blocked, &old_);
  }
  ~NoWriteSignals() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }
  NoWriteSignals(const NoWriteSignals&) = delete;
  NoWriteSignals& operator=(const NoWriteSignals&) = delete;

  void raised() {
    const int error = errno;
    const timespec none{};
    while (sigtimedwait(&ours_, nullptr, &none) < 0 && errno == EINTR) {
    }
    errno = error;
  }

 private:
  sigset_t ours_;  // those that were not pending before
  sigset_t old_;
};

}  // namespace reprise::os
