// Commands that say where to stop.

#include <fmt/format.h>

#include <algorithm>

#include "debug/terminal/terminal.hpp"
#include "debug/terminal/text.hpp"

namespace reprise::debug {

namespace {

Result<uint32_t> stop_number(std::string_view word) {
  const auto number = parse_number(word);
  if (!number || *number > UINT32_MAX)
    return fail(ErrorKind::usage, fmt::format("'{}' is no breakpoint's number", word));
  return static_cast<uint32_t>(*number);
}

}  // namespace

Result<CodeLocation> Terminal::parse_code(std::string_view text) {
  CodeLocation code;
  if (frame_ < frames_.size() && frames_[frame_].code) code.module = frames_[frame_].code->module;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    const auto module = parse_number(text.substr(0, colon));
    if (!module || *module > UINT32_MAX)
      return fail(ErrorKind::usage, "that is no module's number");
    code.module = static_cast<uint32_t>(*module);
    text.remove_prefix(colon + 1);
  }
  const auto offset = parse_number(text);
  if (!offset)
    return fail(ErrorKind::usage, fmt::format("'{}' is no offset of an instruction", text));
  code.offset = *offset;
  return code;
}

Result<BreakPlace> Terminal::parse_place(std::string_view text) {
  if (text.empty()) {
    if (frame_ >= frames_.size() || !frames_[frame_].code)
      return fail(ErrorKind::usage, "there is no code here to stop at; name a place");
    return *frames_[frame_].code;
  }
  if (text.starts_with('*')) {
    REPRISE_ASSIGN(const CodeLocation code, parse_code(text.substr(1)));
    return code;
  }
  if (const auto number = parse_number(text)) {
    const auto here = location();
    if (!here) return fail(ErrorKind::usage, "no source file is shown here; say FILE:LINE");
    return LinePlace{here->file, static_cast<uint32_t>(std::min<uint64_t>(*number, UINT32_MAX))};
  }
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && colon > 0 && text[colon - 1] != ':')
    if (const auto number = parse_number(text.substr(colon + 1)))
      return LinePlace{std::string(text.substr(0, colon)),
                       static_cast<uint32_t>(std::min<uint64_t>(*number, UINT32_MAX))};
  return FunctionPlace{std::string(text)};
}

void Terminal::show_breakpoint(const Breakpoint& breakpoint) {
  std::string text = fmt::format("{} {}", breakpoint.once ? "temporary breakpoint" : "breakpoint",
                                 painted(Paint::number, std::to_string(breakpoint.id)));
  if (const auto* event = std::get_if<EventPlace>(&breakpoint.place)) {
    text += ": calls" + (event->name.empty() ? "" : " of " + event->name);
    if (!event->arguments.empty()) text += fmt::format(" with \"{}\"", event->arguments);
  }
  // An optimized line or function has many copies, told alike.
  constexpr size_t kShown = 8;
  size_t shown = 0;
  const std::vector<std::string>& all = breakpoint.descriptions;
  for (size_t i = 0; i < all.size(); ++i) {
    if (std::find(all.begin(), all.begin() + static_cast<ptrdiff_t>(i), all[i]) !=
        all.begin() + static_cast<ptrdiff_t>(i))
      continue;
    if (++shown > kShown) continue;
    const auto count = std::ranges::count(all, all[i]);
    text += fmt::format("{}{}{}", i ? ", " : ": ", all[i],
                        count > 1 ? fmt::format(" ({} places)", count) : "");
  }
  if (shown > kShown) text += fmt::format(", and {} more", shown - kShown);
  if (!breakpoint.condition.empty()) text += " if " + breakpoint.condition;
  if (!breakpoint.enabled) text += " (disabled)";
  if (breakpoint.ignore > 0) text += fmt::format(" (passed {} times more)", breakpoint.ignore);
  if (breakpoint.hits > 0)
    text += fmt::format(" (hit {} time{})", breakpoint.hits, breakpoint.hits == 1 ? "" : "s");
  line(text);
}

Result<void> Terminal::set_breakpoint(Words& words, bool once) {
  std::string_view text = words.rest();
  Breakpoint wanted;
  wanted.once = once;
  size_t condition = text.find(" if ");
  if (text.starts_with("if ")) condition = 0;
  if (condition != std::string_view::npos) {
    wanted.condition = Words(text.substr(text.find("if", condition) + 2)).rest();
    text = text.substr(0, condition);
  }
  REPRISE_ASSIGN(wanted.place, parse_place(Words(text).rest()));
  REPRISE_ASSIGN(const Breakpoint made, debugger_.add_breakpoint(std::move(wanted)));
  show_breakpoint(made);
  return ok();
}

Result<void> Terminal::breakpoint(Words& words) {
  return set_breakpoint(words, false);
}
Result<void> Terminal::temporary_breakpoint(Words& words) {
  return set_breakpoint(words, true);
}

Result<void> Terminal::catch_event(Words& words) {
  EventPlace place;
  place.name = words.word();
  place.arguments = words.word();
  Breakpoint wanted;
  wanted.place = std::move(place);
  REPRISE_ASSIGN(const Breakpoint made, debugger_.add_breakpoint(std::move(wanted)));
  show_breakpoint(made);
  return ok();
}

