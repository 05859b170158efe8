// memory.atomic.wait and memory.atomic.notify (spec: threads, exec/instructions).
//
// A store belongs to one thread, so who waits must be parked, and woken by somebody else who runs
// there: another activation whose instance has the same memory, the embedder, or a timer. Who that
// can be is decided behind the WaitDoor. A store without one answers at once: a wait with a timeout
// has timed out, since nobody could have ended it; one without traps.
//
// What a wait was answered, and when it goes on, enters the store from outside. So when a run is
// recorded or replayed, the trace stands in front of the door (replay/wait_doors.hpp).

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/value.hpp"

namespace reprise::runtime {

struct AtomicWait {
  MemoryId memory;
  uint64_t address = 0;
  int64_t timeout = -1;  // nanoseconds; negative: for ever
};

class WaitDoor {
 public:
  enum class Answer : uint8_t {
    woken,
    timed_out,
    later,      // park; HostContext::parked says what for. Asking again gives the answer
    never,      // nobody could end it: trap
    cancelled,  // a replay has come to where the recorded run was cancelled: trap
  };

  virtual ~WaitDoor() = default;
  virtual Answer wait(const AtomicWait& wait, Asker asker) = 0;
  /// The asker's wait has parked, and it comes back for the answer.
  virtual bool is_waiting(Asker asker) const = 0;
  /// Wakes who has waited longest there, so many at most; gives how many there were.
  virtual uint32_t notify(MemoryId memory, uint64_t address, uint32_t count) = 0;
  /// The asker was cancelled.
  virtual void forget(Asker asker) = 0;
};

/// What a wait comes to where nobody could end it.
inline WaitDoor::Answer answer_alone(const AtomicWait& wait) {
  return wait.timeout < 0 ? WaitDoor::Answer::never : WaitDoor::Answer::timed_out;
}

/// Who waits, in the order in which they came.
class WaitQueue {
 public:
  void add(const AtomicWait& wait, Asker asker) { waiting_.push_back({wait, asker}); }
  void remove(Asker asker) {
    std::erase_if(waiting_, [asker](const Waiting& w) { return w.asker == asker; });
  }
  /// Takes out those that are woken.
  std::vector<Asker> notify(MemoryId memory, uint64_t address, uint32_t count) {
    std::vector<Asker> woken;
    std::erase_if(waiting_, [&](const Waiting& w) {
      if (woken.size() == count || w.wait.memory != memory || w.wait.address != address)
        return false;
      woken.push_back(w.asker);
      return true;
    });
    return woken;
  }

 private:
  struct Waiting {
    AtomicWait wait;
    Asker asker;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace reprise::runtime
