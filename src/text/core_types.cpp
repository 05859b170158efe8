#include "text/core_types.hpp"

#include <fmt/format.h>

#include <bit>

#include "text/type_codes.hpp"

namespace reprise::text {

namespace {

const AbstractHeap* find_reference(const Cursor& cursor) {
  if (!cursor.is(TokenKind::keyword)) return nullptr;
  const std::string_view word = cursor.text(cursor.peek());
  for (const AbstractHeap& heap : kAbstractHeaps) {
    if (heap.reference == word) return &heap;
  }
  return nullptr;
}

const NumberType* find_number(const Cursor& cursor) {
  if (!cursor.is(TokenKind::keyword)) return nullptr;
  const std::string_view word = cursor.text(cursor.peek());
  for (const NumberType& type : kNumberTypes) {
    if (type.name == word) return &type;
  }
  return nullptr;
}

/// `(param …)` or `(result …)`, after the keyword.
Result<uint32_t> value_types(Cursor& cursor, const IndexSpace& types, ByteWriter& out) {
  uint32_t count = 0;
  while (!cursor.is_right()) {
    REPRISE_TRY(encode_value_type(cursor, types, out));
    count++;
  }
  cursor.next();
  return count;
}

Result<void> parse_results(Cursor& cursor, const IndexSpace& types, Signature& signature) {
  while (cursor.take_left("result")) {
    REPRISE_ASSIGN(const uint32_t count, value_types(cursor, types, signature.results));
    signature.result_count += count;
  }
  if (cursor.is_left("param")) {
    return cursor.next(), cursor.unexpected("no parameter, since these stand before results");
  }
  return ok();
}

Result<std::optional<uint32_t>> take_type(Cursor& cursor, const IndexSpace& types) {
  if (!cursor.take_left("type")) return std::nullopt;
  REPRISE_ASSIGN(const uint32_t type, types.expect(cursor));
  REPRISE_TRY(cursor.expect_right());
  return type;
}

}  // namespace

Result<void> encode_heap_type(Cursor& cursor, const IndexSpace& types, ByteWriter& out) {
  if (cursor.is_index()) {
    REPRISE_ASSIGN(const uint32_t type, types.expect(cursor));
    out.leb_s64(type);
    return ok();
  }
  for (const AbstractHeap& heap : kAbstractHeaps) {
    if (cursor.take_keyword(heap.name)) return out.u8(heap.code), ok();
  }
  return cursor.unexpected("a heap type");
}

bool is_reference_type(const Cursor& cursor) {
  return cursor.is_left("ref") || find_reference(cursor) != nullptr;
}

Result<ReferenceType> parse_reference_type(Cursor& cursor, const IndexSpace& types) {
  if (const AbstractHeap* heap = find_reference(cursor)) {
    cursor.next();
    return ReferenceType{true, {heap->code}};
  }
  if (!cursor.take_left("ref")) return cursor.unexpected("a reference type");
  ReferenceType type;
  type.nullable = cursor.take_keyword("null");
  ByteWriter heap;
  REPRISE_TRY(encode_heap_type(cursor, types, heap));
  REPRISE_TRY(cursor.expect_right());
  type.heap = heap.take();
  return type;
}

void encode(const ReferenceType& type, ByteWriter& out) {
  // An abstract heap type is one byte with bit 6 set; an index, as a signed number, never is.
  const bool is_abstract = type.heap.size() == 1 && (type.heap[0] & 0x40);
  if (!type.nullable || !is_abstract) out.u8(type.nullable ? kRefNull : kRef);
  out.bytes(type.heap);
}

bool is_value_type(const Cursor& cursor) {
  return find_number(cursor) != nullptr || is_reference_type(cursor);
}

Result<void> encode_value_type(Cursor& cursor, const IndexSpace& types, ByteWriter& out) {
  if (const NumberType* type = find_number(cursor)) {
    cursor.next();
    return out.u8(type->code), ok();
  }
  if (!is_reference_type(cursor)) return cursor.unexpected("a value type");
  REPRISE_ASSIGN(const ReferenceType type, parse_reference_type(cursor, types));
  encode(type, out);
  return ok();
}

Result<void> encode_global_type(Cursor& cursor, const IndexSpace& types, ByteWriter& out) {
  const bool is_mutable = cursor.take_left("mut");
  REPRISE_TRY(encode_value_type(cursor, types, out));
  if (is_mutable) REPRISE_TRY(cursor.expect_right());
  out.u8(is_mutable ? 1 : 0);
  return ok();
}

bool take_address_type(Cursor& cursor) {
  if (cursor.take_keyword("i64")) return true;
  cursor.take_keyword("i32");
  return false;
}

Result<Limits> parse_limits(Cursor& cursor) {
  Limits limits;
  limits.is_64 = take_address_type(cursor);
  REPRISE_ASSIGN(limits.minimum, cursor.expect_nat(64));
  if (cursor.is(TokenKind::nat)) {
    REPRISE_ASSIGN(limits.maximum, cursor.expect_nat(64));
  }
  return limits;
}

Result<Limits> parse_memory_type(Cursor& cursor) {
  REPRISE_ASSIGN(Limits limits, parse_limits(cursor));
  limits.is_shared = cursor.take_keyword("shared");
  if (cursor.take_left("pagesize")) {
    REPRISE_ASSIGN(const uint32_t size, cursor.expect_u32());
    if (!std::has_single_bit(size)) return cursor.error("invalid custom page size");
    limits.log_page_size = static_cast<uint32_t>(std::countr_zero(size));
    REPRISE_TRY(cursor.expect_right());
  }
  return limits;
}

void encode(const Limits& limits, ByteWriter& out) {
  out.u8(static_cast<uint8_t>((limits.maximum ? 1 : 0) | (limits.is_shared ? 2 : 0) |
                              (limits.is_64 ? 4 : 0) | (limits.log_page_size ? 8 : 0)));
  out.leb_u64(limits.minimum);
  if (limits.maximum) out.leb_u64(*limits.maximum);
  if (limits.log_page_size) out.leb_u32(*limits.log_page_size);
}

std::vector<uint8_t> Signature::encoding() const {
  ByteWriter out;
  out.u8(kFunc);
  out.leb_u32(parameter_count);
  out.bytes(parameters.view());
  out.leb_u32(result_count);
  out.bytes(results.view());
  return out.take();
}

Result<Signature> parse_signature(Cursor& cursor, const IndexSpace& types) {
  Signature signature;
  while (cursor.take_left("param")) {
    uint32_t count = 1;
    if (const auto id = cursor.take_id()) {
      REPRISE_TRY(encode_value_type(cursor, types, signature.parameters));
      REPRISE_TRY(cursor.expect_right());
      signature.names.push_back(id);
    } else {
      REPRISE_ASSIGN(count, value_types(cursor, types, signature.parameters));
      signature.names.resize(signature.names.size() + count);
    }
    signature.parameter_count += count;
  }
  REPRISE_TRY(parse_results(cursor, types, signature));
  return signature;
}

Result<Signature> parse_nameless_signature(Cursor& cursor, const IndexSpace& types) {
  Signature signature;
  while (cursor.take_left("param")) {
    REPRISE_ASSIGN(const uint32_t count, value_types(cursor, types, signature.parameters));
    signature.parameter_count += count;
  }
  REPRISE_TRY(parse_results(cursor, types, signature));
  return signature;
}

Result<TypeUse> parse_type_use(Cursor& cursor, const IndexSpace& types) {
  TypeUse use;
  use.token = cursor.peek();
  REPRISE_ASSIGN(use.type, take_type(cursor, types));
  REPRISE_ASSIGN(use.signature, parse_signature(cursor, types));
  return use;
}

Result<TypeUse> parse_nameless_type_use(Cursor& cursor, const IndexSpace& types) {
  TypeUse use;
  use.token = cursor.peek();
  REPRISE_ASSIGN(use.type, take_type(cursor, types));
  REPRISE_ASSIGN(use.signature, parse_nameless_signature(cursor, types));
  return use;
}

Result<void> TypeTable::declare(Cursor& cursor) {
  if (cursor.take_left("rec")) {
    while (!cursor.is_right()) {
      const uint32_t start = cursor.index();
      REPRISE_TRY(cursor.expect_left("type"));
      REPRISE_TRY(names.bind(cursor, cursor.take_id()));
      cursor.move_to(start);
      REPRISE_TRY(cursor.skip_form());
    }
    return ok();
  }
  REPRISE_TRY(cursor.expect_left("type"));
  REPRISE_TRY(names.bind(cursor, cursor.take_id()));
  return ok();
}

Result<void> TypeTable::define(Cursor& cursor) {
  group_count_++;
  if (!cursor.take_left("rec")) return define_one(cursor, groups_, true);
  ByteWriter members;
  uint32_t count = 0;
  while (!cursor.is_right()) {
    // A group of one is the same as a type by itself.
    REPRISE_TRY(define_one(cursor, members, false));
    count++;
  }
  cursor.next();
  if (count == 1 && !types_.back().function.empty() && members.view()[0] == kFunc) {
    plain_functions_.emplace(types_.back().function, size() - 1);
  }
  if (count != 1) {
    groups_.u8(kRec);
    groups_.leb_u32(count);
  }
  groups_.bytes(members.view());
  return ok();
}

Result<void> TypeTable::define_one(Cursor& cursor, ByteWriter& out, bool alone) {
  REPRISE_TRY(cursor.expect_left("type"));
  cursor.take_id();
  Type type;
  REPRISE_TRY(sub_type(cursor, out, type, alone));
  types_.push_back(std::move(type));
  return cursor.expect_right();
}

Result<void> TypeTable::sub_type(Cursor& cursor, ByteWriter& out, Type& type, bool alone) {
  if (!cursor.take_left("sub")) {
    REPRISE_TRY(composite_type(cursor, out, type));
    if (alone && !type.function.empty()) plain_functions_.emplace(type.function, size());
    return ok();
  }
  const bool is_final = cursor.take_keyword("final");
  std::vector<uint32_t> supers;
  while (cursor.is_index()) {
    REPRISE_ASSIGN(const uint32_t super, names.expect(cursor));
    supers.push_back(super);
  }
  const bool is_plain = is_final && supers.empty();
  if (!is_plain) {
    out.u8(is_final ? kSubFinal : kSub);
    out.leb_u32(static_cast<uint32_t>(supers.size()));
    for (const uint32_t super : supers) out.leb_u32(super);
  }
  REPRISE_TRY(composite_type(cursor, out, type));
  if (alone && is_plain && !type.function.empty()) plain_functions_.emplace(type.function, size());
  return cursor.expect_right();
}

Result<void> TypeTable::composite_type(Cursor& cursor, ByteWriter& out, Type& type) {
  if (cursor.take_left("func")) {
    REPRISE_ASSIGN(const Signature signature, parse_signature(cursor, names));
    type.function = signature.encoding();
    type.parameter_count = signature.parameter_count;
    out.bytes(type.function);
    return cursor.expect_right();
  }
  if (cursor.take_left("struct")) return struct_type(cursor, out, type);
  if (cursor.take_left("array")) {
    out.u8(kArray);
    REPRISE_TRY(field_type(cursor, out));
    return cursor.expect_right();
  }
  return cursor.unexpected("`(func`, `(struct` or `(array`");
}

Result<void> TypeTable::struct_type(Cursor& cursor, ByteWriter& out, Type& type) {
  ByteWriter fields;
  while (cursor.take_left("field")) {
    if (const auto id = cursor.take_id()) {
      REPRISE_TRY(type.fields.bind(cursor, id));
      REPRISE_TRY(field_type(cursor, fields));
      REPRISE_TRY(cursor.expect_right());
      continue;
    }
    while (!cursor.take_right()) {
      REPRISE_TRY(field_type(cursor, fields));
      type.fields.skip(1);
    }
  }
  out.u8(kStruct);
  out.leb_u32(type.fields.size());
  out.bytes(fields.view());
  return cursor.expect_right();
}

Result<void> TypeTable::field_type(Cursor& cursor, ByteWriter& out) {
  const bool is_mutable = cursor.take_left("mut");
  REPRISE_TRY(storage_type(cursor, out));
  if (is_mutable) REPRISE_TRY(cursor.expect_right());
  out.u8(is_mutable ? 1 : 0);
  return ok();
}

Result<void> TypeTable::storage_type(Cursor& cursor, ByteWriter& out) {
  if (cursor.take_keyword("i8")) return out.u8(kI8), ok();
  if (cursor.take_keyword("i16")) return out.u8(kI16), ok();
  return encode_value_type(cursor, names, out);
}

Result<uint32_t> TypeTable::resolve(const Cursor& cursor, const TypeUse& use) {
  if (use.type) {
    if (use.signature.empty()) return *use.type;
    if (*use.type >= size()) {
      return cursor.error(use.token, fmt::format("unknown type {}", *use.type));
    }
    if (types_[*use.type].function != use.signature.encoding()) {
      return cursor.error(use.token, "inline function type does not match the type it refers to");
    }
    return *use.type;
  }
  std::vector<uint8_t> encoding = use.signature.encoding();
  const auto found = plain_functions_.find(encoding);
  if (found != plain_functions_.end()) return found->second;
  const uint32_t index = size();
  groups_.bytes(encoding);
  group_count_++;
  plain_functions_.emplace(encoding, index);
  types_.push_back({std::move(encoding), use.signature.parameter_count, IndexSpace("field")});
  return index;
}

Result<LooseType> parse_loose_type(Cursor& cursor, const IndexSpace& names) {
  TypeTable table;
  table.names = names;
  TypeTable::Type type;
  ByteWriter out;
  REPRISE_TRY(table.sub_type(cursor, out, type, true));
  return LooseType{out.take(), !table.plain_functions_.empty()};
}

uint32_t TypeTable::parameter_count(uint32_t type) const {
  return type < types_.size() ? types_[type].parameter_count : 0;
}

const IndexSpace* TypeTable::fields(uint32_t type) const {
  return type < types_.size() ? &types_[type].fields : nullptr;
}

}  // namespace reprise::text