Result<MemoryRange> Terminal::parse_range(std::string_view text) {
  MemoryRange range;
  const size_t colon = text.rfind(':');
  const std::string_view address = text.substr(0, colon);
  if (const auto number = parse_number(address)) {
    range.address = *number;
    const auto size = colon == std::string_view::npos ? std::optional<uint64_t>(4)
                                                      : parse_number(text.substr(colon + 1));
    if (!size || *size == 0) return fail(ErrorKind::usage, "the number of bytes is missing");
    range.size = *size;
    if (frame_ < frames_.size()) range.memory = frames_[frame_].memory.value_or(0);
    return range;
  }
  if (frames_.empty()) return fail(ErrorKind::usage, "no guest code is running here");
  REPRISE_ASSIGN(const VariableInfo value, debugger_.evaluate(frame_, text));
  if (value.place) return *value.place;
  return fail(ErrorKind::usage, fmt::format("{} is not in memory: it has no address", text));
}

Result<WatchPlace> Terminal::parse_watch(std::string_view text) {
  if (text.starts_with("global ")) {
    const auto number = parse_number(Words(text.substr(7)).rest());
    if (!number || *number > UINT32_MAX)
      return fail(ErrorKind::usage, "that is no global's number; see `info globals`");
    // Before the program is instantiated there are none yet.
    const size_t count = debugger_.globals().size();
    if (count > 0 && *number >= count)
      return fail(ErrorKind::usage,
                  fmt::format("there is no global {}; see `info globals`", *number));
    return GlobalPlace{static_cast<uint32_t>(*number)};
  }
  REPRISE_ASSIGN(const MemoryRange range, parse_range(text));
  // Outside of guest code there may be no memory yet.
  if (!frames_.empty()) {
    const auto bytes = debugger_.read_memory(range.memory, range.address, 1);
    if (!bytes || bytes->empty())
      return fail(ErrorKind::usage, fmt::format("there is no memory at {:#x}", range.address));
  }
  return range;
}

Result<void> Terminal::watch(Words& words) {
  std::string_view text = words.rest();
  if (text.starts_with("-l ")) text = Words(text.substr(3)).rest();
  if (text.empty()) return fail(ErrorKind::usage, "what? See `help watch`");
  REPRISE_ASSIGN(WatchPlace place, parse_watch(text));
  REPRISE_ASSIGN(const Watchpoint made, debugger_.add_watchpoint(place, std::string(text)));
  std::string where;
  if (const auto* range = std::get_if<MemoryRange>(&place))
    where = fmt::format(", {} byte{} at {:#x}", range->size, range->size == 1 ? "" : "s",
                        range->address);
  line(fmt::format("watchpoint {}: {}{}", painted(Paint::number, std::to_string(made.id)), text,
                   where));
  return ok();
}

Result<void> Terminal::remove(Words& words) {
  std::vector<uint32_t> numbers;
  if (words.empty()) {
    for (const Breakpoint& b : debugger_.breakpoints()) numbers.push_back(b.id);
    for (const Watchpoint& w : debugger_.watchpoints()) numbers.push_back(w.id);
  }
  while (!words.empty()) {
    REPRISE_ASSIGN(const uint32_t number, stop_number(words.word()));
    numbers.push_back(number);
  }
  for (const uint32_t number : numbers) REPRISE_TRY(debugger_.remove(number));
  return ok();
}

Result<void> Terminal::disable(Words& words) {
  do {
    REPRISE_ASSIGN(const uint32_t number, stop_number(words.word()));
    REPRISE_TRY(debugger_.disable(number));
  } while (!words.empty());
  return ok();
}

Result<void> Terminal::enable(Words& words) {
  do {
    REPRISE_ASSIGN(const uint32_t number, stop_number(words.word()));
    REPRISE_TRY(debugger_.enable(number));
  } while (!words.empty());
  return ok();
}

Result<void> Terminal::condition(Words& words) {
  REPRISE_ASSIGN(const uint32_t number, stop_number(words.word()));
  return debugger_.set_condition(number, std::string(words.rest()));
}

Result<void> Terminal::ignore(Words& words) {
  REPRISE_ASSIGN(const uint32_t number, stop_number(words.word()));
  const auto count = parse_number(words.rest());
  if (!count) return fail(ErrorKind::usage, "how often? ignore NUMBER COUNT");
  return debugger_.set_ignore(number, *count);
}

Result<void> Terminal::info_breakpoints() {
  for (const Breakpoint& breakpoint : debugger_.breakpoints()) show_breakpoint(breakpoint);
  for (const Watchpoint& watch : debugger_.watchpoints())
    line(fmt::format("watchpoint {}: {}{} (hit {} time{})",
                     painted(Paint::number, std::to_string(watch.id)), watch.text,
                     watch.enabled ? "" : " (disabled)", watch.hits, watch.hits == 1 ? "" : "s"));
  if (debugger_.breakpoints().empty() && debugger_.watchpoints().empty())
    line("no breakpoints and no watchpoints");
  return ok();
}

}  // namespace reprise::debug
