// Component-level types (spec: Binary.md §Type Definitions).

#include <fmt/format.h>

#include "component/reader.hpp"
#include "wasm/type_reader.hpp"

namespace reprise::component {
namespace {

enum Code : uint8_t {
  kError = 0x64,
  kFirstPrimitive = 0x73,
  kLastPrimitive = 0x7f,
  kRecord = 0x72,
  kVariant = 0x71,
  kList = 0x70,
  kTuple = 0x6f,
  kFlags = 0x6e,
  kEnum = 0x6d,
  kOption = 0x6b,
  kResult = 0x6a,
  kOwn = 0x69,
  kBorrow = 0x68,
  kFixedList = 0x67,
  kStream = 0x66,
  kFuture = 0x65,
  kMap = 0x63,
  kAsyncFunc = 0x43,
  kInstanceType = 0x42,
  kComponentType = 0x41,
  kFunc = 0x40,
  kResource = 0x3f,
};

std::optional<wit::TypeKind> primitive_of(uint8_t code) {
  using enum wit::TypeKind;
  static constexpr wit::TypeKind kByCode[] = {string, char_, f64, f32, u64, s64,  u32,
                                              s32,    u16,   s16, u8,  s8,  bool_};
  if (code == kError) return error_context;
  if (code < kFirstPrimitive || code > kLastPrimitive) return std::nullopt;
  return kByCode[code - kFirstPrimitive];
}

/// Collects members whose names must be labels and differ.
class Labels {
 public:
  /// `item` is what one is called: "record field", and `what` what a previous one is: "field".
  Labels(std::string_view item, std::string_view previous) : item_(item), previous_(previous) {}

  Result<void> add(Name name, uint64_t offset) {
    if (name.empty()) return invalid(fmt::format("{} name cannot be empty", item_), offset);
    if (!is_label(name))
      return invalid(fmt::format("{} name `{}` is not in kebab case", item_, name), offset);
    if (const std::string* clash = names_.add(uniqueness_key(name), name)) {
      return invalid(fmt::format("{} name `{}` conflicts with previous {} name `{}`", item_, name,
                                 previous_, *clash),
                     offset);
    }
    return ok();
  }

 private:
  std::string_view item_, previous_;
  NameSet names_;
};

bool is_key(const TypeDef& def) {
  using enum wit::TypeKind;
  return def.kind == TypeKind::value && def.value <= string && def.value != f32 && def.value != f64;
}

}  // namespace

Result<TypeId> ComponentReader::type_at(uint32_t index, uint64_t offset) const {
  if (index >= scope().types.size())
    return invalid(fmt::format("unknown type {}: type index out of bounds", index), offset);
  return scope().types[index];
}

Result<TypeId> ComponentReader::type_at(uint32_t index, uint64_t offset, TypeKind kind) const {
  REPRISE_ASSIGN(const TypeId type, type_at(index, offset));
  if (types()[type].kind == kind) return type;
  static constexpr std::string_view kWanted[] = {"a defined type",   "a resource type",
                                                 "a function type",  "a component type",
                                                 "an instance type", "a module type"};
  return invalid(fmt::format("type index {} is not {}", index, kWanted[static_cast<size_t>(kind)]),
                 offset);
}

Result<void> ComponentReader::read_type(ByteReader& in) {
  const uint64_t offset = in.offset();
  if (scope().types.size() >= kMaxIndexSpace)
    return fail(ErrorKind::limit, "too many types", offset);
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  REPRISE_ASSIGN(const TypeId type, at(offset, read_defined_type(in, code, offset)));
  scope().types.push_back(type);
  return ok();
}

Result<TypeId> ComponentReader::read_defined_type(ByteReader& in, uint8_t code, uint64_t offset) {
  using wit::TypeKind;
  // A new id even for a primitive: a type definition can be given a name of its own.
  if (const auto primitive = primitive_of(code)) {
    if (*primitive == TypeKind::error_context) return types().alias(Types::primitive(*primitive));
    return types().alias(Types::primitive(*primitive));
  }
  auto value = [&](TypeDef def, std::span<const Member> members = {}) {
    return types().add_value(def, members);
  };
  switch (code) {
    case kRecord: {
      REPRISE_ASSIGN(const auto fields,
                     read_fields(in, "record type must have at least one field", "record field"));
      return value({.value = TypeKind::record}, fields);
    }
    case kVariant: {
      REPRISE_ASSIGN(const auto cases, read_cases(in));
      return value({.value = TypeKind::variant}, cases);
    }
    case kList: {
      REPRISE_ASSIGN(const TypeId element, read_value_type(in));
      return value({.value = TypeKind::list, .element = element});
    }
    case kFixedList: {
      REPRISE_ASSIGN(const TypeId element, read_value_type(in));
      REPRISE_ASSIGN(const uint32_t length, in.leb_u32());
      if (length == 0)
        return invalid("fixed-length lists must have more than zero elements", offset);
      return value({.value = TypeKind::fixed_list, .element = element, .length = length});
    }
    case kTuple: {
      REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxMembers, "tuple type"));
      if (count == 0) return invalid("tuple type must have at least one type", offset);
      std::vector<Member> members(count);
      for (Member& member : members) {
        REPRISE_ASSIGN(member.type, read_value_type(in));
      }
      return value({.value = TypeKind::tuple}, members);
    }
    case kFlags: {
      REPRISE_ASSIGN(const auto labels,
                     read_labels(in, "flags must have at least one entry", "flag"));
      if (labels.size() > kMaxFlags)
        return invalid(fmt::format("cannot have more than {} flags", kMaxFlags), offset);
      return value({.value = TypeKind::flags}, labels);
    }
    case kEnum: {
      REPRISE_ASSIGN(const auto labels,
                     read_labels(in, "enum type must have at least one variant", "enum tag"));
      return value({.value = TypeKind::enum_}, labels);
    }
    case kOption: {
      REPRISE_ASSIGN(const TypeId element, read_value_type(in));
      return value({.value = TypeKind::option, .element = element});
    }
    case kResult: {
      REPRISE_ASSIGN(const TypeId good, read_optional_value_type(in));
      REPRISE_ASSIGN(const TypeId bad, read_optional_value_type(in));
      return value({.value = TypeKind::result, .element = good, .second = bad});
    }
    case kOwn:
      return read_handle(in, TypeKind::own);
    case kBorrow:
      return read_handle(in, TypeKind::borrow);
    case kStream:
      return read_channel(in, TypeKind::stream);
    case kFuture:
      return read_channel(in, TypeKind::future);
    case kMap:
      return read_map(in);
    case kFunc:
      return read_func_type(in, false);
    case kAsyncFunc:
      return read_func_type(in, true);
    case kComponentType:
      return read_component_type(in);
    case kInstanceType:
      return read_instance_type(in);
    case kResource:
      return read_resource_type(in, offset);
    default:
      return bad_byte(code, "component defined type", offset);
  }
}

