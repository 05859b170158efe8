#include "replay/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "wit/wave.hpp"

namespace reprise::replay {

namespace {

std::string short_hexadecimal(Bytes bytes) {
  std::string text = "0x";
  for (size_t i = 0; i < bytes.size() && i < 32; ++i) text += fmt::format("{:02x}", bytes[i]);
  if (bytes.size() > 32) text += "…";
  return text;
}

std::string print_frame(const Frame& frame) {
  std::string text = frame.function_name.empty() ? fmt::format("function {}", frame.function_index)
                                                 : frame.function_name;
  if (frame.source) {
    text += fmt::format(" ({}:{})", frame.source->file, frame.source->line);
  } else if (frame.module_offset) {
    text += fmt::format(" (at {:#x})", *frame.module_offset);
  }
  return text;
}

}  // namespace

// Both types have the same encoding.
std::optional<std::string> text_of_bytes(wit::Type type, ByteReader& reader,
                                         const wit::PrintLimits& limits) {
  if (!type || type->kind != wit::TypeKind::list || !type->element ||
      type->element->kind != wit::TypeKind::u8)
    return std::nullopt;
  ByteReader ahead = reader;
  auto length = ahead.leb_u32();
  auto bytes = length ? ahead.bytes(*length) : Result<Bytes>(Bytes{});
  if (!length || !bytes || bytes->empty()) return std::nullopt;
  for (const uint8_t byte : *bytes)
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte >= 0x7f) return std::nullopt;
  std::string text;
  if (!wit::print_wave(wit::primitive(wit::TypeKind::string), reader, text, limits))
    return std::nullopt;
  return text;
}

std::string Divergence::to_string() const {
  std::string text =
      fmt::format("the run diverges from its recording at event {}: {}", event, what);
  if (!recorded.empty()) text += "\n  recorded: " + recorded;
  if (!actual.empty()) text += "\n  this run: " + actual;
  for (size_t i = 0; i < frames.size(); ++i)
    text += (i == 0 ? "\n  at: " : "\n      ") + print_frame(frames[i]);
  if (!poisoned.empty()) text += "\n  the recording says that it is no faithful one: " + poisoned;
  return text;
}

std::string print_call(std::string_view name, const wit::FuncType& type, Bytes arguments) {
  std::string text(name);
  text += '(';
  ByteReader reader(arguments);
  const wit::PrintLimits limits{.max_length = kReportLength, .max_elements = kReportLength};
  for (size_t i = 0; i < type.params.size(); ++i) {
    if (i) text += ", ";
    if (auto readable = text_of_bytes(type.params[i].type, reader, limits)) {
      text += *readable;
      continue;
    }
    std::string value;
    if (!wit::print_wave(type.params[i].type, reader, value, limits))
      return fmt::format("{}({})", name, short_hexadecimal(arguments));
    text += value;
  }
  return text + ')';
}

std::string print_values(wit::Type type, Bytes values) {
  if (!type) return "()";
  const wit::PrintLimits limits{.max_length = kReportLength, .max_elements = kReportLength};
  auto text = wit::to_wave(type, values, limits);
  return text ? *text : short_hexadecimal(values);
}

size_t first_difference(const wit::FuncType& type, Bytes a, Bytes b) {
  ByteReader left(a), right(b);
  for (size_t i = 0; i < type.params.size(); ++i) {
    const uint8_t* const l = left.cursor();
    const uint8_t* const r = right.cursor();
    if (!wit::check_value(type.params[i].type, left)) return i;
    if (!wit::check_value(type.params[i].type, right)) return i;
    if (!std::equal(l, left.cursor(), r, right.cursor())) return i;
  }
  return type.params.size();
}

}  // namespace reprise::replay
