#include "debug/places.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::debug {

namespace {

std::unexpected<Error> unknown(uint32_t id) {
  return fail(ErrorKind::usage, fmt::format("there is no breakpoint or watchpoint {}", id));
}

std::string count_text(const std::vector<uint64_t>& events) {
  return fmt::format("{} events", events.size());
}

}  // namespace

Result<Breakpoint> Places::add(Breakpoint breakpoint) {
  breakpoint.code.clear();
  breakpoint.descriptions.clear();
  if (const auto* place = std::get_if<EventPlace>(&breakpoint.place)) {
    REPRISE_ASSIGN(std::vector<uint64_t> events, log_.matching(*place));
    breakpoint.descriptions.push_back(count_text(events));
    events_.push_back({next_id_, std::move(events)});
  } else if (const auto* function = std::get_if<FunctionPlace>(&breakpoint.place)) {
    REPRISE_ASSIGN(breakpoint.code, modules_.resolve(*function));
  } else if (const auto* line = std::get_if<LinePlace>(&breakpoint.place)) {
    REPRISE_ASSIGN(breakpoint.code, modules_.resolve(*line));
  } else {
    REPRISE_ASSIGN(breakpoint.code, modules_.resolve(std::get<CodeLocation>(breakpoint.place)));
  }
  for (const CodeLocation& location : breakpoint.code)
    breakpoint.descriptions.push_back(modules_.describe(location));
  breakpoint.id = next_id_++;
  breakpoint.hits = 0;
  breakpoints_.push_back(breakpoint);
  return breakpoint;
}

Result<Watchpoint> Places::add(WatchPlace place, std::string text) {
  if (const auto* range = std::get_if<MemoryRange>(&place); range != nullptr && range->size == 0)
    return fail(ErrorKind::usage, "there are no bytes to watch");
  watchpoints_.push_back({.id = next_id_++, .place = place, .text = std::move(text)});
  return watchpoints_.back();
}

Result<void> Places::remove(uint32_t id) {
  const auto has_id = [id](const auto& p) { return p.id == id; };
  std::erase_if(events_, has_id);
  if (std::erase_if(breakpoints_, has_id) + std::erase_if(watchpoints_, has_id) == 0)
    return unknown(id);
  return ok();
}

Breakpoint* Places::find(uint32_t id) {
  const auto found = std::ranges::find(breakpoints_, id, &Breakpoint::id);
  return found == breakpoints_.end() ? nullptr : &*found;
}

Watchpoint* Places::find_watchpoint(uint32_t id) {
  const auto found = std::ranges::find(watchpoints_, id, &Watchpoint::id);
  return found == watchpoints_.end() ? nullptr : &*found;
}

Result<void> Places::set_enabled(uint32_t id, bool enabled) {
  if (Breakpoint* breakpoint = find(id)) {
    breakpoint->enabled = enabled;
  } else if (Watchpoint* watchpoint = find_watchpoint(id)) {
    watchpoint->enabled = enabled;
  } else {
    return unknown(id);
  }
  return ok();
}

bool Places::is_enabled(uint32_t id) const {
  const auto found = std::ranges::find(breakpoints_, id, &Breakpoint::id);
  return found != breakpoints_.end() && found->enabled;
}

bool Places::needs_observing() const {
  return std::ranges::any_of(watchpoints_, &Watchpoint::enabled) ||
         std::ranges::any_of(breakpoints_,
                             [](const Breakpoint& b) { return b.enabled && !b.code.empty(); });
}

bool Places::watches_events() const {
  return std::ranges::any_of(events_, [&](const Events& e) { return is_enabled(e.id); });
}

Result<void> Places::refresh() {
  for (Events& known : events_) {
    Breakpoint& breakpoint = *find(known.id);
    REPRISE_ASSIGN(known.events, log_.matching(std::get<EventPlace>(breakpoint.place)));
    breakpoint.descriptions = {count_text(known.events)};
  }
  return ok();
}

std::vector<uint32_t> Places::at_coming(std::string_view text) const {
  std::vector<uint32_t> ids;
  for (const Breakpoint& breakpoint : breakpoints_)
    if (const auto* place = std::get_if<EventPlace>(&breakpoint.place);
        place && breakpoint.enabled && EventLog::matches(*place, text))
      ids.push_back(breakpoint.id);
  return ids;
}

std::optional<uint64_t> Places::next_event(uint64_t event) const {
  std::optional<uint64_t> next;
  for (const Events& known : events_) {
    const auto found = std::ranges::lower_bound(known.events, event);
    if (found == known.events.end() || !is_enabled(known.id)) continue;
    next = std::min(next.value_or(*found), *found);
  }
  return next;
}

std::optional<uint64_t> Places::previous_event(uint64_t event) const {
  std::optional<uint64_t> previous;
  for (const Events& known : events_) {
    const auto behind = std::ranges::lower_bound(known.events, event);
    if (behind == known.events.begin() || !is_enabled(known.id)) continue;
    previous = std::max(previous.value_or(0), *std::prev(behind));
  }
  return previous;
}

std::vector<uint32_t> Places::at_event(uint64_t event) const {
  std::vector<uint32_t> ids;
  for (const Events& known : events_)
    if (is_enabled(known.id) && std::ranges::binary_search(known.events, event))
      ids.push_back(known.id);
  return ids;
}

std::vector<uint32_t> Places::at_code(const CodeLocation& location) const {
  std::vector<uint32_t> ids;
  for (const Breakpoint& breakpoint : breakpoints_)
    if (breakpoint.enabled && std::ranges::find(breakpoint.code, location) != breakpoint.code.end())
      ids.push_back(breakpoint.id);
  return ids;
}

}  // namespace reprise::debug