// valtype: a primitive's code, which as an SLEB is negative, or a type index, which is not.
Result<TypeId> ComponentReader::read_value_type(ByteReader& in) {
  const uint64_t offset = in.offset();
  if (const auto primitive = primitive_of(in.peek()); primitive && !in.at_end()) {
    REPRISE_TRY(in.u8());
    return Types::primitive(*primitive);
  }
  if ((in.peek() & 0xc0) == 0x40) return bad_byte(in.peek(), "component value type", offset);
  REPRISE_ASSIGN(const int64_t index, in.leb_s33());
  if (index < 0) return malformed("malformed component value type", offset);
  return type_at(static_cast<uint32_t>(index), offset, TypeKind::value);
}

Result<TypeId> ComponentReader::read_optional_value_type(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t present, in.u8());
  if (present == 0) return TypeId();
  if (present != 1) return bad_byte(present, "optional component value type", offset);
  return read_value_type(in);
}

Result<std::vector<Member>> ComponentReader::read_fields(ByteReader& in, std::string_view empty,
                                                         std::string_view item) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxMembers, item));
  if (count == 0 && !empty.empty()) return invalid(std::string(empty), offset);
  Labels labels(item, item.substr(item.find(' ') + 1));
  std::vector<Member> members(count);
  for (Member& member : members) {
    const uint64_t at = in.offset();
    REPRISE_ASSIGN(member.name, in.name());
    REPRISE_TRY(labels.add(member.name, at));
    REPRISE_ASSIGN(member.type, read_value_type(in));
  }
  return members;
}

Result<std::vector<Member>> ComponentReader::read_cases(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxMembers, "variant case"));
  if (count == 0) return invalid("variant type must have at least one case", offset);
  Labels labels("variant case", "case");
  std::vector<Member> members(count);
  for (Member& member : members) {
    const uint64_t at = in.offset();
    REPRISE_ASSIGN(member.name, in.name());
    REPRISE_TRY(labels.add(member.name, at));
    REPRISE_ASSIGN(member.type, read_optional_value_type(in));
    REPRISE_ASSIGN(const uint8_t zero, in.u8());
    if (zero != 0) return bad_byte(zero, "zero byte required", in.offset() - 1);
  }
  return members;
}

Result<std::vector<Member>> ComponentReader::read_labels(ByteReader& in, std::string_view empty,
                                                         std::string_view item) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxMembers, item));
  if (count == 0) return invalid(std::string(empty), offset);
  Labels labels(item, item.substr(item.find(' ') + 1));
  std::vector<Member> members(count);
  for (Member& member : members) {
    const uint64_t at = in.offset();
    REPRISE_ASSIGN(member.name, in.name());
    REPRISE_TRY(labels.add(member.name, at));
  }
  return members;
}

Result<TypeId> ComponentReader::read_handle(ByteReader& in, wit::TypeKind kind) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
  REPRISE_ASSIGN(const TypeId resource, type_at(index, offset, TypeKind::resource));
  return types().add_value({.value = kind, .element = resource}, {});
}

