// What follows an instruction's name. Where text and binary differ in order (call_indirect,
// memory.init, table.init), or where text may leave an index out, is written here and nowhere else.

#include <fmt/format.h>

#include <bit>

#include "text/constants.hpp"
#include "text/instructions.hpp"
#include "text/literals.hpp"

namespace reprise::text {

using wasm::Immediate;
using wasm::Opcode;

namespace {

constexpr uint8_t kHasMemoryIndex = 0x40;

/// The value after `offset=` or `align=`, if that is what stands here.
Result<std::optional<uint64_t>> take_assignment(Cursor& cursor, std::string_view prefix) {
  if (!cursor.is(TokenKind::keyword)) return std::nullopt;
  const std::string_view word = cursor.text(cursor.peek());
  if (!word.starts_with(prefix)) return std::nullopt;
  const std::string_view value = word.substr(prefix.size());
  if (number_shape(value) != NumberShape::nat) return cursor.unexpected("a number after `=`");
  const auto parsed = parse_unsigned(value, 64);
  if (!parsed) return cursor.error("i64 constant out of range");
  cursor.next();
  return *parsed;
}

}  // namespace

Result<void> InstructionEncoder::index(const IndexSpace& space, ByteWriter& out) {
  REPRISE_ASSIGN(const uint32_t value, space.expect(cursor_));
  out.leb_u32(value);
  return ok();
}

Result<void> InstructionEncoder::index_or_zero(const IndexSpace& space, ByteWriter& out) {
  REPRISE_ASSIGN(const uint32_t value, space.take_or(cursor_, 0));
  out.leb_u32(value);
  return ok();
}

/// `memory.init $memory? $data`: the binary has the segment first.
Result<void> InstructionEncoder::segment_and_space(const IndexSpace& segments,
                                                   const IndexSpace& space, ByteWriter& out) {
  const TokenKind second = cursor_.peek(1).kind;
  uint32_t of_space = 0;
  if (cursor_.is_index() && (second == TokenKind::nat || second == TokenKind::id)) {
    REPRISE_ASSIGN(of_space, space.expect(cursor_));
  }
  REPRISE_TRY(index(segments, out));
  out.leb_u32(of_space);
  return ok();
}

/// `memory.copy ($to $from)?`
Result<void> InstructionEncoder::two_or_zero(const IndexSpace& space, ByteWriter& out) {
  if (!cursor_.is_index()) return out.leb_u32(0), out.leb_u32(0), ok();
  REPRISE_TRY(index(space, out));
  return index(space, out);
}

/// `call_indirect $table? typeuse`: the binary has the type first.
Result<void> InstructionEncoder::call_indirect(ByteWriter& out) {
  REPRISE_ASSIGN(const uint32_t table, scope_.tables.take_or(cursor_, 0));
  REPRISE_ASSIGN(const TypeUse use, parse_nameless_type_use(cursor_, scope_.types.names));
  REPRISE_ASSIGN(const uint32_t type, scope_.types.resolve(cursor_, use));
  out.leb_u32(type);
  out.leb_u32(table);
  return ok();
}

Result<void> InstructionEncoder::branch_table(ByteWriter& out) {
  std::vector<uint32_t> labels;
  do {
    REPRISE_ASSIGN(const uint32_t depth, label());
    labels.push_back(depth);
  } while (cursor_.is_index());
  out.leb_u32(static_cast<uint32_t>(labels.size() - 1));
  for (const uint32_t depth : labels) out.leb_u32(depth);
  return ok();
}

Result<void> InstructionEncoder::cast_branch(ByteWriter& out) {
  REPRISE_ASSIGN(const uint32_t depth, label());
  REPRISE_ASSIGN(const ReferenceType from, parse_reference_type(cursor_, scope_.types.names));
  REPRISE_ASSIGN(const ReferenceType to, parse_reference_type(cursor_, scope_.types.names));
  out.u8(static_cast<uint8_t>((from.nullable ? 1 : 0) | (to.nullable ? 2 : 0)));
  out.leb_u32(depth);
  out.bytes(from.heap);
  out.bytes(to.heap);
  return ok();
}

Result<void> InstructionEncoder::test_or_cast(Opcode op, ByteWriter& out) {
  REPRISE_ASSIGN(const ReferenceType type, parse_reference_type(cursor_, scope_.types.names));
  const Opcode null_op = op == Opcode::ref_test ? Opcode::ref_test_null : Opcode::ref_cast_null;
  const wasm::OpcodeInfo& chosen = wasm::info(type.nullable ? null_op : op);
  out.u8(chosen.prefix);
  out.leb_u32(chosen.code);
  out.bytes(type.heap);
  return ok();
}

Result<void> InstructionEncoder::select(ByteWriter& out) {
  if (!cursor_.is_left("result")) {
    out.u8(static_cast<uint8_t>(wasm::info(Opcode::select).code));
    return ok();
  }
  ByteWriter types;
  uint32_t count = 0;
  while (cursor_.take_left("result")) {
    for (; !cursor_.is_right(); count++) {
      REPRISE_TRY(encode_value_type(cursor_, scope_.types.names, types));
    }
    cursor_.next();
  }
  out.u8(static_cast<uint8_t>(wasm::info(Opcode::select_typed).code));
  out.leb_u32(count);
  out.bytes(types.view());
  return ok();
}

Result<void> InstructionEncoder::type_and_field(ByteWriter& out) {
  REPRISE_ASSIGN(const uint32_t type, scope_.types.names.expect(cursor_));
  out.leb_u32(type);
  static const IndexSpace kNone("field");
  const IndexSpace* fields = scope_.types.fields(type);
  return index(fields ? *fields : kNone, out);
}

Result<void> InstructionEncoder::memory_argument(uint32_t width, ByteWriter& out) {
  std::optional<uint32_t> memory;
  if (cursor_.is_index()) {
    REPRISE_ASSIGN(memory, scope_.memories.expect(cursor_));
  }
  return memory_offset_align(memory, width, out);
}

/// A number here may be the memory, or already the lane.
Result<void> InstructionEncoder::memory_argument_and_lane(uint32_t width, ByteWriter& out) {
  std::optional<uint32_t> memory;
  const TokenKind second = cursor_.peek(1).kind;
  const bool more = second == TokenKind::nat || second == TokenKind::keyword;
  const bool assigns = second != TokenKind::keyword ||
                       cursor_.text(cursor_.peek(1)).starts_with("offset=") ||
                       cursor_.text(cursor_.peek(1)).starts_with("align=");
  if (cursor_.is(TokenKind::id) || (cursor_.is(TokenKind::nat) && more && assigns)) {
    REPRISE_ASSIGN(memory, scope_.memories.expect(cursor_));
  }
  REPRISE_TRY(memory_offset_align(memory, width, out));
  return lane(out);
}

Result<void> InstructionEncoder::memory_offset_align(std::optional<uint32_t> memory, uint32_t width,
                                                     ByteWriter& out) {
  REPRISE_ASSIGN(const auto offset, take_assignment(cursor_, "offset="));
  const Token align_token = cursor_.peek();
  REPRISE_ASSIGN(const auto align, take_assignment(cursor_, "align="));
  if (align && !std::has_single_bit(*align)) {
    return cursor_.error(align_token, "alignment must be a power of two");
  }
  const auto log_align = static_cast<uint32_t>(std::countr_zero(align ? *align : width / 8));
  out.leb_u32(log_align | (memory.value_or(0) ? kHasMemoryIndex : 0));
  if (memory.value_or(0)) out.leb_u32(*memory);
  out.leb_u64(offset.value_or(0));
  return ok();
}

Result<void> InstructionEncoder::lane(ByteWriter& out) {
  REPRISE_ASSIGN(const uint64_t value, cursor_.expect_nat(8));
  out.u8(static_cast<uint8_t>(value));
  return ok();
}

Result<void> InstructionEncoder::number(Immediate kind, ByteWriter& out) {
  switch (kind) {
    case Immediate::i32: {
      REPRISE_ASSIGN(const uint64_t bits, take_number(cursor_, NumberKind::i32));
      return out.leb_s32(static_cast<int32_t>(bits)), ok();
    }
    case Immediate::i64: {
      REPRISE_ASSIGN(const uint64_t bits, take_number(cursor_, NumberKind::i64));
      return out.leb_s64(static_cast<int64_t>(bits)), ok();
    }
    default: {
      const NumberKind width = kind == Immediate::f32 ? NumberKind::f32 : NumberKind::f64;
      REPRISE_ASSIGN(const uint64_t bits, take_number(cursor_, width));
      return put_bits(bits, width, out), ok();
    }
  }
}

Result<void> InstructionEncoder::immediates(Opcode op, const Token& token, ByteWriter& out) {
  const Immediate kind = wasm::info(op).immediate;
  switch (kind) {
    case Immediate::none:
      return ok();
    case Immediate::zero_byte:
      return out.u8(0), ok();
    case Immediate::label: {
      REPRISE_ASSIGN(const uint32_t depth, label());
      return out.leb_u32(depth), ok();
    }
    case Immediate::label_table:
      return branch_table(out);
    case Immediate::func:
      return index(scope_.functions, out);
    case Immediate::type:
      return index(scope_.types.names, out);
    case Immediate::table:
      return index_or_zero(scope_.tables, out);
    case Immediate::memory:
      return index_or_zero(scope_.memories, out);
    case Immediate::local:
      return index(locals, out);
    case Immediate::global:
      return index(scope_.globals, out);
    case Immediate::tag:
      return index(scope_.tags, out);
    case Immediate::data:
      scope_.needs_data_count = true;
      return index(scope_.data, out);
    case Immediate::elem:
      return index(scope_.elements, out);
    case Immediate::type_table:
      return call_indirect(out);
    case Immediate::data_memory:
      scope_.needs_data_count = true;
      return segment_and_space(scope_.data, scope_.memories, out);
    case Immediate::elem_table:
      return segment_and_space(scope_.elements, scope_.tables, out);
    case Immediate::memory_memory:
      return two_or_zero(scope_.memories, out);
    case Immediate::table_table:
      return two_or_zero(scope_.tables, out);
    case Immediate::type_field:
      return type_and_field(out);
    case Immediate::type_count: {
      REPRISE_TRY(index(scope_.types.names, out));
      REPRISE_ASSIGN(const uint32_t count, cursor_.expect_u32());
      return out.leb_u32(count), ok();
    }
    case Immediate::type_data:
      scope_.needs_data_count = true;
      REPRISE_TRY(index(scope_.types.names, out));
      return index(scope_.data, out);
    case Immediate::type_elem:
      REPRISE_TRY(index(scope_.types.names, out));
      return index(scope_.elements, out);
    case Immediate::type_type:
      REPRISE_TRY(index(scope_.types.names, out));
      return index(scope_.types.names, out);
    case Immediate::heap_type:
      return encode_heap_type(cursor_, scope_.types.names, out);
    case Immediate::br_on_cast:
      return cast_branch(out);
    case Immediate::i32:
    case Immediate::i64:
    case Immediate::f32:
    case Immediate::f64:
      return number(kind, out);
    case Immediate::v128: {
      REPRISE_ASSIGN(const auto vector, take_v128(cursor_));
      return out.bytes(vector), ok();
    }
    case Immediate::shuffle:
      for (int i = 0; i < 16; i++) {
        if (!is_number(cursor_)) return cursor_.error("invalid lane length");
        if (!cursor_.is(TokenKind::nat)) return cursor_.error("i8 constant out of range");
        REPRISE_TRY(lane(out));
      }
      if (is_number(cursor_)) return cursor_.error("invalid lane length");
      return ok();
    case Immediate::lane2:
    case Immediate::lane4:
    case Immediate::lane8:
    case Immediate::lane16:
      return lane(out);
    case Immediate::memarg8:
    case Immediate::atomic8:
      return memory_argument(8, out);
    case Immediate::memarg16:
    case Immediate::atomic16:
      return memory_argument(16, out);
    case Immediate::memarg32:
    case Immediate::atomic32:
      return memory_argument(32, out);
    case Immediate::memarg64:
    case Immediate::atomic64:
      return memory_argument(64, out);
    case Immediate::memarg128:
      return memory_argument(128, out);
    case Immediate::memarg8_lane16:
      return memory_argument_and_lane(8, out);
    case Immediate::memarg16_lane8:
      return memory_argument_and_lane(16, out);
    case Immediate::memarg32_lane4:
      return memory_argument_and_lane(32, out);
    case Immediate::memarg64_lane2:
      return memory_argument_and_lane(64, out);
    case Immediate::block:
    case Immediate::try_table:
    case Immediate::select_types:
      break;  // encoded by who called
  }
  return cursor_.error(token, fmt::format("unexpected token {}", cursor_.text(token)));
}

}  // namespace reprise::text
