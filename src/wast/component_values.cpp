#include "wast/component_values.hpp"

#include <fmt/format.h>

#include <bit>

#include "wit/wave.hpp"

namespace reprise::wast {

namespace {

using text::ValueKind;
using wit::Type;
using wit::TypeKind;

std::unexpected<Error> mismatch(Type type) {
  return fail(ErrorKind::usage,
              fmt::format("the value is of another kind than {}", to_string(type->kind)));
}

/// Kinds of scripts and of types that are the same thing.
struct Scalar {
  ValueKind value;
  TypeKind type;
};
constexpr Scalar kUnsigned[] = {
    {ValueKind::u8, TypeKind::u8},           {ValueKind::u16, TypeKind::u16},
    {ValueKind::u32, TypeKind::u32},         {ValueKind::u64, TypeKind::u64},
    {ValueKind::character, TypeKind::char_},
};
constexpr Scalar kSigned[] = {
    {ValueKind::s8, TypeKind::s8},
    {ValueKind::s16, TypeKind::s16},
    {ValueKind::s32, TypeKind::s32},
    {ValueKind::s64, TypeKind::s64},
};

Result<wit::Value> convert(Type type, const text::Value& value);

/// Elements or fields in the order in which they are written.
Result<wit::Value> convert_items(std::span<const text::Value> items, auto&& type_of) {
  wit::Value::List list;
  for (size_t i = 0; i < items.size(); i++) {
    REPRISE_ASSIGN(wit::Value item, convert(type_of(i), items[i]));
    list.push_back(std::move(item));
  }
  return wit::Value{std::move(list)};
}

Result<wit::Value> convert_record(Type type, const text::Value& value) {
  wit::Value::List list;
  for (const wit::Member& member : type->members) {
    size_t i = 0;
    while (i < value.labels.size() && value.labels[i] != member.name) i++;
    if (i == value.labels.size()) return mismatch(type);
    REPRISE_ASSIGN(wit::Value item, convert(member.type, value.items[i]));
    list.push_back(std::move(item));
  }
  if (list.size() != value.items.size()) return mismatch(type);
  return wit::Value{std::move(list)};
}

/// A case of a variant, enum, option or result.
Result<wit::Value> convert_case(Type type, uint32_t index, std::span<const text::Value> payload) {
  const Type payload_type = type->members[index].type;
  if ((payload_type != nullptr) == payload.empty()) return mismatch(type);
  if (!payload_type) return wit::Value{wit::Value::Case(index)};
  REPRISE_ASSIGN(wit::Value inner, convert(payload_type, payload[0]));
  return wit::Value{wit::Value::Case(index, std::move(inner))};
}

std::optional<uint32_t> find_label(Type type, std::string_view label) {
  for (uint32_t i = 0; i < type->members.size(); i++) {
    if (type->members[i].name == label) return i;
  }
  return std::nullopt;
}

Result<wit::Value> convert_named_case(Type type, const text::Value& value) {
  const auto index = find_label(type, value.text);
  if (!index) return mismatch(type);
  return convert_case(type, *index, value.items);
}

Result<wit::Value> convert_flags(Type type, const text::Value& value) {
  uint64_t bits = 0;
  for (const std::string& label : value.labels) {
    const auto index = find_label(type, label);
    if (!index) return mismatch(type);
    bits |= uint64_t{1} << *index;
  }
  return wit::Value{bits};
}

/// Types are limited in depth, so this is, too.
Result<wit::Value> convert(Type type, const text::Value& value) {
  for (const Scalar& scalar : kUnsigned) {
    if (scalar.type == type->kind && scalar.value == value.kind) return wit::Value{value.bits};
  }
  for (const Scalar& scalar : kSigned) {
    if (scalar.type == type->kind && scalar.value == value.kind) {
      return wit::Value{static_cast<int64_t>(value.bits)};
    }
  }
  const auto is = [&](TypeKind kind, ValueKind written) {
    return type->kind == kind && value.kind == written;
  };
  if (is(TypeKind::bool_, ValueKind::boolean)) return wit::Value{value.bits != 0};
  if (is(TypeKind::f32, ValueKind::f32)) {
    return wit::Value{std::bit_cast<float>(static_cast<uint32_t>(value.bits))};
  }
  if (is(TypeKind::f64, ValueKind::f64)) return wit::Value{std::bit_cast<double>(value.bits)};
  if (is(TypeKind::string, ValueKind::string)) return wit::Value{value.text};
  if (is(TypeKind::list, ValueKind::list) || is(TypeKind::fixed_list, ValueKind::list) ||
      is(TypeKind::map, ValueKind::list)) {
    return convert_items(value.items, [&](size_t) { return type->element; });
  }
  if (is(TypeKind::record, ValueKind::record)) return convert_record(type, value);
  if (is(TypeKind::tuple, ValueKind::tuple)) {
    if (value.items.size() != type->members.size()) return mismatch(type);
    return convert_items(value.items, [&](size_t i) { return type->members[i].type; });
  }
  if (is(TypeKind::variant, ValueKind::variant) || is(TypeKind::enum_, ValueKind::enumeration)) {
    return convert_named_case(type, value);
  }
  if (is(TypeKind::flags, ValueKind::flags)) return convert_flags(type, value);
  // Cases stand in the order none, some and ok, error; a script's bit says some and ok.
  if (is(TypeKind::option, ValueKind::option)) {
    return convert_case(type, value.bits ? 1 : 0, value.items);
  }
  if (is(TypeKind::result, ValueKind::result)) {
    return convert_case(type, value.bits ? 0 : 1, value.items);
  }
  return mismatch(type);
}

Result<void> encode(Type type, const text::Value& value, ByteWriter& out) {
  REPRISE_ASSIGN(const wit::Value converted, convert(type, value));
  return wit::encode(type, converted, out);
}

bool is_canonical_nan(Type type, Bytes bytes) {
  const uint64_t nan = type->kind == TypeKind::f32 ? wit::kCanonicalNan32 : wit::kCanonicalNan64;
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes.size(); i++) bits |= uint64_t{bytes[i]} << (8 * i);
  return bits == nan;
}

bool match_one(const text::Pattern& pattern, Type type, Bytes bytes) {
  switch (pattern.kind) {
    case text::Pattern::Kind::value: {
      ByteWriter wanted;
      if (!encode(type, pattern.value, wanted)) return false;
      return std::equal(bytes.begin(), bytes.end(), wanted.view().begin(), wanted.view().end());
    }
    case text::Pattern::Kind::nan:
      return (type->kind == TypeKind::f32 || type->kind == TypeKind::f64) &&
             is_canonical_nan(type, bytes);
    case text::Pattern::Kind::either:
      for (const text::Pattern& alternative : pattern.alternatives) {
        if (match_one(alternative, type, bytes)) return true;
      }
      return false;
    default:
      return false;
  }
}

}  // namespace

Result<std::vector<uint8_t>> encode_arguments(const wit::FuncType& type,
                                              std::span<const text::Value> values) {
  if (values.size() != type.params.size()) {
    return fail(ErrorKind::usage, fmt::format("the function takes {} arguments, not {}",
                                              type.params.size(), values.size()));
  }
  ByteWriter out;
  for (size_t i = 0; i < values.size(); i++) {
    REPRISE_TRY(encode(type.params[i].type, values[i], out));
  }
  return out.take();
}

bool match_result(std::span<const text::Pattern> expected, const wit::FuncType& type,
                  Bytes result) {
  if (!type.result) return expected.empty();
  return expected.size() == 1 && match_one(expected[0], type.result, result);
}

std::string show_result(const wit::FuncType& type, Bytes result) {
  if (!type.result) return "nothing";
  return wit::to_wave(type.result, result, {.max_length = 1000}).value_or("?");
}

}  // namespace reprise::wast
