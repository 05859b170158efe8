#include "text/print_instructions.hpp"

#include <fmt/format.h>

#include <bit>

#include "text/print_types.hpp"
#include "wasm/opcodes.hpp"

namespace reprise::text {

namespace {

using wasm::Immediate;
using wasm::Opcode;

/// Deeper blocks are indented no further: else the text would grow with the square of the depth.
constexpr uint32_t kMaxIndent = 40;

template <class Bits>
std::string print_float(Bits bits) {
  constexpr bool kIsF32 = sizeof(Bits) == 4;
  constexpr int kSignificand = kIsF32 ? 23 : 52;
  const Bits payload = bits & ((Bits{1} << kSignificand) - 1);
  const Bits magnitude = bits & ~(Bits{1} << (sizeof(Bits) * 8 - 1));
  const bool is_nan = magnitude >> kSignificand == (kIsF32 ? 0xffu : 0x7ffu) && payload != 0;
  if (is_nan) {
    const char* sign = magnitude == bits ? "" : "-";
    if (payload == Bits{1} << (kSignificand - 1)) return fmt::format("{}nan", sign);
    return fmt::format("{}nan:{:#x}", sign, payload);
  }
  if constexpr (kIsF32) {
    return fmt::format("{}", std::bit_cast<float>(bits));
  } else {
    return fmt::format("{}", std::bit_cast<double>(bits));
  }
}

class InstructionPrinter {
 public:
  explicit InstructionPrinter(ByteReader& in) : in_(in) {}

  /// The next instruction with its immediates.
  Result<std::string> next(Opcode& op) {
    REPRISE_ASSIGN(op, opcode());
    text_ = wasm::mnemonic(op);
    REPRISE_TRY(immediates(op));
    return std::move(text_);
  }

 private:
  Result<Opcode> opcode() {
    const uint64_t offset = in_.offset();
    REPRISE_ASSIGN(const uint8_t first, in_.u8());
    auto found = wasm::find_opcode(0, first);
    if (!found) {
      REPRISE_ASSIGN(const uint32_t code, in_.leb_u32());
      found = wasm::find_opcode(first, code);
    }
    if (!found) {
      return fail(ErrorKind::malformed, fmt::format("illegal opcode {:#04x}", first), offset);
    }
    return *found;
  }

  Result<void> number() {
    REPRISE_ASSIGN(const uint32_t value, in_.leb_u32());
    text_ += fmt::format(" {}", value);
    return ok();
  }

  Result<void> numbers(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) REPRISE_TRY(number());
    return ok();
  }

  /// An index that the text leaves out when it is 0.
  Result<void> optional_number() {
    REPRISE_ASSIGN(const uint32_t value, in_.leb_u32());
    if (value != 0) text_ += fmt::format(" {}", value);
    return ok();
  }

  /// Two indices that the text has the other way round, the second left out when it is 0.
  Result<void> swapped() {
    REPRISE_ASSIGN(const uint32_t segment, in_.leb_u32());
    REPRISE_ASSIGN(const uint32_t space, in_.leb_u32());
    if (space != 0) text_ += fmt::format(" {}", space);
    text_ += fmt::format(" {}", segment);
    return ok();
  }

  Result<void> type_and_table() {
    REPRISE_ASSIGN(const uint32_t type, in_.leb_u32());
    REPRISE_TRY(optional_number());
    text_ += fmt::format(" (type {})", type);
    return ok();
  }

  Result<void> label_table() {
    REPRISE_ASSIGN(const uint32_t count, in_.leb_u32());
    for (uint64_t i = 0; i <= count; i++) REPRISE_TRY(number());
    return ok();
  }

  Result<void> block() {
    REPRISE_ASSIGN(const std::string type, print_block_type(in_));
    text_ += type;
    return ok();
  }

  Result<void> catches() {
    constexpr std::string_view kKinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    REPRISE_ASSIGN(const uint32_t count, in_.leb_u32());
    for (uint32_t i = 0; i < count; i++) {
      REPRISE_ASSIGN(const uint8_t kind, in_.u8());
      if (kind > 3) return in_.malformed("malformed catch clause");
      text_ += fmt::format(" ({}", kKinds[kind]);
      REPRISE_TRY(numbers(kind < 2 ? 2 : 1));
      text_ += ")";
    }
    return ok();
  }

  Result<void> heap_type() {
    REPRISE_ASSIGN(const std::string heap, print_heap_type(in_));
    text_ += " " + heap;
    return ok();
  }

  Result<void> reference(bool nullable) {
    REPRISE_ASSIGN(const std::string heap, print_heap_type(in_));
    text_ += (nullable ? " (ref null " : " (ref ") + heap + ")";
    return ok();
  }

  Result<void> cast_branch() {
    REPRISE_ASSIGN(const uint8_t flags, in_.u8());
    REPRISE_TRY(number());
    REPRISE_TRY(reference(flags & 1));
    return reference(flags & 2);
  }

  Result<void> select_types() {
    REPRISE_ASSIGN(const uint32_t count, in_.leb_u32());
    text_ += " (result";
    for (uint32_t i = 0; i < count; i++) {
      REPRISE_ASSIGN(const std::string type, print_value_type(in_));
      text_ += " " + type;
    }
    text_ += ")";
    return ok();
  }

