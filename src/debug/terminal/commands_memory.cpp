// Commands about memory: what stands there, and where it comes from.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "debug/terminal/terminal.hpp"

namespace reprise::debug {

namespace {

constexpr uint64_t kMaxUnits = 4096;

/// What stands behind `x/`: "16xb".
struct Format {
  uint64_t count = 1;
  char letter = 'x';
  size_t size = 4;
};

Result<Format> parse_format(std::string_view text) {
  Format format;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits > 0) {
    const auto count = parse_number(text.substr(0, digits));
    if (!count || *count == 0 || *count > kMaxUnits)
      return fail(ErrorKind::usage, fmt::format("a count of 1 to {} is wanted", kMaxUnits));
    format.count = *count;
  }
  for (const char c : text.substr(digits)) {
    constexpr std::string_view kSizes = "bhwg";
    if (const size_t power = kSizes.find(c); power != std::string_view::npos)
      format.size = size_t{1} << power;
    else if (std::string_view("xducs").find(c) != std::string_view::npos)
      format.letter = c;
    else
      return fail(ErrorKind::usage, fmt::format("'{}' is neither a format nor a size", c));
  }
  if (format.letter == 'c' || format.letter == 's') format.size = 1;
  return format;
}

std::string character(uint8_t byte) {
  switch (byte) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\0':
      return "\\0";
    case '\\':
    case '"':
      return fmt::format("\\{}", static_cast<char>(byte));
    default:
      return byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte)
                                         : std::string(1, static_cast<char>(byte));
  }
}

std::string unit_text(const uint8_t* bytes, const Format& format) {
  uint64_t bits = 0;
  for (size_t i = 0; i < format.size; ++i) bits |= uint64_t{bytes[i]} << (8 * i);
  const auto unused = static_cast<unsigned>(64 - 8 * format.size);
  switch (format.letter) {
    case 'd':
      return fmt::format("{}", static_cast<int64_t>(bits << unused) >> unused);
    case 'u':
      return fmt::format("{}", bits);
    case 'c':
      return fmt::format("'{}'",
                         bits < 0x80 ? character(bytes[0]) : fmt::format("\\x{:02x}", bits));
    default:
      return fmt::format("0x{:0{}x}", bits, 2 * format.size);
  }
}

}  // namespace

Result<void> Terminal::examine(Words& words) {
  constexpr uint64_t kMaxString = 4096;
  constexpr size_t kBytesInLine = 16;
  REPRISE_ASSIGN(const Format format, parse_format(words.format()));
  const std::string_view text = words.rest();
  if (text.empty()) return fail(ErrorKind::usage, "which address? See `help x`");
  MemoryRange at;
  if (frame_ < frames_.size()) at.memory = frames_[frame_].memory.value_or(0);
  if (const auto number = parse_number(text)) {
    at.address = *number;
  } else {
    REPRISE_ASSIGN(const VariableInfo value, debugger_.evaluate(frame_, text));
    const auto number_of_value = leading_number(value.text);
    if (!number_of_value && !value.place)
      return fail(ErrorKind::usage, "that is no address: " + value.text);
    at.address = number_of_value ? static_cast<uint64_t>(*number_of_value) : value.place->address;
  }
  const uint64_t wanted = format.letter == 's' ? kMaxString : format.count * format.size;
  REPRISE_ASSIGN(const auto bytes, debugger_.read_memory(at.memory, at.address, wanted));
  if (format.letter == 's') {
    std::string out;
    for (const uint8_t byte : bytes) {
      if (byte == 0) break;
      out += character(byte);
    }
    line(fmt::format("{:#x}: \"{}\"", at.address, out));
    return ok();
  }
  std::string row;
  for (size_t i = 0; i + format.size <= bytes.size(); i += format.size) {
    if (i % kBytesInLine == 0) {
      if (!row.empty()) line(row);
      row = painted(Paint::place, fmt::format("{:#x}", at.address + i)) + ":";
    }
    row += ' ' + unit_text(bytes.data() + i, format);
  }
  if (!row.empty()) line(row);
  if (bytes.size() < wanted) return fail(ErrorKind::usage, "the memory ends here");
  return ok();
}

