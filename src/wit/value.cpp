// Values as trees, to and from the canonical encoding.

#include <fmt/format.h>

#include <bit>

#include "wit/encoding.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::wit {
namespace {

std::unexpected<Error> mismatch(Type type) {
  return fail(ErrorKind::invalid, fmt::format("the value is not a {}", to_string(type->kind)));
}

/// The bits that a scalar's alternative holds, or nothing if it is another alternative.
std::optional<uint64_t> scalar_bits(Type type, const Value& value) {
  const auto& data = value.data;
  switch (type->kind) {
    case TypeKind::bool_:
      if (const bool* v = std::get_if<bool>(&data)) return *v;
      return std::nullopt;
    case TypeKind::f32:
      if (const float* v = std::get_if<float>(&data)) {
        return canonical_f32(std::bit_cast<uint32_t>(*v));
      }
      return std::nullopt;
    case TypeKind::f64:
      if (const double* v = std::get_if<double>(&data)) {
        return canonical_f64(std::bit_cast<uint64_t>(*v));
      }
      return std::nullopt;
    default:
      break;
  }
  if (is_signed(type->kind)) {
    if (const int64_t* v = std::get_if<int64_t>(&data)) return static_cast<uint64_t>(*v);
    return std::nullopt;
  }
  if (const uint64_t* v = std::get_if<uint64_t>(&data)) return *v;
  return std::nullopt;
}

Value scalar_value(Type type, uint64_t bits) {
  switch (type->kind) {
    case TypeKind::bool_:
      return {bits != 0};
    case TypeKind::f32:
      return {std::bit_cast<float>(static_cast<uint32_t>(bits))};
    case TypeKind::f64:
      return {std::bit_cast<double>(bits)};
    default:
      return is_signed(type->kind) ? Value{static_cast<int64_t>(bits)} : Value{bits};
  }
}

Result<void> encode_sequence(Type type, const Value& value, ByteWriter& writer) {
  const auto* list = std::get_if<Value::List>(&value.data);
  if (!list || list->size() > UINT32_MAX) return mismatch(type);
  if (type->shape == Shape::sequence) writer.leb_u32(static_cast<uint32_t>(list->size()));
  if (type->shape == Shape::array && list->size() != type->length) return mismatch(type);
  for (const Value& element : *list) REPRISE_TRY(encode(type->element, element, writer));
  return {};
}

Result<void> encode_product(Type type, const Value& value, ByteWriter& writer) {
  const auto* fields = std::get_if<Value::List>(&value.data);
  if (!fields || fields->size() != type->members.size()) return mismatch(type);
  for (size_t i = 0; i < fields->size(); ++i) {
    REPRISE_TRY(encode(type->members[i].type, (*fields)[i], writer));
  }
  return {};
}

Result<void> encode_sum(Type type, const Value& value, ByteWriter& writer) {
  const auto* chosen = std::get_if<Value::Case>(&value.data);
  if (!chosen || chosen->index >= type->members.size()) return mismatch(type);
  Type payload = type->members[chosen->index].type;
  if ((payload != nullptr) != (chosen->payload != nullptr)) return mismatch(type);
  writer.leb_u32(chosen->index);
  return payload ? encode(payload, *chosen->payload, writer) : ok();
}

Result<Value> decode_elements(Type element, uint32_t count, ByteReader& reader) {
  Value::List list;
  for (uint32_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(list.emplace_back(), decode(element, reader));
  }
  return Value{std::move(list)};
}

}  // namespace

Result<void> encode(Type type, const Value& value, ByteWriter& writer) {
  switch (type->shape) {
    case Shape::scalar: {
      std::optional<uint64_t> bits = scalar_bits(type, value);
      if (!bits || !is_valid_scalar(type, *bits)) return mismatch(type);
      write_scalar(type, *bits, writer);
      return {};
    }
    case Shape::string: {
      const auto* text = std::get_if<std::string>(&value.data);
      if (!text || text->size() > UINT32_MAX || !is_utf8(as_bytes(*text))) return mismatch(type);
      writer.name(*text);
      return {};
    }
    case Shape::handle: {
      const auto* ordinal = std::get_if<uint64_t>(&value.data);
      if (!ordinal || *ordinal > UINT32_MAX) return mismatch(type);
      writer.leb_u32(static_cast<uint32_t>(*ordinal));
      return {};
    }
    case Shape::sequence:
    case Shape::array:
      return encode_sequence(type, value, writer);
    case Shape::product:
      return encode_product(type, value, writer);
    case Shape::sum:
      return encode_sum(type, value, writer);
  }
  return {};
}

Result<Value> decode(Type type, ByteReader& reader) {
  switch (type->shape) {
    case Shape::scalar: {
      REPRISE_ASSIGN(uint64_t bits, read_scalar(type, reader));
      return scalar_value(type, bits);
    }
    case Shape::string: {
      REPRISE_ASSIGN(std::string_view text, read_string(reader));
      return Value{std::string(text)};
    }
    case Shape::handle: {
      REPRISE_ASSIGN(uint32_t ordinal, read_number(reader));
      return Value{uint64_t{ordinal}};
    }
    case Shape::sequence: {
      REPRISE_ASSIGN(uint32_t count, read_count(type->element, reader));
      return decode_elements(type->element, count, reader);
    }
    case Shape::array:
      return decode_elements(type->element, type->length, reader);
    case Shape::product: {
      Value::List fields;
      for (const Member& member : type->members) {
        REPRISE_ASSIGN(fields.emplace_back(), decode(member.type, reader));
      }
      return Value{std::move(fields)};
    }
    case Shape::sum: {
      REPRISE_ASSIGN(uint32_t index, read_case(type, reader));
      Type payload = type->members[index].type;
      if (!payload) return Value{Value::Case(index)};
      REPRISE_ASSIGN(Value value, decode(payload, reader));
      return Value{Value::Case(index, std::move(value))};
    }
  }
  return Value{};
}

}  // namespace reprise::wit
