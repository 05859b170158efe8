// Checking, and the shared steps of reading and writing. See encoding.hpp for the format.

#include "wit/encoding.hpp"

#include <fmt/format.h>

#include "base/check.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::wit {

Result<uint32_t> read_number(ByteReader& reader) {
  uint64_t start = reader.offset();
  REPRISE_ASSIGN(uint32_t value, reader.leb_u32());
  uint64_t length = reader.offset() - start;
  if (length > 1 && value >> (7 * (length - 1)) == 0) {
    return fail(ErrorKind::malformed, "a number is not in its shortest form", start);
  }
  return value;
}

Result<uint32_t> read_count(Type element, ByteReader& reader) {
  uint64_t start = reader.offset();
  REPRISE_ASSIGN(uint32_t count, read_number(reader));
  if (count > reader.remaining() / element->min_encoded_size) {
    return fail(ErrorKind::malformed, fmt::format("a list of {} elements exceeds its bytes", count),
                start);
  }
  return count;
}

Result<uint32_t> read_case(Type sum, ByteReader& reader) {
  uint64_t start = reader.offset();
  REPRISE_ASSIGN(uint32_t index, read_number(reader));
  if (index >= sum->members.size()) {
    return fail(ErrorKind::malformed,
                fmt::format("a value has case {} of {}", index, sum->members.size()), start);
  }
  return index;
}

Result<std::string_view> read_string(ByteReader& reader) {
  uint64_t start = reader.offset();
  REPRISE_ASSIGN(uint32_t length, read_number(reader));
  REPRISE_ASSIGN(Bytes bytes, reader.bytes(length));
  if (!is_utf8(bytes)) return fail(ErrorKind::malformed, "a string is not UTF-8", start);
  return as_text(bytes);
}

bool is_valid_scalar(Type type, uint64_t bits) {
  switch (type->kind) {
    case TypeKind::bool_:
      return bits <= 1;
    case TypeKind::char_:
      return is_scalar_value(bits);
    case TypeKind::f32:
      return bits <= UINT32_MAX && canonical_f32(static_cast<uint32_t>(bits)) == bits;
    case TypeKind::f64:
      return canonical_f64(bits) == bits;
    case TypeKind::flags:
      return bits >> type->members.size() == 0;
    default:
      break;
  }
  unsigned unused = 64 - 8 * type->layout32().size;
  if (is_signed(type->kind)) {
    return static_cast<uint64_t>(static_cast<int64_t>(bits << unused) >> unused) == bits;
  }
  return (bits << unused) >> unused == bits;
}

std::unexpected<Error> invalid_scalar(Type type, uint64_t bits, uint64_t offset) {
  return fail(ErrorKind::malformed,
              fmt::format("{:#x} is not a value of the type {}", bits, to_string(type->kind)),
              offset);
}

namespace {

Result<void> check_elements(Type element, uint32_t count, ByteReader& reader) {
  if (element->bitwise) {
    // read_count, or the size limit of types, keeps the product small.
    REPRISE_TRY(reader.bytes(size_t{count} * element->min_encoded_size));
    return {};
  }
  for (uint32_t i = 0; i < count; ++i) REPRISE_TRY(check_value(element, reader));
  return {};
}

}  // namespace

Result<void> check_value(Type type, ByteReader& reader) {
  switch (type->shape) {
    case Shape::scalar:
      REPRISE_TRY(read_scalar(type, reader));
      return {};
    case Shape::string:
      REPRISE_TRY(read_string(reader));
      return {};
    case Shape::handle:
      REPRISE_TRY(read_number(reader));
      return {};
    case Shape::sequence: {
      REPRISE_ASSIGN(uint32_t count, read_count(type->element, reader));
      return check_elements(type->element, count, reader);
    }
    case Shape::array:
      return check_elements(type->element, type->length, reader);
    case Shape::product:
      for (const Member& member : type->members) REPRISE_TRY(check_value(member.type, reader));
      return {};
    case Shape::sum: {
      REPRISE_ASSIGN(uint32_t index, read_case(type, reader));
      Type payload = type->members[index].type;
      return payload ? check_value(payload, reader) : ok();
    }
  }
  return {};
}

Result<void> check_values(std::span<const Type> types, ByteReader& reader) {
  for (Type type : types) REPRISE_TRY(check_value(type, reader));
  return {};
}

}  // namespace reprise::wit
