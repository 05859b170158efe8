// The breakpoints and watchpoints that are set.

#pragma once

#include <vector>

#include "debug/event_log.hpp"
#include "debug/modules.hpp"
#include "debug/stop.hpp"

namespace reprise::debug {

class Places {
 public:
  Places(const ModuleSet& modules, const EventLog& log) : modules_(modules), log_(log) {}

  Result<Breakpoint> add(Breakpoint breakpoint);
  /// Fails with `usage` if there are no bytes to watch.
  Result<Watchpoint> add(WatchPlace place, std::string text);
  Result<void> remove(uint32_t id);
  Result<void> set_enabled(uint32_t id, bool enabled);
  Breakpoint* find(uint32_t id);
  Watchpoint* find_watchpoint(uint32_t id);

  const std::vector<Breakpoint>& breakpoints() const { return breakpoints_; }
  const std::vector<Watchpoint>& watchpoints() const { return watchpoints_; }

  /// Some place is enabled that only a look at each instruction finds.
  bool needs_observing() const;
  /// Some breakpoint on events is enabled.
  bool watches_events() const;
  /// The trace has grown: looks again which events are meant.
  Result<void> refresh();
  /// The next event, at or behind `event`, that an enabled breakpoint means.
  std::optional<uint64_t> next_event(uint64_t event) const;
  /// The last one before `event`.
  std::optional<uint64_t> previous_event(uint64_t event) const;
  /// The enabled breakpoints that mean the event.
  std::vector<uint32_t> at_event(uint64_t event) const;
  /// Those that mean an event that is not in the trace yet, by its text.
  std::vector<uint32_t> at_coming(std::string_view text) const;
  /// The enabled breakpoints with that place in the code.
  std::vector<uint32_t> at_code(const CodeLocation& location) const;

 private:
  struct Events {
    uint32_t id;
    std::vector<uint64_t> events;
  };
  bool is_enabled(uint32_t id) const;

  const ModuleSet& modules_;
  const EventLog& log_;
  uint32_t next_id_ = 1;
  std::vector<Breakpoint> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  std::vector<Events> events_;
};

}  // namespace reprise::debug
