// How records number calls, and which call a result answers.
//
// Calls to the host are numbered in the order of their records, and calls into the guest likewise.
// A result that comes right after its call, as nearly all do, names no number: it answers the
// innermost open one. The writer's chunker and the reader follow the same rules with the code here.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "trace/record.hpp"

namespace reprise::trace {

/// What is known at a record's start about the events before it.
struct StreamCounts {
  uint64_t events = 0;
  uint64_t calls = 0;
  uint64_t guest_calls = 0;
  bool operator==(const StreamCounts&) const = default;
};

/// Calls that have no result yet, oldest first: what an implicit "innermost open call" refers to.
class OpenCalls {
 public:
  void open(uint64_t id) { ids_.push_back(id); }
  /// `reference` is 0 for the innermost, else id + 1. Gives the id, or nothing when none is open.
  std::optional<uint64_t> close(uint64_t reference);
  const std::vector<uint64_t>& ids() const { return ids_; }
  void reset(std::vector<uint64_t> ids) { ids_ = std::move(ids); }

 private:
  std::vector<uint64_t> ids_;
};

/// What a kind means for the numbering of calls.
enum class CallEffect : uint8_t {
  none,
  opens_call,
  closes_call,
  opens_guest_call,
  closes_guest_call
};
CallEffect call_effect(Kind kind);
/// The `call` field of a record that closes a call: its first field, except in `result`.
uint64_t call_reference(Kind kind, Bytes payload);

}  // namespace reprise::trace
