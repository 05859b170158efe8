#include "text/print_types.hpp"

#include <fmt/format.h>

#include "text/type_codes.hpp"

namespace reprise::text {

namespace {

const AbstractHeap* find_heap(uint8_t code) {
  for (const AbstractHeap& heap : kAbstractHeaps) {
    if (heap.code == code) return &heap;
  }
  return nullptr;
}

Result<std::string> print_storage_type(ByteReader& in) {
  if (in.peek() == kI8 || in.peek() == kI16) {
    REPRISE_ASSIGN(const uint8_t code, in.u8());
    return code == kI8 ? "i8" : "i16";
  }
  return print_value_type(in);
}

/// A storage type and whether it can change.
Result<std::string> print_field_type(ByteReader& in) {
  REPRISE_ASSIGN(std::string type, print_storage_type(in));
  REPRISE_ASSIGN(const uint8_t is_mutable, in.u8());
  return is_mutable ? "(mut " + type + ")" : type;
}

/// `(param a b c)` from a list of types; nothing if it is empty.
Result<std::string> print_list(ByteReader& in, std::string_view word) {
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  if (count == 0) return std::string();
  std::string out = fmt::format(" ({}", word);
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const std::string type, print_value_type(in));
    out += " " + type;
  }
  return out + ")";
}

Result<std::string> print_composite_type(ByteReader& in) {
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code == kFunc) {
    REPRISE_ASSIGN(const std::string parameters, print_list(in, "param"));
    REPRISE_ASSIGN(const std::string results, print_list(in, "result"));
    return "(func" + parameters + results + ")";
  }
  if (code == kArray) {
    REPRISE_ASSIGN(const std::string element, print_field_type(in));
    return "(array " + element + ")";
  }
  if (code != kStruct) return in.malformed(fmt::format("malformed composite type {:#04x}", code));
  REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
  std::string out = "(struct";
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const std::string field, print_field_type(in));
    out += " (field " + field + ")";
  }
  return out + ")";
}

struct PrintedLimits {
  std::string text;  // with a space at the end
  uint8_t flags = 0;
};

Result<PrintedLimits> print_limits(ByteReader& in) {
  REPRISE_ASSIGN(const uint8_t flags, in.u8());
  if (flags > 15) return in.malformed("malformed limits flags");
  REPRISE_ASSIGN(const uint64_t minimum, in.leb_u64());
  std::string out = fmt::format("{}{} ", flags & 4 ? "i64 " : "", minimum);
  if (flags & 1) {
    REPRISE_ASSIGN(const uint64_t maximum, in.leb_u64());
    out += fmt::format("{} ", maximum);
  }
  return PrintedLimits{std::move(out), flags};
}

}  // namespace

std::string quote(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      out += fmt::format("\\{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

Result<std::string> print_heap_type(ByteReader& in) {
  if (const AbstractHeap* heap = find_heap(in.peek())) {
    REPRISE_TRY(in.u8());
    return std::string(heap->name);
  }
  REPRISE_ASSIGN(const int64_t index, in.leb_s33());
  if (index < 0) return in.malformed("malformed heap type");
  return fmt::format("{}", index);
}

Result<std::string> print_value_type(ByteReader& in) {
  for (const NumberType& type : kNumberTypes) {
    if (in.at_end() || type.code != in.peek()) continue;
    REPRISE_TRY(in.u8());
    return std::string(type.name);
  }
  if (const AbstractHeap* heap = find_heap(in.peek())) {
    REPRISE_TRY(in.u8());
    return std::string(heap->reference);
  }
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code != kRef && code != kRefNull) {
    return in.malformed(fmt::format("malformed value type {:#04x}", code));
  }
  REPRISE_ASSIGN(const std::string heap, print_heap_type(in));
  return (code == kRef ? "(ref " : "(ref null ") + heap + ")";
}

Result<std::string> print_global_type(ByteReader& in) {
  return print_field_type(in);
}

Result<std::string> print_table_type(ByteReader& in) {
  REPRISE_ASSIGN(const std::string element, print_value_type(in));
  REPRISE_ASSIGN(const PrintedLimits limits, print_limits(in));
  return limits.text + element;
}

Result<std::string> print_memory_type(ByteReader& in) {
  REPRISE_ASSIGN(PrintedLimits limits, print_limits(in));
  if (limits.flags & 2) limits.text += "shared ";
  if (limits.flags & 8) {
    REPRISE_ASSIGN(const uint32_t log_size, in.leb_u32());
    if (log_size > 31) return in.malformed("malformed page size");
    limits.text += fmt::format("(pagesize {}) ", 1u << log_size);
  }
  limits.text.pop_back();
  return std::move(limits.text);
}

Result<std::string> print_sub_type(ByteReader& in) {
  if (in.peek() != kSub && in.peek() != kSubFinal) return print_composite_type(in);
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  std::string out = code == kSubFinal ? "(sub final" : "(sub";
  REPRISE_ASSIGN(const uint32_t supers, in.leb_u32());
  for (uint32_t i = 0; i < supers; i++) {
    REPRISE_ASSIGN(const uint32_t super, in.leb_u32());
    out += fmt::format(" {}", super);
  }
  REPRISE_ASSIGN(const std::string composite, print_composite_type(in));
  return out + " " + composite + ")";
}

Result<std::string> print_recursive_group(ByteReader& in, uint32_t& next) {
  uint32_t count = 1;
  const bool is_group = in.peek() == kRec && !in.at_end();
  if (is_group) {
    REPRISE_TRY(in.u8());
    REPRISE_ASSIGN(count, in.leb_u32());
  }
  std::string out = is_group ? "  (rec\n" : "";
  for (uint32_t i = 0; i < count; i++) {
    REPRISE_ASSIGN(const std::string type, print_sub_type(in));
    out += fmt::format("{}(type (;{};) {})\n", is_group ? "    " : "  ", next++, type);
  }
  return is_group ? out + "  )\n" : out;
}

Result<std::string> print_block_type(ByteReader& in) {
  if (in.peek() == kEmptyBlock) {
    REPRISE_TRY(in.u8());
    return std::string();
  }
  // A type's code, as a signed number, is negative: bit 6 of its one byte.
  if ((in.peek() & 0xc0) == 0x40) {
    REPRISE_ASSIGN(const std::string type, print_value_type(in));
    return " (result " + type + ")";
  }
  REPRISE_ASSIGN(const int64_t index, in.leb_s33());
  if (index < 0) return in.malformed("malformed block type");
  return fmt::format(" (type {})", index);
}

}  // namespace reprise::text
