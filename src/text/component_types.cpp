// Types in component text (component model: design/mvp/Explainer.md §Type Definitions). Where the
// binary wants the index of a type and the text gives the type itself, it becomes a definition just
// before.

#include <fmt/format.h>

#include "text/component_parser.hpp"
#include "text/core_types.hpp"

namespace reprise::text {

// Value types

Result<ComponentValueType> ComponentParser::value_type() {
  if (cursor_.is_index()) {
    REPRISE_ASSIGN(const uint32_t index, path(Sort::type));
    return ComponentValueType::index(index);
  }
  if (cursor_.is(TokenKind::keyword)) {
    const auto code = find_primitive(cursor_.text(cursor_.peek()));
    if (!code) return cursor_.unexpected("a value type");
    cursor_.next();
    return ComponentValueType::primitive(*code);
  }
  if (cursor_.is_left("type")) {
    REPRISE_ASSIGN(const uint32_t index, reference(Sort::type));
    return ComponentValueType::index(index);
  }
  if (depth_ == kMaxComponentDepth) return cursor_.error("types nest too deeply");
  depth_++;
  const Result<TypeBytes> bytes = value_type_definition();
  depth_--;
  if (!bytes) return fail(Error(bytes.error()));
  return ComponentValueType::index(scope_->encoder->type(*bytes));
}

Result<std::optional<ComponentValueType>> ComponentParser::optional_value_type() {
  if (cursor_.is_right()) return std::nullopt;
  REPRISE_ASSIGN(const ComponentValueType type, value_type());
  return type;
}

Result<TypeBytes> ComponentParser::value_type_definition() {
  if (cursor_.is(TokenKind::keyword)) {
    const auto code = find_primitive(cursor_.text(cursor_.peek()));
    if (!code) return cursor_.unexpected("a type");
    cursor_.next();
    return encode_value_type(ComponentValueType::primitive(*code));
  }
  if (!cursor_.is_left()) return cursor_.unexpected("a type");
  cursor_.next();
  TypeBytes bytes;
  if (cursor_.take_keyword("record")) {
    REPRISE_ASSIGN(bytes, record());
  } else if (cursor_.take_keyword("variant")) {
    REPRISE_ASSIGN(bytes, variant());
  } else if (cursor_.take_keyword("list")) {
    REPRISE_ASSIGN(bytes, list());
  } else if (cursor_.take_keyword("tuple")) {
    std::vector<ComponentValueType> types;
    while (!at_end()) {
      REPRISE_ASSIGN(const ComponentValueType type, value_type());
      types.push_back(type);
    }
    bytes = encode_tuple(types);
  } else if (cursor_.take_keyword("flags")) {
    REPRISE_ASSIGN(const auto names, labels());
    bytes = encode_flags(names);
  } else if (cursor_.take_keyword("enum")) {
    REPRISE_ASSIGN(const auto names, labels());
    bytes = encode_enum(names);
  } else if (cursor_.take_keyword("option")) {
    REPRISE_ASSIGN(const ComponentValueType type, value_type());
    bytes = encode_option(type);
  } else if (cursor_.take_keyword("result")) {
    REPRISE_ASSIGN(bytes, result());
  } else if (cursor_.take_keyword("own")) {
    REPRISE_ASSIGN(const uint32_t resource, reference(Sort::type));
    bytes = encode_own(resource);
  } else if (cursor_.take_keyword("borrow")) {
    REPRISE_ASSIGN(const uint32_t resource, reference(Sort::type));
    bytes = encode_borrow(resource);
  } else if (cursor_.take_keyword("stream")) {
    REPRISE_ASSIGN(const auto element, optional_value_type());
    bytes = encode_stream(element);
  } else if (cursor_.take_keyword("future")) {
    REPRISE_ASSIGN(const auto value, optional_value_type());
    bytes = encode_future(value);
  } else if (cursor_.take_keyword("map")) {
    REPRISE_ASSIGN(const ComponentValueType key, value_type());
    REPRISE_ASSIGN(const ComponentValueType value, value_type());
    bytes = encode_map(key, value);
  } else {
    return cursor_.unexpected("a type");
  }
  REPRISE_TRY(cursor_.expect_right());
  return bytes;
}

Result<TypeBytes> ComponentParser::record() {
  std::vector<LabelledType> fields;
  while (cursor_.take_left("field")) {
    REPRISE_ASSIGN(std::string label, cursor_.expect_name("the name of a field"));
    REPRISE_ASSIGN(const ComponentValueType type, value_type());
    REPRISE_TRY(cursor_.expect_right());
    fields.push_back({std::move(label), type});
  }
  return encode_record(fields);
}

Result<TypeBytes> ComponentParser::variant() {
  std::vector<LabelledCase> cases;
  while (cursor_.take_left("case")) {
    cursor_.take_id();
    REPRISE_ASSIGN(std::string label, cursor_.expect_name("the name of a case"));
    REPRISE_ASSIGN(const auto type, optional_value_type());
    REPRISE_TRY(cursor_.expect_right());
    cases.push_back({std::move(label), type});
  }
  return encode_variant(cases);
}

Result<TypeBytes> ComponentParser::list() {
  REPRISE_ASSIGN(const ComponentValueType element, value_type());
  if (!cursor_.is(TokenKind::nat)) return encode_list(element);
  REPRISE_ASSIGN(const uint32_t length, cursor_.expect_u32());
  return encode_fixed_list(element, length);
}

Result<std::vector<std::string>> ComponentParser::labels() {
  std::vector<std::string> all;
  while (cursor_.is(TokenKind::string)) {
    REPRISE_ASSIGN(std::string label, cursor_.expect_name("a label"));
    all.push_back(std::move(label));
  }
  return all;
}

Result<TypeBytes> ComponentParser::result() {
  std::optional<ComponentValueType> value;
  std::optional<ComponentValueType> error;
  if (!cursor_.is_right() && !cursor_.is_left("error")) {
    REPRISE_ASSIGN(value, value_type());
  }
  if (cursor_.take_left("error")) {
    REPRISE_ASSIGN(error, value_type());
    REPRISE_TRY(cursor_.expect_right());
  }
  return encode_result(value, error);
}

// Definitions of types

Result<TypeBytes> ComponentParser::type_definition() {
  TypeBytes bytes;
  if (cursor_.take_left("resource")) {
    REPRISE_ASSIGN(bytes, resource());
  } else if (cursor_.take_left("func")) {
    REPRISE_ASSIGN(const ComponentFuncType type, func_type());
    bytes = encode_func_type(type);
  } else if (cursor_.take_left("component")) {
    REPRISE_ASSIGN(bytes, type_scope(TypeScopeEncoder::Kind::component));
  } else if (cursor_.take_left("instance")) {
    REPRISE_ASSIGN(bytes, type_scope(TypeScopeEncoder::Kind::instance));
  } else {
    return value_type_definition();
  }
  REPRISE_TRY(cursor_.expect_right());
  return bytes;
}

/// `(rep i32) (dtor (func $f))?`
Result<TypeBytes> ComponentParser::resource() {
  REPRISE_TRY(cursor_.expect_left("rep"));
  ByteWriter representation;
  REPRISE_TRY(encode_value_type(cursor_, IndexSpace("type"), representation));
  if (representation.size() != 1) return cursor_.unexpected("i32 or i64");
  REPRISE_TRY(cursor_.expect_right());
  std::optional<uint32_t> destructor;
  if (cursor_.take_left("dtor")) {
    REPRISE_ASSIGN(destructor, reference(Sort::core_func));
    REPRISE_TRY(cursor_.expect_right());
  }
  return encode_resource(representation.view()[0], destructor);
}

Result<ComponentFuncType> ComponentParser::func_type() {
  ComponentFuncType type;
  type.is_async = cursor_.take_keyword("async");
  while (cursor_.take_left("param")) {
    REPRISE_ASSIGN(std::string label, cursor_.expect_name("the name of a parameter"));
    REPRISE_ASSIGN(const ComponentValueType parameter, value_type());
    REPRISE_TRY(cursor_.expect_right());
    type.parameters.push_back({std::move(label), parameter});
  }
  if (cursor_.take_left("result")) {
    REPRISE_ASSIGN(type.result, value_type());
    REPRISE_TRY(cursor_.expect_right());
  }
  return type;
}

/// `(type $t)`, and not the definition of a type.
bool ComponentParser::is_type_use() const {
  if (!cursor_.is_left("type")) return false;
  const TokenKind index = cursor_.peek(2).kind;
  const TokenKind after = cursor_.peek(3).kind;
  return (index == TokenKind::nat || index == TokenKind::id) &&
         (after == TokenKind::right || after == TokenKind::string);
}

Result<uint32_t> ComponentParser::type_use() {
  return reference(Sort::type);
}

Result<uint32_t> ComponentParser::func_type_use() {
  if (is_type_use()) return type_use();
  REPRISE_ASSIGN(const ComponentFuncType type, func_type());
  return scope_->encoder->type(encode_func_type(type));
}

/// The declarations of a component type or an instance type, up to the parenthesis.
Result<TypeBytes> ComponentParser::type_scope(TypeScopeEncoder::Kind kind) {
  if (depth_ == kMaxComponentDepth) return cursor_.error("types nest too deeply");
  TypeScopeEncoder encoder(kind);
  ComponentScope scope;
  scope.encoder = scope.type_scope = &encoder;
  scope.parent = scope_;
  scope_ = &scope;
  depth_++;
  Result<void> done = ok();
  while (done && !at_end()) done = declaration(encoder);
  depth_--;
  scope_ = scope.parent;
  if (!done) return fail(std::move(done.error()));
  return encoder.finish();
}

Result<void> ComponentParser::declaration(TypeScopeEncoder& type_encoder) {
  if (!cursor_.is_left()) return cursor_.unexpected("a declaration");
  cursor_.next();
  if (cursor_.take_keyword("type")) return type();
  if (cursor_.take_keyword("alias")) return alias();
  if (cursor_.take_keyword("import")) return import();
  if (cursor_.is_keyword("core") && cursor_.is_keyword("type", 1)) {
    cursor_.move_to(cursor_.index() + 2);
    return core_type();
  }
  if (!cursor_.take_keyword("export")) {
    return cursor_.unexpected("type, alias, import, export or core type");
  }
  REPRISE_ASSIGN(const ExternName name, extern_name());
  REPRISE_ASSIGN(const Extern exported, extern_type());
  const uint32_t index = type_encoder.export_(name, exported.type);
  REPRISE_TRY(scope_->bind(cursor_, exported.type.sort(), exported.id, index));
  return cursor_.expect_right();
}

// What imports and exports are

Result<ComponentParser::Extern> ComponentParser::extern_type() {
  REPRISE_TRY(cursor_.expect_left());
  REPRISE_ASSIGN(const Sort wanted, sort());
  const Id id = cursor_.take_id();
  REPRISE_ASSIGN(const ExternType type, extern_type_of(wanted));
  REPRISE_TRY(cursor_.expect_right());
  return Extern{id, type};
}

/// After the sort and the name, up to the parenthesis.
Result<ExternType> ComponentParser::extern_type_of(Sort wanted) {
  switch (wanted) {
    case Sort::func: {
      REPRISE_ASSIGN(const uint32_t type, func_type_use());
      return ExternType::func(type);
    }
    case Sort::component:
    case Sort::instance: {
      const bool is_instance = wanted == Sort::instance;
      uint32_t type = 0;
      if (is_type_use()) {
        REPRISE_ASSIGN(type, type_use());
      } else {
        REPRISE_ASSIGN(const TypeBytes bytes,
                       type_scope(is_instance ? TypeScopeEncoder::Kind::instance
                                              : TypeScopeEncoder::Kind::component));
        type = scope_->encoder->type(bytes);
      }
      return is_instance ? ExternType::instance(type) : ExternType::component(type);
    }
    case Sort::core_module: {
      if (is_type_use()) {
        REPRISE_TRY(cursor_.expect_left("type"));
        REPRISE_ASSIGN(const uint32_t type, scope_->resolve(cursor_, Sort::core_type));
        REPRISE_TRY(cursor_.expect_right());
        return ExternType::core_module(type);
      }
      REPRISE_ASSIGN(const TypeBytes bytes, module_type());
      return ExternType::core_module(scope_->encoder->core_type(bytes));
    }
    case Sort::type: {
      if (cursor_.take_left("sub")) {
        if (!cursor_.take_keyword("resource")) return cursor_.unexpected("resource");
        REPRISE_TRY(cursor_.expect_right());
        return ExternType::sub_resource();
      }
      REPRISE_TRY(cursor_.expect_left("eq"));
      REPRISE_ASSIGN(const uint32_t type, reference(Sort::type));
      REPRISE_TRY(cursor_.expect_right());
      return ExternType::type_equal(type);
    }
    case Sort::value: {
      if (cursor_.take_left("eq")) {
        REPRISE_ASSIGN(const uint32_t value, reference(Sort::value));
        REPRISE_TRY(cursor_.expect_right());
        return ExternType::value_equal(value);
      }
      REPRISE_ASSIGN(const ComponentValueType type, value_type());
      return ExternType::value(type);
    }
    default:
      return cursor_.unexpected("func, core module, component, instance, type or value");
  }
}

}  // namespace reprise::text