Result<TypeId> ComponentReader::read_map(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const TypeId key, read_value_type(in));
  REPRISE_ASSIGN(const TypeId value, read_value_type(in));
  if (!is_key(types()[key])) {
    return invalid(fmt::format("map keys must be bool, integers, char or string, found {}",
                               describe(types(), key)),
                   offset);
  }
  return types().add_value({.value = wit::TypeKind::map, .element = key, .second = value}, {});
}

Result<TypeId> ComponentReader::read_channel(ByteReader& in, wit::TypeKind kind) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const TypeId element, read_optional_value_type(in));
  if (element && types()[element].has_borrow) {
    return invalid(fmt::format("`{}` type cannot contain a `borrow` type", wit::to_string(kind)),
                   offset);
  }
  if (element && kind == wit::TypeKind::stream && types()[element].value == wit::TypeKind::char_)
    return invalid("`stream<char>` is not valid at this time", offset);
  return types().add_value({.value = kind, .element = element}, {});
}

Result<TypeId> ComponentReader::read_resource_type(ByteReader& in, uint64_t offset) {
  REPRISE_ASSIGN(const uint8_t rep, in.u8());
  if (wasm::number_or_vector_type(rep).is_bottom())
    return bad_byte(rep, "resource representation", in.offset() - 1);
  uint32_t destructor = kNoIndex;
  REPRISE_ASSIGN(const uint8_t has_destructor, in.u8());
  if (has_destructor > 1) return bad_byte(has_destructor, "optional destructor", in.offset() - 1);
  if (has_destructor == 1) {
    REPRISE_ASSIGN(destructor, in.leb_u32());
  }
  if (scope().kind != ScopeKind::component)
    return invalid("resources can only be defined within a concrete component", offset);
  if (wasm::number_or_vector_type(rep) != wasm::kI32)
    return invalid("resources can only be represented by `i32`", offset);
  if (has_destructor == 1) {
    REPRISE_ASSIGN(const wasm::TypeId id, core_func_at(destructor, offset));
    const wasm::FuncType& func = *component_->registry_->func(id);
    if (func.parameters != std::vector{wasm::kI32} || !func.results.empty())
      return invalid(
          fmt::format("core function {} has wrong signature for a destructor", destructor), offset);
  }
  const ResourceId resource = types().fresh_resource();
  scope().defined.push_back(resource);
  scope().local_resources.insert(resource);
  plan(step::DefineResource{slot_of(scope(), resource, ""), destructor});
  return types().add_resource(resource);
}

Result<TypeId> ComponentReader::read_result_list(ByteReader& in) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const uint8_t code, in.u8());
  if (code == 0x00) return read_value_type(in);
  if (code != 0x01) return bad_byte(code, "component function results", offset);
  REPRISE_ASSIGN(const uint8_t count, in.u8());
  if (count != 0) return bad_byte(count, "number of results", offset + 1);
  return TypeId();
}

Result<TypeId> ComponentReader::read_func_type(ByteReader& in, bool is_async) {
  const uint64_t offset = in.offset();
  REPRISE_ASSIGN(const auto params, read_fields(in, "", "function parameter"));
  REPRISE_ASSIGN(const TypeId result, read_result_list(in));
  if (result && types()[result].has_borrow)
    return invalid("function result cannot contain a `borrow` type", offset);
  return types().add_func(params, result, is_async);
}

Result<TypeId> ComponentReader::read_component_type(ByteReader& in) {
  REPRISE_TRY(push_scope(ScopeKind::component_type, in.offset()));
  REPRISE_TRY(read_declarations(in));
  ComponentType type = take_component_type(scope());
  scopes_.pop_back();
  return types().add_component(std::move(type));
}

Result<TypeId> ComponentReader::read_instance_type(ByteReader& in) {
  REPRISE_TRY(push_scope(ScopeKind::instance_type, in.offset()));
  REPRISE_TRY(read_declarations(in));
  InstanceType type{.exports = std::move(scope().exports), .bound = std::move(scope().defined)};
  scopes_.pop_back();
  return types().add_instance(std::move(type));
}

Result<void> ComponentReader::read_declarations(ByteReader& in) {
  REPRISE_ASSIGN(const uint32_t count, read_count(in, kMaxExterns, "declaration"));
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = in.offset();
    REPRISE_ASSIGN(const uint8_t code, in.u8());
    switch (code) {
      case 0x00:
        REPRISE_TRY(read_core_type(in));
        break;
      case 0x01:
        REPRISE_TRY(read_type(in));
        break;
      case 0x02:
        REPRISE_TRY(read_alias(in));
        break;
      case 0x03:
        if (scope().kind == ScopeKind::instance_type)
          return bad_byte(code, "component or instance type declaration", offset);
        REPRISE_TRY(read_import(in));
        break;
      case 0x04:
        REPRISE_TRY(read_export_declaration(in));
        break;
      default:
        return bad_byte(code, "component or instance type declaration", offset);
    }
  }
  return ok();
}

}  // namespace reprise::component
