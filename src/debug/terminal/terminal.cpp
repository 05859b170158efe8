#include "debug/terminal/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "debug/terminal/command_table.hpp"
#include "debug/terminal/text.hpp"

namespace reprise::debug {

Terminal::Terminal(Debugger& debugger, TerminalOptions options)
    : debugger_(debugger), options_(std::move(options)), sources_(options_.source_directories) {
  frames_ = debugger_.frames();
}

bool Terminal::has_name(const Command& command, std::string_view name) {
  Words names(command.names);
  while (!names.empty())
    if (names.word() == name) return true;
  return false;
}

const Terminal::Command* Terminal::find(std::string_view name, std::string& problem) {
  std::vector<const Command*> begun;
  for (const Command& command : kCommands) {
    if (has_name(command, name)) return &command;
    if (command.names.starts_with(name)) begun.push_back(&command);
  }
  if (begun.size() == 1) return begun[0];
  problem = fmt::format("there is no command '{}'; try `help`", name.substr(0, 40));
  if (begun.empty()) return nullptr;
  problem = fmt::format("'{}' may mean", name);
  for (const Command* command : begun)
    problem += ' ' + std::string(command->names.substr(0, command->names.find(' ')));
  return nullptr;
}

bool Terminal::execute(std::string_view text) {
  if (text.size() > kMaxCommand) {
    line(painted(Paint::error, "the command is too long"));
    return false;
  }
  Words words(text);
  if (words.empty() || words.rest().starts_with('#')) return true;
  // "x/4xb", "p/x" and "info" alike: a slash ends the command's name.
  const std::string_view first = words.rest();
  const size_t end = std::min(first.find_first_of(" \t/\""), first.size());
  std::string problem;
  const Command* command = find(first.substr(0, end), problem);
  if (!command) {
    line(painted(Paint::error, problem));
    return false;
  }
  Words arguments(first.substr(end));
  repeat_ = command->group == Group::moving || command->handler == &Terminal::list
                ? std::string(text)
                : std::string();
  // `list` goes on from where it stopped; with its argument it would not.
  if (command->handler == &Terminal::list) repeat_ = "list";
  auto done = (this->*command->handler)(arguments);
  if (!done) line(painted(Paint::error, done.error().to_string()));
  return done.has_value();
}

std::vector<std::string> Terminal::complete(std::string_view text) {
  std::vector<std::string> out;
  const size_t split = text.find_last_of(" \t") + 1;  // 0 if there is none
  const std::string_view last = text.substr(split);
  const auto offer = [&](std::string_view word) {
    if (word.starts_with(last) && out.size() < 200) out.emplace_back(word);
  };
  Words words(text);
  if (split == 0) {
    for (const Command& command : kCommands) offer(Words(command.names).word());
  } else {
    const std::string_view command = words.word();
    if (command == "info" || command == "i") {
      for (const std::string_view name : list_names()) offer(name);
    } else if (command == "help" || command == "h") {
      for (const Command& known : kCommands) offer(Words(known.names).word());
    } else if (auto variables = debugger_.variables(frame_); variables && !frames_.empty()) {
      for (const VariableInfo& variable : *variables) offer(variable.name);
    }
    if (command == "b" || command == "break" || command == "tbreak" || command == "list" ||
        command == "l")
      for (const ModuleInfo& module : debugger_.modules())
        for (const std::string& file : module.info->files())
          offer(std::string(base_name(file)) + ":");
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// ---- Printing ----

std::string Terminal::painted(Paint paint, std::string_view text) const {
  static constexpr std::array<std::string_view, 6> kCodes = {"36", "33", "32", "31", "2", "1"};
  if (!options_.color) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", kCodes[static_cast<size_t>(paint)], text);
}

void Terminal::line(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_control =
        (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    if (!is_control) {
      out += c;
      continue;
    }
    size_t end = i + 1;
    if (c == '\033' && options_.color && text.substr(i).starts_with("\033["))
      end = text.find_first_not_of("0123456789", i + 2);
    if (end != i + 1 && end < text.size() && text[end] == 'm') {
      out += text.substr(i, end + 1 - i);
      i = end;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  options_.print(out + '\n');
}

std::string Terminal::place_text(const DebugFrame& frame) const {
  std::string text = painted(Paint::name, frame.function.empty() ? "?" : frame.function);
  if (frame.location && frame.location->line != 0)
    return text + " at " +
           painted(Paint::place,
                   fmt::format("{}:{}", base_name(frame.location->file), frame.location->line));
  if (frame.code)
    return text + " at " + painted(Paint::place, fmt::format("{:#x}", frame.code->offset));
  return text + (frame.is_native ? " (host)" : "");
}

void Terminal::show_source(const SourceLocation& location, uint32_t first, uint32_t count) {
  for (uint32_t number = first; number < first + count; ++number) {
    const auto text = sources_.line(location.file, number);
    if (!text) break;
    const std::string shown = fmt::format("{:<6}{}", number, *text);
    line(number == location.line && count > 1 ? painted(Paint::strong, shown) : shown);
  }
}

void Terminal::show_place() {
  const std::string time = painted(Paint::faint, to_string(debugger_.now()));
  if (frames_.empty()) return line(time + " outside of the guest's code");
  const DebugFrame& frame = frames_[frame_];
  line(time + ' ' + place_text(frame));
  listed_.reset();
  if (frame.location && frame.location->line != 0)
    show_source(*frame.location, frame.location->line, 1);
}

std::string Terminal::watch_text(const Watchpoint& watch, const WatchHit& hit) const {
  // Of a global, the bytes are those of its whole slot.
  size_t size = hit.after.size();
  if (const auto* place = std::get_if<GlobalPlace>(&watch.place)) {
    const std::vector<GlobalInfo> globals = debugger_.globals();
    const std::string type =
        place->global < globals.size() ? globals[place->global].value.type : "";
    if (type == "i32" || type == "f32") size = 4;
    if (type == "i64" || type == "f64") size = 8;
  }
  const auto text = [size](std::vector<uint8_t> bytes) {
    bytes.resize(std::min(bytes.size(), size));
    if (bytes.size() > 8) {
      std::string out;
      for (const uint8_t byte : bytes) out += fmt::format("{}{:02x}", out.empty() ? "" : " ", byte);
      return out;
    }
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes.size(); ++i) bits |= uint64_t{bytes[i]} << (8 * i);
    const auto unused = static_cast<unsigned>(64 - 8 * std::max<size_t>(bytes.size(), 1));
    const auto number = static_cast<int64_t>(bits << unused) >> unused;
    return number < 0 || number > 9 ? fmt::format("{} ({:#x})", number, bits)
                                    : fmt::format("{}", number);
  };
  return fmt::format("watchpoint {}: {} is written: {} → {}", watch.id, watch.text,
                     text(hit.before), text(hit.after));
}

size_t Terminal::first_frame(bool is_fault) {
  // Where the host's code is innermost, the frames further out say more. At a fault so do those of
  // the program, where a library's are (what Rust runs when it panics): which are those is seen
  // best by whose sources are here.
  std::optional<size_t> best;
  std::optional<SourceRank> best_rank;
  for (size_t i = 0; i < frames_.size(); ++i) {
    const DebugFrame& frame = frames_[i];
    if (frame.is_native) continue;
    if (!is_fault) return i;
    if (!frame.location) continue;
    const SourceRank rank = rank_of(sources_, frame.location->file);
    if (best_rank && rank <= *best_rank) continue;
    best = i;
    best_rank = rank;
  }
  return best.value_or(0);
}

void Terminal::show_stop(const Stop& stop) {
  frames_ = debugger_.frames();
  frame_ = 0;
  std::string why;
  switch (stop.reason) {
    case Stop::Reason::step:
      break;
    case Stop::Reason::start:
      why = "the beginning of the recording";
      break;
    case Stop::Reason::end:
      why = "the end of the recording";
      break;
    case Stop::Reason::exit:
      why = fmt::format("the guest exits with {}: the end of the recording", stop.exit_code);
      break;
    case Stop::Reason::trap:
      why = "the guest trapped: " + (stop.trap ? stop.trap->message : stop.text);
      break;
    case Stop::Reason::divergence:
      why = "the run differs from its recording";
      break;
    case Stop::Reason::interrupted:
      why = "interrupted";
      break;
    case Stop::Reason::breakpoint:
      why = stop.breakpoints.size() > 1 ? "breakpoints " : "breakpoint ";
      for (size_t i = 0; i < stop.breakpoints.size(); ++i)
        why += fmt::format("{}{}", i ? ", " : "", stop.breakpoints[i]);
      break;
    case Stop::Reason::watchpoint:
      for (const Watchpoint& watch : debugger_.watchpoints())
        if (stop.watch && watch.id == stop.watch->id) why = watch_text(watch, *stop.watch);
      break;
  }
  const bool says_all = stop.reason == Stop::Reason::trap && stop.trap;
  if (!stop.text.empty() && !says_all) why += (why.empty() ? "" : ": ") + stop.text;
  if (!why.empty()) line(painted(Paint::strong, why));
  const bool is_fault = stop.reason == Stop::Reason::trap || stop.reason == Stop::Reason::exit;
  frame_ = first_frame(is_fault);
  show_place();
}

std::optional<SourceLocation> Terminal::location() const {
  if (frame_ >= frames_.size()) return std::nullopt;
  return frames_[frame_].location;
}

std::optional<int64_t> leading_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool is_hex = text.starts_with("0x");
  size_t digits = is_hex ? 2 : 0;
  const size_t first = digits;
  while (digits < text.size() && ((text[digits] >= '0' && text[digits] <= '9') ||
                                  (is_hex && text[digits] >= 'a' && text[digits] <= 'f')))
    ++digits;
  if (digits == first) return std::nullopt;
  const auto value = parse_number(text.substr(0, digits));
  if (!value) return std::nullopt;
  return static_cast<int64_t>(negative ? uint64_t{0} - *value : *value);
}

}  // namespace reprise::debug
