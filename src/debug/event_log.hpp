// What the trace says of the calls across the border, as lines of text, and which of them a
// breakpoint on events means. Read from the trace itself: no guest needs to run for it.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "debug/state.hpp"

namespace reprise::debug {

class EventLog {
 public:
  /// `sync` sees to it that the file has everything that it is to have by now.
  EventLog(std::string trace, std::function<Result<void>()> sync)
      : trace_(std::move(trace)), sync_(std::move(sync)) {}

  /// Calls, and the beginnings and ends of calls into the guest, from event `first` on.
  Result<std::vector<HostCallLine>> lines(uint64_t first, size_t count) const;
  /// The last `before` lines of events below `event`, and the first `after` from there on.
  Result<std::vector<HostCallLine>> around(uint64_t event, size_t before, size_t after) const;
  /// The numbers of the events that the place means, ascending. Fails with `usage` if its regular
  /// expression is none.
  Result<std::vector<uint64_t>> matching(const EventPlace& place) const;
  /// Whether it means an event of which lines() would give this text.
  static bool matches(const EventPlace& place, std::string_view text);

  /// The first call into the guest behind `event`; no event has such a number if there is none.
  Result<uint64_t> next_guest_call(uint64_t event);
  /// The last one before `event`; 0 if there is none.
  Result<uint64_t> last_guest_call(uint64_t event);

 private:
  template <class Visit>
  Result<void> each(Visit visit) const;

  /// Of the events before `until`, and what follows them by now.
  Result<void> find_guest_calls(uint64_t until);

  std::string trace_;
  std::function<Result<void>()> sync_;
  /// The events of calls into the guest, before this one.
  uint64_t searched_ = 0;
  std::vector<uint64_t> guest_calls_;
};

}  // namespace reprise::debug
