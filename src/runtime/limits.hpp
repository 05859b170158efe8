// What a store may use, and who may refuse it more.
//
// `StoreLimits` are numbers fixed when a store is made. A `Limiter` is asked on top of them
// whenever a guest wants to grow something: the one moment between *plan* (what is wanted, as plain
// data) and *commit* (which cannot fail for a reason the limiter could have given). It answers at
// once, or says `later`: then the activation is parked, and asked again when it is resumed.

#pragma once

#include <cstdint>

#include "reprise/limits.hpp"
#include "runtime/value.hpp"

namespace reprise::runtime {

using StoreLimits = reprise::Limits;

/// Growth that a guest or the host has asked for. Sizes in pages of 64 KiB.
struct MemoryGrowth {
  MemoryId memory;
  uint64_t from = 0;
  uint64_t to = 0;
};

/// Sizes in elements.
struct TableGrowth {
  TableId table;
  uint64_t from = 0;
  uint64_t to = 0;
};

class Limiter {
 public:
  enum class Answer : uint8_t { allow, deny, later };

  virtual ~Limiter() = default;
  virtual Answer may_grow(const MemoryGrowth&) { return Answer::allow; }
  virtual Answer may_grow(const TableGrowth&) { return Answer::allow; }
  /// Told what came of every request that was answered; `grown` is false also when a maximum, a
  /// store limit or the operating system refused.
  virtual void outcome(const MemoryGrowth&, bool grown) { static_cast<void>(grown); }
  virtual void outcome(const TableGrowth&, bool grown) { static_cast<void>(grown); }
};

}  // namespace reprise::runtime
