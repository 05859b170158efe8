// Lowering strings: from UTF-8 to the guest's encoding, realloc for realloc as the specification
// has it. Each function here is one of its store_* functions; the text it is given is always UTF-8,
// and `units` is the length in the encoding that the text came from.

#include <fmt/format.h>

#include <algorithm>

#include "component/abi/string.hpp"
#include "wit/unicode.hpp"

namespace reprise::component::abi {
namespace {

using Form = StringOrigin::Form;

uint64_t utf16_tag(const LowerMemory& memory) {
  return uint64_t{1} << (8 * memory.context().pointer_size() - 1);
}

/// Writes UTF-16 and returns the number of bytes.
uint64_t write_utf16(std::string_view text, uint8_t* out) {
  uint8_t* start = out;
  auto put = [&](char32_t unit) {
    store_bits(out, unit, 2);
    out += 2;
  };
  for (size_t at = 0; at < text.size();) {
    char32_t point = wit::next_code_point(text, at);
    if (point >= 0x10000) {
      put(0xd800 + ((point - 0x10000) >> 10));
      put(0xdc00 + (point & 0x3ff));
    } else {
      put(point);
    }
  }
  return static_cast<uint64_t>(out - start);
}

/// Writes Latin-1 up to the first character that isn't. Returns the characters written; `at` is
/// then the place in the text where it stopped.
uint64_t write_latin1(std::string_view text, size_t& at, uint8_t* out) {
  uint64_t written = 0;
  while (at < text.size()) {
    size_t next = at;
    char32_t point = wit::next_code_point(text, next);
    if (point >= 0x100) break;
    out[written++] = static_cast<uint8_t>(point);
    at = next;
  }
  return written;
}

TrapOr<StoredString> store_utf8_copy(LowerMemory& memory, std::string_view text) {
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(1, text.size()));
  copy_bytes(memory.at(pointer), as_bytes(text).data(), text.size());
  return StoredString{pointer, text.size()};
}

TrapOr<StoredString> store_utf16_copy(LowerMemory& memory, std::string_view text, uint64_t units) {
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(2, 2 * units));
  write_utf16(text, memory.at(pointer));
  return StoredString{pointer, units};
}

TrapOr<StoredString> store_latin1_copy(LowerMemory& memory, std::string_view text, uint64_t units) {
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(2, units));
  size_t at = 0;
  write_latin1(text, at, memory.at(pointer));
  return StoredString{pointer, units};
}

TrapOr<StoredString> store_to_utf8(LowerMemory& memory, std::string_view text, uint64_t units,
                                   uint64_t worst_case) {
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(1, units));
  auto wide = std::ranges::find_if(text, [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
  auto prefix = static_cast<size_t>(wide - text.begin());
  copy_bytes(memory.at(pointer), as_bytes(text).data(), prefix);
  if (prefix == text.size()) return StoredString{pointer, units};
  // The guest's realloc moves the prefix.
  REPRISE_ASSIGN(pointer, memory.reallocate(pointer, units, 1, worst_case));
  std::memcpy(memory.at(pointer + prefix), text.data() + prefix, text.size() - prefix);
  if (worst_case > text.size()) {
    REPRISE_ASSIGN(pointer, memory.reallocate(pointer, worst_case, 1, text.size()));
  }
  return StoredString{pointer, text.size()};
}

TrapOr<StoredString> store_utf8_to_utf16(LowerMemory& memory, std::string_view text) {
  uint64_t worst_case = 2 * text.size();
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(2, worst_case));
  uint64_t size = write_utf16(text, memory.at(pointer));
  if (size < worst_case) {
    REPRISE_ASSIGN(pointer, memory.reallocate(pointer, worst_case, 2, size));
  }
  return StoredString{pointer, size / 2};
}

