// Commands that move the present moment.

#include <fmt/format.h>

#include "debug/terminal/terminal.hpp"

namespace reprise::debug {

Result<void> Terminal::arrive(Result<Stop> stop) {
  if (!stop) return fail(std::move(stop.error()));
  show_stop(*stop);
  return ok();
}

template <class Move>
Result<void> Terminal::repeat(Words& words, Move move) {
  REPRISE_ASSIGN(const uint64_t count, words.count_or_one());
  std::optional<Stop> last;
  for (uint64_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(last, move());
    // The ends, and what somebody wants to see, end the counting; plain stops are counted.
    if (last->reason != Stop::Reason::step && last->reason != Stop::Reason::breakpoint &&
        last->reason != Stop::Reason::watchpoint)
      break;
  }
  show_stop(*last);
  return ok();
}

Result<void> Terminal::forward(Words& words) {
  return repeat(words, [this] { return debugger_.go(Direction::forward); });
}
Result<void> Terminal::backward(Words& words) {
  return repeat(words, [this] { return debugger_.go(Direction::backward); });
}
Result<void> Terminal::step(Words& words) {
  return repeat(words, [this] { return debugger_.step_line(Direction::forward); });
}
Result<void> Terminal::reverse_step(Words& words) {
  return repeat(words, [this] { return debugger_.step_line(Direction::backward); });
}
Result<void> Terminal::next(Words& words) {
  return repeat(words, [this] { return debugger_.next_line(Direction::forward); });
}
Result<void> Terminal::reverse_next(Words& words) {
  return repeat(words, [this] { return debugger_.next_line(Direction::backward); });
}
Result<void> Terminal::step_instruction(Words& words) {
  return repeat(words, [this] { return debugger_.step_instruction(Direction::forward); });
}
Result<void> Terminal::reverse_step_instruction(Words& words) {
  return repeat(words, [this] { return debugger_.step_instruction(Direction::backward); });
}
Result<void> Terminal::finish(Words&) {
  return arrive(debugger_.step_out(Direction::forward));
}
Result<void> Terminal::reverse_finish(Words&) {
  return arrive(debugger_.step_out(Direction::backward));
}
Result<void> Terminal::to_start(Words&) {
  return arrive(debugger_.seek(debugger_.beginning()));
}
Result<void> Terminal::to_end(Words&) {
  return arrive(debugger_.seek_end());
}

Result<void> Terminal::when(Words&) {
  const Time now = debugger_.now();
  REPRISE_ASSIGN(const Time end, debugger_.end());
  if (debugger_.is_live() && now == end) {
    line(fmt::format("{}: event {}, as far as the run has come", to_string(now), now.event));
    return ok();
  }
  line(fmt::format("{} of {}: event {}, {}% of the run", to_string(now), to_string(end), now.event,
                   end.ticks == 0 ? 100 : now.ticks * 100 / end.ticks));
  return ok();
}

Result<void> Terminal::seek(Words& words) {
  const std::string_view to = words.rest();
  if (to.empty()) return fail(ErrorKind::usage, "where to? See `help seek`");
  if (to == "start") return to_start(words);
  if (to == "end") return to_end(words);
  if (const auto mark = marks_.find(to); mark != marks_.end())
    return arrive(debugger_.seek(mark->second));
  if (to.ends_with('%')) {
    const auto percent = parse_percentage(to.substr(0, to.size() - 1));
    if (!percent) return fail(ErrorKind::usage, "that is no percentage");
    return arrive(debugger_.seek_fraction(*percent / 100));
  }
  if (const auto event = parse_number(to)) return arrive(debugger_.seek_event(*event));
  REPRISE_ASSIGN(const Time time, parse_time(to));
  return arrive(debugger_.seek(time));
}

Result<void> Terminal::mark(Words& words) {
  const std::string_view name = words.rest();
  if (name.empty() || parse_number(name) || name.find(':') != std::string_view::npos ||
      name == "start" || name == "end" || name.ends_with('%'))
    return fail(ErrorKind::usage, "a mark needs a name that is no time");
  marks_.insert_or_assign(std::string(name), debugger_.now());
  line(fmt::format("{} is {}", name, to_string(debugger_.now())));
  return ok();
}

Result<void> Terminal::events(Words& words) {
  constexpr size_t kAround = 8;
  constexpr size_t kListed = 20;
  std::vector<HostCallLine> calls;
  if (words.empty()) {
    REPRISE_ASSIGN(calls, debugger_.events_around(kAround, kAround));
  } else {
    const auto first = parse_number(words.word());
    const auto count =
        words.empty() ? std::optional<uint64_t>(kListed) : parse_number(words.word());
    if (!first || !count) return fail(ErrorKind::usage, "events [FIRST [COUNT]]");
    REPRISE_ASSIGN(calls, debugger_.events(*first, *count));
  }
  bool shown = false;  // where we are
  for (const HostCallLine& call : calls) {
    if (!call.is_past && !shown)
      line(painted(Paint::strong, "  now → " + to_string(debugger_.now())));
    shown |= !call.is_past;
    line(fmt::format("{} {}", painted(Paint::number, fmt::format("{:>6}", call.event)), call.text));
  }
  if (!shown && !calls.empty() && words.empty() && debugger_.at_end())
    line(painted(Paint::strong, "  now → " + to_string(debugger_.now())));
  return ok();
}

}  // namespace reprise::debug