  Result<void> memory_argument(uint32_t width) {
    REPRISE_ASSIGN(const uint32_t flags, in_.leb_u32());
    if (flags & 0x40) {
      REPRISE_ASSIGN(const uint32_t memory, in_.leb_u32());
      if (memory != 0) text_ += fmt::format(" {}", memory);
    }
    REPRISE_ASSIGN(const uint64_t offset, in_.leb_u64());
    const uint32_t align = flags & ~0x40u;
    if (align > 63) return in_.malformed("malformed memop flags");
    if (offset != 0) text_ += fmt::format(" offset={}", offset);
    if (uint64_t{1} << align != width / 8) {
      text_ += fmt::format(" align={}", uint64_t{1} << align);
    }
    return ok();
  }

  Result<void> lanes(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
      REPRISE_ASSIGN(const uint8_t lane, in_.u8());
      text_ += fmt::format(" {}", lane);
    }
    return ok();
  }

  Result<void> memory_argument_and_lane(uint32_t width) {
    REPRISE_TRY(memory_argument(width));
    return lanes(1);
  }

  Result<void> v128() {
    text_ += " i32x4";
    for (int i = 0; i < 4; i++) {
      REPRISE_ASSIGN(const uint32_t lane, in_.u32_le());
      text_ += fmt::format(" {:#010x}", lane);
    }
    return ok();
  }

  Result<void> constant(Immediate kind) {
    switch (kind) {
      case Immediate::i32: {
        REPRISE_ASSIGN(const int32_t value, in_.leb_s32());
        return text_ += fmt::format(" {}", value), ok();
      }
      case Immediate::i64: {
        REPRISE_ASSIGN(const int64_t value, in_.leb_s64());
        return text_ += fmt::format(" {}", value), ok();
      }
      case Immediate::f32: {
        REPRISE_ASSIGN(const uint32_t bits, in_.u32_le());
        return text_ += " " + print_float(bits), ok();
      }
      default: {
        REPRISE_ASSIGN(const uint64_t bits, in_.u64_le());
        return text_ += " " + print_float(bits), ok();
      }
    }
  }

  Result<void> immediates(Opcode op) {
    const Immediate kind = wasm::info(op).immediate;
    switch (kind) {
      case Immediate::none:
        return ok();
      case Immediate::zero_byte:
        REPRISE_TRY(in_.u8());
        return ok();
      case Immediate::block:
        return block();
      case Immediate::try_table:
        REPRISE_TRY(block());
        return catches();
      case Immediate::label:
      case Immediate::func:
      case Immediate::type:
      case Immediate::local:
      case Immediate::global:
      case Immediate::tag:
      case Immediate::data:
      case Immediate::elem:
        return number();
      case Immediate::table:
      case Immediate::memory:
        return optional_number();
      case Immediate::label_table:
        return label_table();
      case Immediate::type_table:
        return type_and_table();
      case Immediate::data_memory:
      case Immediate::elem_table:
        return swapped();
      case Immediate::memory_memory:
      case Immediate::table_table:
      case Immediate::type_field:
      case Immediate::type_count:
      case Immediate::type_data:
      case Immediate::type_elem:
      case Immediate::type_type:
        return numbers(2);
      case Immediate::heap_type:
        if (op == Opcode::ref_null) return heap_type();
        return reference(op == Opcode::ref_test_null || op == Opcode::ref_cast_null);
      case Immediate::br_on_cast:
        return cast_branch();
      case Immediate::select_types:
        return select_types();
      case Immediate::i32:
      case Immediate::i64:
      case Immediate::f32:
      case Immediate::f64:
        return constant(kind);
      case Immediate::v128:
        return v128();
      case Immediate::shuffle:
        return lanes(16);
      case Immediate::lane2:
      case Immediate::lane4:
      case Immediate::lane8:
      case Immediate::lane16:
        return lanes(1);
      case Immediate::memarg8:
      case Immediate::atomic8:
        return memory_argument(8);
      case Immediate::memarg16:
      case Immediate::atomic16:
        return memory_argument(16);
      case Immediate::memarg32:
      case Immediate::atomic32:
        return memory_argument(32);
      case Immediate::memarg64:
      case Immediate::atomic64:
        return memory_argument(64);
      case Immediate::memarg128:
        return memory_argument(128);
      case Immediate::memarg8_lane16:
        return memory_argument_and_lane(8);
      case Immediate::memarg16_lane8:
        return memory_argument_and_lane(16);
      case Immediate::memarg32_lane4:
        return memory_argument_and_lane(32);
      case Immediate::memarg64_lane2:
        return memory_argument_and_lane(64);
    }
    return ok();
  }

  ByteReader& in_;
  std::string text_;
};

bool opens_block(Opcode op) {
  return op == Opcode::block || op == Opcode::loop || op == Opcode::if_ || op == Opcode::try_table;
}

}  // namespace

Result<void> print_body(ByteReader& in, uint32_t indent, std::string& out) {
  InstructionPrinter printer(in);
  uint32_t depth = 0;
  for (;;) {
    Opcode op{};
    REPRISE_ASSIGN(const std::string text, printer.next(op));
    if (op == Opcode::end) {
      if (depth == 0) return ok();
      depth--;
    }
    const uint32_t outward = op == Opcode::else_ && depth > 0 ? 1 : 0;
    out.append(std::min(indent + 2 * (depth - outward), kMaxIndent), ' ');
    out += text;
    out += '\n';
    if (opens_block(op)) depth++;
  }
}

Result<std::string> print_instruction(ByteReader& in) {
  Opcode op{};
  return InstructionPrinter(in).next(op);
}

Result<std::string> print_expression(ByteReader& in) {
  InstructionPrinter printer(in);
  std::string out;
  for (;;) {
    Opcode op{};
    REPRISE_ASSIGN(const std::string text, printer.next(op));
    if (op == Opcode::end) return out;
    if (!out.empty()) out += ' ';
    out += text;
  }
}

}  // namespace reprise::text
