// Writing to a pipe nobody reads, without the signal that would end the process.

#pragma once

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cerrno>

namespace reprise::os {

/// While it lives, a write to a closed pipe gives EPIPE and no SIGPIPE to the process: the signal
/// is blocked in this thread, and if our write raised it (`raised()`), taken before it is
/// unblocked.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    already_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set_, &old_);
  }
  ~NoSigpipe() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

  void raised() {
    const timespec none{};
    while (!already_pending_ && sigtimedwait(&set_, nullptr, &none) < 0 && errno == EINTR) {
    }
  }

 private:
  sigset_t set_;
  sigset_t old_;
  bool already_pending_ = false;
};

}  // namespace reprise::os