Result<void> Terminal::last_write(Words& words) {
  if (words.empty()) return fail(ErrorKind::usage, "of what? See `help last-write`");
  REPRISE_ASSIGN(const WatchPlace place, parse_watch(words.rest()));
  REPRISE_ASSIGN(const Origin origin, debugger_.last_write(place));
  switch (origin.kind) {
    case Origin::Kind::initial:
      line("nothing wrote it before now: " + origin.description);
      return ok();
    case Origin::Kind::host:
      line(fmt::format("{} a host call's results, event {}: {}",
                       painted(Paint::faint, to_string(origin.time)), origin.event.value_or(0),
                       origin.description));
      break;
    case Origin::Kind::instruction:
      line(fmt::format("{} {}", painted(Paint::faint, to_string(origin.time)), origin.description));
      break;
  }
  if (!origin.before.empty() && origin.before.size() <= 8) {
    Watchpoint shown;
    const auto text = [](const std::vector<uint8_t>& bytes) {
      uint64_t bits = 0;
      for (size_t i = 0; i < bytes.size(); ++i) bits |= uint64_t{bytes[i]} << (8 * i);
      return fmt::format("{:#x}", bits);
    };
    line(fmt::format("  {} → {}", text(origin.before), text(origin.after)));
  }
  line(fmt::format("  to stand before it: seek {}", to_string(origin.time)));
  return ok();
}

/// `local 3`, `operand 0` and `global 1` of Wasm, or what an expression means.
Result<OriginPlace> Terminal::parse_origin(std::string_view text) {
  Words words(text);
  const std::string_view kind = words.word();
  const auto number = parse_number(words.rest());
  if (number && *number <= UINT32_MAX) {
    const auto index = static_cast<uint32_t>(*number);
    if (kind == "global") return GlobalPlace{index};
    if (kind == "local" || kind == "operand") {
      const bool is_operand = kind == "operand";
      REPRISE_ASSIGN(const auto values,
                     is_operand ? debugger_.operands(frame_) : debugger_.locals(frame_));
      if (index >= values.size())
        return fail(ErrorKind::usage, fmt::format("there is no {} {} here", kind, index));
      const std::string& type = values[index].type;
      const uint64_t size = type == "v128" ? 16 : type == "i32" || type == "f32" ? 4 : 8;
      return FrameValue{frame_, is_operand, index, 0, size};
    }
  }
  if (!parse_number(text)) {
    if (const auto value = debugger_.evaluate(frame_, text);
        value && value->held_in && value->size != 0) {
      const WasmPlace& held = *value->held_in;
      if (held.kind != WasmPlace::Kind::global)
        return FrameValue{frame_, held.kind == WasmPlace::Kind::operand, held.index, held.offset,
                          value->size};
    }
  }
  REPRISE_ASSIGN(const MemoryRange range, parse_range(text));
  return range;
}

Result<void> Terminal::origin(Words& words) {
  if (words.empty()) return fail(ErrorKind::usage, "of what? See `help origin`");
  REPRISE_ASSIGN(const OriginPlace place, parse_origin(words.rest()));
  REPRISE_ASSIGN(const auto steps, debugger_.origin(place));
  for (const OriginStep& step : steps) {
    std::string text =
        fmt::format("{} {}", painted(Paint::faint, to_string(step.time)), step.description);
    if (step.event) text = fmt::format("{}, event {}", text, *step.event);
    line(text);
    if (step.byte)
      line(fmt::format("  {}, byte {} of the encoded result",
                       step.field.empty() ? "the result" : painted(Paint::strong, step.field),
                       *step.byte));
  }
  return ok();
}

}  // namespace reprise::debug
