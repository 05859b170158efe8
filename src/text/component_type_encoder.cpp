#include "text/component_type_encoder.hpp"

namespace reprise::text {

namespace {

void put_label(std::string_view label, ByteWriter& out) {
  out.name(label);
}

void put_optional(const std::optional<ComponentValueType>& type, ByteWriter& out) {
  out.u8(type ? 1 : 0);
  if (type) type->put(out);
}

/// A code and one value type.
TypeBytes encode_unary(uint8_t code, ComponentValueType type) {
  ByteWriter out;
  out.u8(code);
  type.put(out);
  return out.take();
}

TypeBytes encode_optional(uint8_t code, std::optional<ComponentValueType> type) {
  ByteWriter out;
  out.u8(code);
  put_optional(type, out);
  return out.take();
}

TypeBytes encode_handle(uint8_t code, uint32_t resource) {
  ByteWriter out;
  out.u8(code);
  out.leb_u32(resource);
  return out.take();
}

TypeBytes encode_labels(uint8_t code, const std::vector<std::string>& labels) {
  ByteWriter out;
  out.u8(code);
  out.leb_u32(static_cast<uint32_t>(labels.size()));
  for (const std::string& label : labels) put_label(label, out);
  return out.take();
}

void put_labelled(const std::vector<LabelledType>& types, ByteWriter& out) {
  out.leb_u32(static_cast<uint32_t>(types.size()));
  for (const LabelledType& type : types) {
    put_label(type.label, out);
    type.type.put(out);
  }
}

}  // namespace

std::optional<uint8_t> find_primitive(std::string_view word) {
  for (const PrimitiveType& type : kPrimitiveTypes) {
    if (type.word == word) return type.code;
  }
  return std::nullopt;
}

void ComponentValueType::put(ByteWriter& out) const {
  if (is_primitive_) {
    out.u8(static_cast<uint8_t>(value_));
  } else {
    out.leb_s64(value_);
  }
}

TypeBytes encode_value_type(ComponentValueType type) {
  ByteWriter out;
  type.put(out);
  return out.take();
}

TypeBytes encode_record(const std::vector<LabelledType>& fields) {
  ByteWriter out;
  out.u8(0x72);
  put_labelled(fields, out);
  return out.take();
}

TypeBytes encode_variant(const std::vector<LabelledCase>& cases) {
  ByteWriter out;
  out.u8(0x71);
  out.leb_u32(static_cast<uint32_t>(cases.size()));
  for (const LabelledCase& one : cases) {
    put_label(one.label, out);
    put_optional(one.type, out);
    out.u8(0);
  }
  return out.take();
}

TypeBytes encode_list(ComponentValueType element) {
  return encode_unary(0x70, element);
}

TypeBytes encode_fixed_list(ComponentValueType element, uint32_t length) {
  ByteWriter out;
  out.u8(0x67);
  element.put(out);
  out.leb_u32(length);
  return out.take();
}

TypeBytes encode_tuple(const std::vector<ComponentValueType>& types) {
  ByteWriter out;
  out.u8(0x6f);
  out.leb_u32(static_cast<uint32_t>(types.size()));
  for (const ComponentValueType& type : types) type.put(out);
  return out.take();
}

TypeBytes encode_flags(const std::vector<std::string>& labels) {
  return encode_labels(0x6e, labels);
}

TypeBytes encode_enum(const std::vector<std::string>& labels) {
  return encode_labels(0x6d, labels);
}

TypeBytes encode_option(ComponentValueType type) {
  return encode_unary(0x6b, type);
}

TypeBytes encode_result(std::optional<ComponentValueType> ok,
                        std::optional<ComponentValueType> error) {
  ByteWriter out;
  out.u8(0x6a);
  put_optional(ok, out);
  put_optional(error, out);
  return out.take();
}

TypeBytes encode_own(uint32_t resource) {
  return encode_handle(0x69, resource);
}

TypeBytes encode_borrow(uint32_t resource) {
  return encode_handle(0x68, resource);
}

TypeBytes encode_stream(std::optional<ComponentValueType> element) {
  return encode_optional(0x66, element);
}

TypeBytes encode_future(std::optional<ComponentValueType> value) {
  return encode_optional(0x65, value);
}

TypeBytes encode_map(ComponentValueType key, ComponentValueType value) {
  ByteWriter out;
  out.u8(0x63);
  key.put(out);
  value.put(out);
  return out.take();
}

TypeBytes encode_resource(uint8_t representation, std::optional<uint32_t> destructor) {
  ByteWriter out;
  out.u8(0x3f);
  out.u8(representation);
  out.u8(destructor ? 1 : 0);
  if (destructor) out.leb_u32(*destructor);
  return out.take();
}

void put_result(const std::optional<ComponentValueType>& result, ByteWriter& out) {
  out.u8(result ? 0 : 1);
  if (result) {
    result->put(out);
  } else {
    out.u8(0);
  }
}

TypeBytes encode_func_type(const ComponentFuncType& type) {
  ByteWriter out;
  out.u8(type.is_async ? 0x43 : 0x40);
  put_labelled(type.parameters, out);
  put_result(type.result, out);
  return out.take();
}

void ExternName::put(ByteWriter& out) const {
  const uint32_t attributes =
      (implements ? 1 : 0) + (version_suffix ? 1 : 0) + (external_id ? 1 : 0);
  out.u8(attributes ? 2 : 0);
  out.name(name);
  if (!attributes) return;
  out.leb_u32(attributes);
  if (implements) out.u8(0), out.name(*implements);
  if (version_suffix) out.u8(1), out.name(*version_suffix);
  if (external_id) out.u8(2), out.name(*external_id);
}

void ExternType::put(ByteWriter& out) const {
  put_sort(sort_, out);
  if (sort_ == Sort::type || sort_ == Sort::value) out.u8(index_ ? 0 : 1);
  if (index_) out.leb_u32(*index_);
  if (value_) value_->put(out);
}

}  // namespace reprise::text
