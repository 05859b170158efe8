#include "text/component_parser.hpp"

#include <fmt/format.h>

#include "text/component_text.hpp"
#include "text/custom_sections.hpp"
#include "text/module_encoder.hpp"

namespace reprise::text {

Result<std::vector<uint8_t>> ComponentParser::component() {
  std::optional<std::string> id;
  if (const Id token = cursor_.take_id()) id = decode_id(cursor_.source(), *token);
  return component_body(std::move(id));
}

Result<std::vector<uint8_t>> ComponentParser::component_body(std::optional<std::string> id) {
  if (depth_ == kMaxComponentDepth) return cursor_.error("components nest too deeply");
  ComponentEncoder encoder;
  ComponentScope scope;
  scope.encoder = scope.component = &encoder;
  scope.id = std::move(id);
  scope.parent = scope_;
  scope_ = &scope;
  depth_++;
  Result<void> done = ok();
  while (done) {
    done = custom_sections();
    if (!done || at_end()) break;
    done = definition();
  }
  for (const InstanceExport& one : scope.inline_exports) encoder.export_(one.name, one.item);
  depth_--;
  scope_ = scope.parent;
  if (!done) return fail(std::move(done.error()));
  return encoder.finish();
}

/// `(@custom "name" "bytes")` wherever a definition can stand; that is its place in the binary,
/// too.
Result<void> ComponentParser::custom_sections() {
  while (const Annotation* annotation = annotations_.take("custom", cursor_.index())) {
    REPRISE_ASSIGN(const CustomSection section, parse_custom(cursor_, *annotation));
    if (section.place != SectionPlace::last || !section.after)
      return cursor_.error(annotation->whole,
                           "a custom section of a component stands in its place");
    encoder().custom(section.name, as_bytes(section.bytes));
  }
  return ok();
}

Result<void> ComponentParser::definition() {
  if (!cursor_.is_left()) return cursor_.unexpected("a definition");
  cursor_.next();
  if (cursor_.take_keyword("core")) return core_definition();
  if (cursor_.take_keyword("component")) return component_definition();
  if (cursor_.take_keyword("instance")) return instance();
  if (cursor_.take_keyword("func")) return func();
  if (cursor_.take_keyword("type")) return type();
  if (cursor_.take_keyword("alias")) return alias();
  if (cursor_.take_keyword("canon")) return canon();
  if (cursor_.take_keyword("import")) return import();
  if (cursor_.take_keyword("export")) return export_();
  if (cursor_.take_keyword("start")) return start();
  return cursor_.unexpected("a definition of a component");
}

Result<void> ComponentParser::core_definition() {
  if (cursor_.take_keyword("module")) return core_module();
  if (cursor_.take_keyword("instance")) return core_instance();
  if (cursor_.take_keyword("type")) return core_type();
  if (cursor_.take_keyword("func")) return core_item(Sort::core_func);
  if (cursor_.take_keyword("table")) return core_item(Sort::core_table);
  if (cursor_.take_keyword("memory")) return core_item(Sort::core_memory);
  if (cursor_.take_keyword("global")) return core_item(Sort::core_global);
  if (cursor_.take_keyword("tag")) return core_item(Sort::core_tag);
  return cursor_.unexpected("a core definition of a component");
}

// What definitions have in common

/// `$id? (export "n")*`
Result<ComponentParser::Header> ComponentParser::header() {
  Header header;
  header.id = cursor_.take_id();
  while (cursor_.is_left("export") && cursor_.peek(2).kind == TokenKind::string) {
    const uint32_t start = cursor_.index();
    cursor_.move_to(start + 2);
    REPRISE_ASSIGN(ExternName name, extern_name());
    if (!cursor_.take_right()) {
      cursor_.move_to(start);  // an export of an instance that is put together here
      break;
    }
    header.exports.push_back(std::move(name));
  }
  return header;
}

Result<void> ComponentParser::finish(const Header& header, Sort sort, uint32_t index) {
  REPRISE_TRY(scope_->bind(cursor_, sort, header.id, index));
  for (const ExternName& name : header.exports) {
    scope_->inline_exports.push_back({name, {sort, index}});
  }
  return cursor_.expect_right();
}

/// An alias in place of a definition: unlike the definition of an alias, it has no sort.
bool ComponentParser::is_inline_alias() const {
  if (!cursor_.is_left("alias")) return false;
  Cursor ahead = cursor_;
  for (ahead.next(); !ahead.is_left(); ahead.next()) {
    if (ahead.is_right()) return true;
    if (ahead.is(TokenKind::end)) return false;
  }
  return false;
}

bool ComponentParser::is_inline_import() const {
  return cursor_.is_left("import");
}

/// `(import "n")`
Result<ExternName> ComponentParser::inline_import() {
  REPRISE_TRY(cursor_.expect_left("import"));
  REPRISE_ASSIGN(ExternName name, extern_name());
  REPRISE_TRY(cursor_.expect_right());
  return name;
}

Result<ExternName> ComponentParser::extern_name() {
  ExternName name;
  REPRISE_ASSIGN(name.name, cursor_.expect_name("the name of an import or export"));
  REPRISE_TRY(attributes(name));
  return name;
}

Result<void> ComponentParser::attributes(ExternName& name) {
  for (;;) {
    std::optional<std::string>* attribute = nullptr;
    if (cursor_.take_left("implements")) {
      attribute = &name.implements;
    } else if (cursor_.take_left("versionsuffix")) {
      attribute = &name.version_suffix;
    } else if (cursor_.take_left("external-id")) {
      attribute = &name.external_id;
    } else {
      return ok();
    }
    if (*attribute) return cursor_.error("unexpected token: an attribute stands here twice");
    REPRISE_ASSIGN(*attribute, cursor_.expect_name("a string"));
    REPRISE_TRY(cursor_.expect_right());
  }
}

// Indices

Result<Sort> ComponentParser::sort() {
  const bool is_core = cursor_.take_keyword("core");
  for (uint32_t i = 0; i < kSortCount; i++) {
    if (kSorts[i].is_core == is_core && cursor_.take_keyword(kSorts[i].word)) {
      return static_cast<Sort>(i);
    }
  }
  return cursor_.unexpected("a sort of definition, such as func or core module");
}

/// `(func $f)`, `(core module $m)`, `(func $instance "f")`
Result<SortIndex> ComponentParser::item() {
  REPRISE_TRY(cursor_.expect_left());
  REPRISE_ASSIGN(const Sort sort_here, sort());
  REPRISE_ASSIGN(const uint32_t index, path(sort_here));
  REPRISE_TRY(cursor_.expect_right());
  return SortIndex{sort_here, index};
}

/// The same where only core sorts can stand, so that `core` is left out.
Result<SortIndex> ComponentParser::core_item_reference() {
  REPRISE_TRY(cursor_.expect_left());
  for (uint32_t i = 0; i < kSortCount; i++) {
    if (!kSorts[i].is_core || !cursor_.take_keyword(kSorts[i].word)) continue;
    REPRISE_ASSIGN(const uint32_t index, path(static_cast<Sort>(i)));
    REPRISE_TRY(cursor_.expect_right());
    return SortIndex{static_cast<Sort>(i), index};
  }
  return cursor_.unexpected("a sort of core definition, such as func or memory");
}

Result<uint32_t> ComponentParser::reference(Sort wanted) {
  if (!cursor_.is_left()) return path(wanted);
  const Token token = cursor_.peek(1);
  REPRISE_ASSIGN(const SortIndex found, item());
  if (found.sort != wanted) {
    return cursor_.error(token, fmt::format("unexpected token {}: expected a {}",
                                            cursor_.text(token), sort_name(wanted)));
  }
  return found.index;
}

/// What a core instance is made from; `core` may be left out.
Result<uint32_t> ComponentParser::core_module_reference() {
  if (!cursor_.is_left("module")) return reference(Sort::core_module);
  REPRISE_ASSIGN(const SortIndex module, core_item_reference());
  return module.index;
}

/// `$x`, or `$instance "a" "b"`: export b of the instance that is export a.
Result<uint32_t> ComponentParser::path(Sort wanted) {
  if (cursor_.peek(1).kind != TokenKind::string) return scope_->resolve(cursor_, wanted);
  const bool of_core = info(wanted).is_core && wanted != Sort::core_module;
  REPRISE_ASSIGN(uint32_t index,
                 scope_->resolve(cursor_, of_core ? Sort::core_instance : Sort::instance));
  while (cursor_.is(TokenKind::string)) {
    REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an export"));
    const bool is_last = !cursor_.is(TokenKind::string);
    if (of_core && scope_->component) {
      index = encoder().alias_core_export(is_last ? wanted : Sort::core_instance, index, name);
    } else {
      index = scope_->encoder->alias_export(is_last ? wanted : Sort::instance, index, name);
    }
  }
  return index;
}

// Aliases

/// What stands after `alias`, up to where the sort or the parenthesis is.
Result<uint32_t> ComponentParser::alias_target(Sort wanted) {
  if (cursor_.take_keyword("outer")) {
    REPRISE_ASSIGN(const uint32_t level, scope_->resolve_level(cursor_));
    REPRISE_ASSIGN(const uint32_t outer, scope_->resolve_at(cursor_, wanted, level));
    return scope_->encoder->alias_outer(wanted, level, outer);
  }
  const bool is_core = cursor_.take_keyword("core");
  if (!cursor_.take_keyword("export")) return cursor_.unexpected("export, core export or outer");
  if (is_core && !scope_->component) return cursor_.error("unexpected core alias in a type");
  REPRISE_ASSIGN(const uint32_t instance,
                 scope_->resolve(cursor_, is_core ? Sort::core_instance : Sort::instance));
  REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an export"));
  return is_core ? encoder().alias_core_export(wanted, instance, name)
                 : scope_->encoder->alias_export(wanted, instance, name);
}

/// `(alias export $i "n")` and its like, of which the sort is known.
Result<uint32_t> ComponentParser::inline_alias(Sort wanted) {
  REPRISE_TRY(cursor_.expect_left("alias"));
  REPRISE_ASSIGN(const uint32_t index, alias_target(wanted));
  REPRISE_TRY(cursor_.expect_right());
  return index;
}

/// `(alias export $i "n" (func $f))`: what it is stands at the end, and is needed first.
Result<void> ComponentParser::alias() {
  Cursor ahead = cursor_;
  while (!ahead.is_left()) {
    if (ahead.is_right() || ahead.is(TokenKind::end)) return ahead.unexpected("`(` and a sort");
    ahead.next();
  }
  ahead.next();
  const uint32_t at = ahead.index();
  const uint32_t start = cursor_.index();
  cursor_.move_to(at);
  REPRISE_ASSIGN(const Sort wanted, sort());
  const Id id = cursor_.take_id();
  REPRISE_TRY(cursor_.expect_right());
  const uint32_t after = cursor_.index();
  cursor_.move_to(start);
  REPRISE_ASSIGN(const uint32_t index, alias_target(wanted));
  if (cursor_.index() + 1 != at) return cursor_.unexpected("`(` and a sort");
  cursor_.move_to(after);
  REPRISE_TRY(scope_->bind(cursor_, wanted, id, index));
  return cursor_.expect_right();
}

// Core modules and instances

Result<void> ComponentParser::core_module() {
  const uint32_t before_id = cursor_.index();
  REPRISE_ASSIGN(const Header head, header());
  uint32_t index = 0;
  if (is_inline_alias()) {
    REPRISE_ASSIGN(index, inline_alias(Sort::core_module));
  } else if (is_inline_import() && cursor_.peek(3).kind != TokenKind::string) {
    REPRISE_ASSIGN(const ExternName name, inline_import());
    REPRISE_ASSIGN(const ExternType type, extern_type_of(Sort::core_module));
    index = encoder().import(name, type);
  } else {
    REPRISE_ASSIGN(const auto bytes,
                   core_module_body(head.exports.empty() ? before_id : cursor_.index()));
    index = encoder().core_module(bytes);
  }
  return finish(head, Sort::core_module, index);
}

/// The module's fields; or `binary` or `quote` and strings.
Result<std::vector<uint8_t>> ComponentParser::core_module_body(uint32_t before_id) {
  if (cursor_.take_keyword("binary")) {
    const std::string bytes = cursor_.take_strings();
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  }
  if (cursor_.take_keyword("quote")) {
    return encode_module(cursor_.take_strings(), cursor_.source().name, options_);
  }
  cursor_.move_to(before_id);
  return encode_module_fields(cursor_, annotations_, options_);
}

Result<void> ComponentParser::core_instance() {
  const Header head{cursor_.take_id(), {}};
  uint32_t index = 0;
  if (cursor_.take_left("instantiate")) {
    REPRISE_ASSIGN(const uint32_t module, core_module_reference());
    REPRISE_ASSIGN(const auto with, core_arguments());
    REPRISE_TRY(cursor_.expect_right());
    index = encoder().instantiate_core(module, with);
  } else {
    REPRISE_ASSIGN(const auto exports, inline_core_exports());
    index = encoder().core_instance(exports);
  }
  return finish(head, Sort::core_instance, index);
}

/// True at `(instance` when an instance put together here follows, and not an index.
bool ComponentParser::is_bundle() const {
  return cursor_.is_left("instance") &&
         (cursor_.peek(2).kind == TokenKind::left || cursor_.peek(2).kind == TokenKind::right);
}

Result<std::vector<NamedItem>> ComponentParser::core_arguments() {
  std::vector<NamedItem> all;
  while (cursor_.take_left("with")) {
    REPRISE_ASSIGN(std::string name, cursor_.expect_name("the name of an import"));
    SortIndex value{Sort::core_instance, 0};
    if (is_bundle()) {
      cursor_.take_left("instance");
      REPRISE_ASSIGN(const auto exports, inline_core_exports());
      REPRISE_TRY(cursor_.expect_right());
      value.index = encoder().core_instance(exports);
    } else {
      REPRISE_ASSIGN(value, core_item_reference());
    }
    REPRISE_TRY(cursor_.expect_right());
    all.push_back({std::move(name), value});
  }
  return all;
}

Result<std::vector<NamedItem>> ComponentParser::inline_core_exports() {
  std::vector<NamedItem> all;
  while (cursor_.take_left("export")) {
    REPRISE_ASSIGN(std::string name, cursor_.expect_name("the name of an export"));
    REPRISE_ASSIGN(const SortIndex value, core_item_reference());
    REPRISE_TRY(cursor_.expect_right());
    all.push_back({std::move(name), value});
  }
  return all;
}

Result<void> ComponentParser::core_type() {
  const Id id = cursor_.take_id();
  uint32_t index = 0;
  if (is_inline_alias()) {
    REPRISE_ASSIGN(index, inline_alias(Sort::core_type));
  } else {
    REPRISE_ASSIGN(const TypeBytes bytes, core_type_definition(id));
    index = scope_->encoder->core_type(bytes);
  }
  REPRISE_TRY(scope_->bind(cursor_, Sort::core_type, id, index));
  return cursor_.expect_right();
}

/// `(core func $f (canon …))`, `(core memory $m (alias core export $i "m"))`
Result<void> ComponentParser::core_item(Sort wanted) {
  const Header head{cursor_.take_id(), {}};
  uint32_t index = 0;
  if (wanted == Sort::core_func && cursor_.take_left("canon")) {
    const Token token = cursor_.peek();
    REPRISE_ASSIGN(const CanonInfo* canon, canon_word());
    if (canon->op == CanonOp::lift) return cursor_.error(token, "unexpected token lift");
    REPRISE_ASSIGN(index, canon_core(*canon));
    REPRISE_TRY(cursor_.expect_right());
  } else {
    REPRISE_ASSIGN(index, inline_alias(wanted));
  }
  return finish(head, wanted, index);
}

// Components, instances, functions

Result<void> ComponentParser::component_definition() {
  REPRISE_ASSIGN(const Header head, header());
  uint32_t index = 0;
  if (is_inline_alias()) {
    REPRISE_ASSIGN(index, inline_alias(Sort::component));
  } else if (is_inline_import() && cursor_.peek(3).kind == TokenKind::right) {
    REPRISE_ASSIGN(const ExternName name, inline_import());
    REPRISE_ASSIGN(const ExternType type, extern_type_of(Sort::component));
    index = encoder().import(name, type);
  } else {
    std::optional<std::string> id;
    if (head.id) id = decode_id(cursor_.source(), *head.id);
    REPRISE_ASSIGN(const auto bytes, component_body(std::move(id)));
    index = encoder().component(bytes);
  }
  return finish(head, Sort::component, index);
}

Result<void> ComponentParser::instance() {
  REPRISE_ASSIGN(const Header head, header());
  uint32_t index = 0;
  if (is_inline_alias()) {
    REPRISE_ASSIGN(index, inline_alias(Sort::instance));
  } else if (is_inline_import()) {
    REPRISE_ASSIGN(const ExternName name, inline_import());
    REPRISE_ASSIGN(const ExternType type, extern_type_of(Sort::instance));
    index = encoder().import(name, type);
  } else if (cursor_.take_left("instantiate")) {
    REPRISE_ASSIGN(const uint32_t component, reference(Sort::component));
    REPRISE_ASSIGN(const auto with, arguments());
    REPRISE_TRY(cursor_.expect_right());
    index = encoder().instantiate(component, with);
  } else {
    REPRISE_ASSIGN(const auto exports, inline_exports());
    index = encoder().instance(exports);
  }
  return finish(head, Sort::instance, index);
}

Result<std::vector<NamedItem>> ComponentParser::arguments() {
  std::vector<NamedItem> all;
  while (cursor_.take_left("with")) {
    REPRISE_ASSIGN(std::string name, cursor_.expect_name("the name of an import"));
    SortIndex value{Sort::instance, 0};
    if (is_bundle()) {
      cursor_.take_left("instance");
      REPRISE_ASSIGN(const auto exports, inline_exports());
      REPRISE_TRY(cursor_.expect_right());
      value.index = encoder().instance(exports);
    } else {
      REPRISE_ASSIGN(value, item());
    }
    REPRISE_TRY(cursor_.expect_right());
    all.push_back({std::move(name), value});
  }
  return all;
}

Result<std::vector<InstanceExport>> ComponentParser::inline_exports() {
  std::vector<InstanceExport> all;
  while (cursor_.take_left("export")) {
    REPRISE_ASSIGN(ExternName name, extern_name());
    REPRISE_ASSIGN(const SortIndex value, item());
    REPRISE_TRY(cursor_.expect_right());
    all.push_back({std::move(name), value});
  }
  return all;
}

Result<void> ComponentParser::func() {
  REPRISE_ASSIGN(const Header head, header());
  uint32_t index = 0;
  if (is_inline_alias()) {
    REPRISE_ASSIGN(index, inline_alias(Sort::func));
  } else if (is_inline_import()) {
    REPRISE_ASSIGN(const ExternName name, inline_import());
    REPRISE_ASSIGN(const uint32_t type, func_type_use());
    index = encoder().import(name, ExternType::func(type));
  } else {
    REPRISE_ASSIGN(const uint32_t type, func_type_use());
    REPRISE_TRY(cursor_.expect_left("canon"));
    if (!cursor_.take_keyword("lift")) return cursor_.unexpected("lift");
    REPRISE_ASSIGN(index, canon_lift_tail(type));
    REPRISE_TRY(cursor_.expect_right());
  }
  return finish(head, Sort::func, index);
}

Result<void> ComponentParser::type() {
  Header head;
  if (scope_->component) {
    REPRISE_ASSIGN(head, header());
  } else {
    head.id = cursor_.take_id();
  }
  uint32_t index = 0;
  if (is_inline_alias()) {
    REPRISE_ASSIGN(index, inline_alias(Sort::type));
  } else if (is_inline_import() && scope_->component) {
    REPRISE_ASSIGN(const ExternName name, inline_import());
    REPRISE_ASSIGN(const ExternType type, extern_type_of(Sort::type));
    index = encoder().import(name, type);
  } else {
    REPRISE_ASSIGN(const TypeBytes bytes, type_definition());
    index = scope_->encoder->type(bytes);
  }
  if (scope_->component) return finish(head, Sort::type, index);
  REPRISE_TRY(scope_->bind(cursor_, Sort::type, head.id, index));
  return cursor_.expect_right();
}

// Imports, exports, start

Result<void> ComponentParser::import() {
  REPRISE_ASSIGN(const ExternName name, extern_name());
  REPRISE_ASSIGN(const Extern imported, extern_type());
  const uint32_t index = scope_->encoder->import(name, imported.type);
  REPRISE_TRY(scope_->bind(cursor_, imported.type.sort(), imported.id, index));
  return cursor_.expect_right();
}

Result<void> ComponentParser::export_() {
  const Id id = cursor_.take_id();
  REPRISE_ASSIGN(const ExternName name, extern_name());
  REPRISE_ASSIGN(const SortIndex exported, item());
  uint32_t index = 0;
  if (cursor_.is_left()) {
    REPRISE_ASSIGN(const Extern type, extern_type());
    index = encoder().export_(name, exported, &type.type);
  } else {
    index = encoder().export_(name, exported);
  }
  REPRISE_TRY(scope_->bind(cursor_, exported.sort, id, index));
  return cursor_.expect_right();
}

/// `(start $f (value $v)* (result (value $id?))*)`
Result<void> ComponentParser::start() {
  REPRISE_ASSIGN(const uint32_t func, reference(Sort::func));
  std::vector<uint32_t> values;
  while (cursor_.is_left("value")) {
    REPRISE_ASSIGN(const uint32_t value, reference(Sort::value));
    values.push_back(value);
  }
  std::vector<Id> results;
  while (cursor_.take_left("result")) {
    REPRISE_TRY(cursor_.expect_left("value"));
    results.push_back(cursor_.take_id());
    REPRISE_TRY(cursor_.expect_right());
    REPRISE_TRY(cursor_.expect_right());
  }
  uint32_t index = encoder().size(Sort::value);
  encoder().start(func, values, static_cast<uint32_t>(results.size()));
  for (const Id& id : results) REPRISE_TRY(scope_->bind(cursor_, Sort::value, id, index++));
  return cursor_.expect_right();
}

Result<std::vector<uint8_t>> encode_component_fields(Cursor& cursor, Annotations& annotations,
                                                     const EncodeOptions& options) {
  return ComponentParser(cursor, annotations, options).component();
}

}  // namespace reprise::text