/// The text turned out not to be Latin-1: `done` characters of it lie at
/// `pointer`.
TrapOr<StoredString> continue_as_utf16(LowerMemory& memory, std::string_view rest, uint64_t pointer,
                                       uint64_t done, uint64_t units) {
  uint64_t worst_case = 2 * units;
  REPRISE_ASSIGN(pointer, memory.reallocate(pointer, units, 2, worst_case));
  for (uint64_t i = done; i-- > 0;) {
    memory.store(pointer + 2 * i, *memory.at(pointer + i), 2);
  }
  uint64_t size = 2 * done + write_utf16(rest, memory.at(pointer + 2 * done));
  if (worst_case > size) {
    REPRISE_ASSIGN(pointer, memory.reallocate(pointer, worst_case, 2, size));
  }
  return StoredString{pointer, (size / 2) | utf16_tag(memory)};
}

TrapOr<StoredString> store_to_latin1_or_utf16(LowerMemory& memory, std::string_view text,
                                              uint64_t units) {
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(2, units));
  size_t at = 0;
  uint64_t written = write_latin1(text, at, memory.at(pointer));
  if (at < text.size()) {
    return continue_as_utf16(memory, text.substr(at), pointer, written, units);
  }
  if (written < units) {
    REPRISE_ASSIGN(pointer, memory.reallocate(pointer, units, 2, written));
  }
  return StoredString{pointer, written};
}

TrapOr<StoredString> store_probably_utf16(LowerMemory& memory, std::string_view text,
                                          uint64_t units) {
  REPRISE_ASSIGN(uint64_t pointer, memory.allocate(2, 2 * units));
  write_utf16(text, memory.at(pointer));
  // U+0100 and beyond start with at least 0xc4 in UTF-8.
  if (std::ranges::any_of(text, [](char c) { return static_cast<uint8_t>(c) >= 0xc4; })) {
    return StoredString{pointer, units | utf16_tag(memory)};
  }
  for (uint64_t i = 0; i < units; ++i) *memory.at(pointer + i) = *memory.at(pointer + 2 * i);
  REPRISE_ASSIGN(pointer, memory.reallocate(pointer, 2 * units, 1, units));
  return StoredString{pointer, units};
}

TrapOr<StoredString> store_as_utf8(LowerMemory& memory, std::string_view text,
                                   StringOrigin origin) {
  switch (origin.form) {
    case Form::utf8:
      break;
    case Form::utf16:
    case Form::compact_utf16:
      return store_to_utf8(memory, text, origin.code_units, uint64_t{origin.code_units} * 3);
    case Form::latin1:
      return store_to_utf8(memory, text, origin.code_units, uint64_t{origin.code_units} * 2);
  }
  return store_utf8_copy(memory, text);
}

TrapOr<StoredString> store_compact(LowerMemory& memory, std::string_view text,
                                   StringOrigin origin) {
  switch (origin.form) {
    case Form::utf8:
    case Form::utf16:
      break;
    case Form::latin1:
      return store_latin1_copy(memory, text, origin.code_units);
    case Form::compact_utf16:
      return store_probably_utf16(memory, text, origin.code_units);
  }
  return store_to_latin1_or_utf16(memory, text, origin.code_units);
}

}  // namespace

TrapOr<StoredString> store_string(LowerMemory& memory, std::string_view text, StringOrigin origin) {
  switch (memory.context().string_encoding) {
    case StringEncoding::utf8:
      return store_as_utf8(memory, text, origin);
    case StringEncoding::utf16:
      if (origin.form == Form::utf8) return store_utf8_to_utf16(memory, text);
      return store_utf16_copy(memory, text, origin.code_units);
    case StringEncoding::latin1_or_utf16:
      return store_compact(memory, text, origin);
  }
  return StoredString{};
}

TrapOr<StoredString> store_string(LowerMemory& memory, std::string_view text) {
  if (text.size() > kMaxByteLength) {
    return trap(TrapKind::abi_too_long, fmt::format("string too long: {} bytes", text.size()));
  }
  return store_string(memory, text, {Form::utf8, static_cast<uint32_t>(text.size())});
}

}  // namespace reprise::component::abi
