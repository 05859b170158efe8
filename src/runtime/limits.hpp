// What a store may use, and who may refuse it more.
//
// `StoreLimits` are numbers fixed when a store is made. A `GrowthDoor` is asked on top of them
// whenever something is to grow or be created: the one moment between *plan* (what is wanted, as
// plain data) and *commit* (which cannot fail for a reason that could have been asked about). It
// answers at once, or says `later`: then whoever asked is parked, and asks again when it is
// resumed.
//
// A door, because what it answers decides what a guest sees: behind it stands the embedder's
// limiter (embed/limiter_door.hpp), and in front of that, when a run is recorded or replayed, the
// trace (replay/growth_doors.hpp).

#pragma once

#include <cstdint>

#include "reprise/limiter.hpp"
#include "reprise/limits.hpp"
#include "runtime/value.hpp"

namespace reprise::runtime {

using StoreLimits = reprise::Limits;

/// Growth that a guest or the host has asked for. Sizes in pages of 64 KiB.
struct MemoryGrowth {
  MemoryId memory;
  uint64_t from = 0;
  uint64_t to = 0;

  ResourceRequest request() const {
    return {.what = ResourceRequest::What::memory, .index = memory.value, .from = from, .to = to};
  }
};

/// Sizes in elements.
struct TableGrowth {
  TableId table;
  uint64_t from = 0;
  uint64_t to = 0;

  ResourceRequest request() const {
    return {.what = ResourceRequest::What::table, .index = table.value, .from = from, .to = to};
  }
};

/// The heap's, in bytes.
struct HeapGrowth {
  uint64_t from = 0;
  uint64_t to = 0;

  ResourceRequest request() const {
    return {.what = ResourceRequest::What::heap, .index = 0, .from = from, .to = to};
  }
};

/// Who asked: an activation, or an operation of the host. Only compared.
using Asker = const void*;

class GrowthDoor {
 public:
  enum class Answer : uint8_t {
    allow,
    deny,
    later,      // park; HostContext::parked says what for. Asking again gives the answer
    cancelled,  // a replay has come to where the recorded run was cancelled: trap
  };

  virtual ~GrowthDoor() = default;
  virtual Answer ask(const ResourceRequest&, Asker) { return Answer::allow; }
  /// Told what came of every request that was answered; `done` is false also when a maximum, a
  /// store limit or the operating system refused.
  virtual void settled(const ResourceRequest&, bool done) { static_cast<void>(done); }
  /// Takes back what the asker waits for, if anything: it is cancelled.
  virtual void forget(Asker) {}
};

}  // namespace reprise::runtime
