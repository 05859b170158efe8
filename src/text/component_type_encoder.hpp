// Definitions of component types as bytes, for ScopeEncoder::type (component model:
// design/mvp/Binary.md §Type Definitions).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "text/component_sorts.hpp"

namespace reprise::text {

/// Primitive value types, by their codes.
struct PrimitiveType {
  std::string_view word;
  uint8_t code;
};
inline constexpr PrimitiveType kPrimitiveTypes[] = {
    {"bool", 0x7f}, {"s8", 0x7e},   {"u8", 0x7d},     {"s16", 0x7c},           {"u16", 0x7b},
    {"s32", 0x7a},  {"u32", 0x79},  {"s64", 0x78},    {"u64", 0x77},           {"f32", 0x76},
    {"f64", 0x75},  {"char", 0x74}, {"string", 0x73}, {"error-context", 0x64},
};
/// The code of a primitive type, such as "u32"; nothing if there is none of that name.
std::optional<uint8_t> find_primitive(std::string_view word);

/// A primitive type, or the index of a defined one.
class ComponentValueType {
 public:
  static ComponentValueType primitive(uint8_t code) { return {true, code}; }
  static ComponentValueType index(uint32_t type) { return {false, type}; }
  void put(ByteWriter& out) const;

 private:
  ComponentValueType(bool is_primitive, uint32_t value)
      : is_primitive_(is_primitive), value_(value) {}
  bool is_primitive_;
  uint32_t value_;
};

struct LabelledType {
  std::string label;
  ComponentValueType type;
};
struct LabelledCase {
  std::string label;
  std::optional<ComponentValueType> type;
};
struct ComponentFuncType {
  bool is_async = false;
  std::vector<LabelledType> parameters = {};
  std::optional<ComponentValueType> result = std::nullopt;
};

using TypeBytes = std::vector<uint8_t>;
TypeBytes encode_value_type(ComponentValueType type);
TypeBytes encode_record(const std::vector<LabelledType>& fields);
TypeBytes encode_variant(const std::vector<LabelledCase>& cases);
TypeBytes encode_list(ComponentValueType element);
TypeBytes encode_fixed_list(ComponentValueType element, uint32_t length);
TypeBytes encode_tuple(const std::vector<ComponentValueType>& types);
TypeBytes encode_flags(const std::vector<std::string>& labels);
TypeBytes encode_enum(const std::vector<std::string>& labels);
TypeBytes encode_option(ComponentValueType type);
TypeBytes encode_result(std::optional<ComponentValueType> ok,
                        std::optional<ComponentValueType> error);
TypeBytes encode_own(uint32_t resource);
TypeBytes encode_borrow(uint32_t resource);
TypeBytes encode_stream(std::optional<ComponentValueType> element);
TypeBytes encode_future(std::optional<ComponentValueType> value);
TypeBytes encode_map(ComponentValueType key, ComponentValueType value);
/// `representation` is the code of i32 (0x7f) or i64 (0x7e).
TypeBytes encode_resource(uint8_t representation, std::optional<uint32_t> destructor);
TypeBytes encode_func_type(const ComponentFuncType& type);
/// The result list of a function type, which task.return has, too.
void put_result(const std::optional<ComponentValueType>& result, ByteWriter& out);

/// The name of an import or export, with its attributes.
struct ExternName {
  std::string name;
  std::optional<std::string> implements = std::nullopt;
  std::optional<std::string> version_suffix = std::nullopt;
  std::optional<std::string> external_id = std::nullopt;
  void put(ByteWriter& out) const;
};

/// What an import or export is required to be.
class ExternType {
 public:
  static ExternType core_module(uint32_t core_type) { return {Sort::core_module, core_type}; }
  static ExternType func(uint32_t type) { return {Sort::func, type}; }
  static ExternType component(uint32_t type) { return {Sort::component, type}; }
  static ExternType instance(uint32_t type) { return {Sort::instance, type}; }
  static ExternType type_equal(uint32_t type) { return {Sort::type, type}; }
  static ExternType sub_resource() { return {Sort::type, std::nullopt}; }
  static ExternType value_equal(uint32_t value) { return {Sort::value, value}; }
  static ExternType value(ComponentValueType type) {
    ExternType result{Sort::value, std::nullopt};
    result.value_ = type;
    return result;
  }

  Sort sort() const { return sort_; }
  void put(ByteWriter& out) const;

 private:
  ExternType(Sort sort, std::optional<uint32_t> index) : sort_(sort), index_(index) {}
  Sort sort_;
  std::optional<uint32_t> index_;
  std::optional<ComponentValueType> value_;
};

}  // namespace reprise::text
