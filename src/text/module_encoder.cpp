#include "text/module_encoder.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "text/custom_sections.hpp"
#include "text/instructions.hpp"
#include "text/module_scope.hpp"
#include "text/type_codes.hpp"

namespace reprise::text {

namespace {

constexpr uint8_t kEnd = 0x0b, kI32Const = 0x41, kI64Const = 0x42, kRefFunc = 0xd2;
constexpr uint64_t kPageSize = 65536;

/// As in imports and exports (spec: binary/modules).
enum class ExternKind : uint8_t { func, table, memory, global, tag };
constexpr std::string_view kExternNames[] = {"function", "table", "memory", "global", "tag"};

std::optional<ExternKind> extern_kind(std::string_view word) {
  for (uint8_t i = 0; i < 5; i++) {
    if (kExternWords[i] == word) return static_cast<ExternKind>(i);
  }
  return std::nullopt;
}

struct Section {
  uint32_t count = 0;
  ByteWriter body;
};

/// Where an element segment goes.
struct SegmentMode {
  enum Kind : uint8_t { active, passive, declarative } kind = passive;
  uint32_t target = 0;  // table or memory
  std::vector<uint8_t> offset;
};

struct ElementList {
  std::optional<ReferenceType> type;  // none: function indices
  uint32_t count = 0;
  ByteWriter items;
};

class ModuleEncoder {
 public:
  ModuleEncoder(Cursor& cursor, Annotations& annotations, const EncodeOptions& options)
      : cursor_(cursor), annotations_(annotations), options_(options) {}

  Result<std::vector<uint8_t>> run();

 private:
  bool at_end() const { return cursor_.is_right() || cursor_.is(TokenKind::end); }

  // First pass.
  Result<void> declare_all();
  Result<void> declare_field();
  Result<void> declare_extern(ExternKind kind);
  Result<void> declare_import();
  Result<void> declare_inline_segment(ExternKind kind);
  Result<void> check_import_order(const Token& token);
  IndexSpace& space(ExternKind kind);
  Result<void> bind(IndexSpace& space);

  // Third pass.
  Result<void> field();
  Result<void> take_custom_sections();
  Result<void> import();
  Result<void> extern_type(ExternKind kind);
  Result<void> export_();
  Result<void> start();
  Result<bool> inline_exports_and_import(ExternKind kind, uint32_t index);
  Result<void> function();
  Result<void> function_body(uint32_t index, const TypeUse& use, uint32_t type);
  Result<void> parse_locals(InstructionEncoder& body, ByteWriter& out);
  Result<void> table();
  Result<void> inline_elements(uint32_t table, bool is_64);
  Result<void> memory();
  Result<void> inline_data(uint32_t memory, Limits limits);
  Result<void> global();
  Result<void> tag();
  Result<void> element();
  Result<ElementList> element_list(bool bare_indices);
  Result<void> function_indices(ElementList& list);
  Result<void> element_expressions(ElementList& list);
  void put_element(const SegmentMode& mode, const ElementList& list);
  Result<void> data();
  void put_data(const SegmentMode& mode, std::string_view bytes);
  Result<SegmentMode> segment_mode(std::string_view use, const IndexSpace& space);
  Result<void> expression_until_right(ByteWriter& out);
  Result<void> folded_expression(ByteWriter& out);

  std::vector<uint8_t> assemble();
  void put_section(SectionPlace place, uint8_t id, const Section& section, ByteWriter& out);
  void put_customs(SectionPlace place, bool after, ByteWriter& out);

  Cursor& cursor_;
  Annotations& annotations_;
  const EncodeOptions& options_;
  ModuleScope scope_;
  ExtraNames names_;
  std::optional<ExternKind> first_definition_;
  Section imports_, functions_, tables_, memories_, tags_, globals_, exports_, elements_, code_,
      data_;
  std::optional<uint32_t> start_;
  uint32_t next_[5] = {};  // the index that the next definition of each kind has
  std::map<uint32_t, std::vector<BranchHint>> hints_;
  std::vector<CustomSection> customs_;
};

Result<std::vector<uint8_t>> ModuleEncoder::run() {
  const uint32_t begin = cursor_.index();
  if (const auto id = cursor_.take_id()) names_.module = decode_id(cursor_.source(), *id);
  if (const Annotation* name = annotations_.take("name", cursor_.index())) {
    REPRISE_ASSIGN(names_.module, parse_name(cursor_, *name));
    if (const Annotation* second = annotations_.take("name", cursor_.index())) {
      return cursor_.error(second->whole, "@name annotation: multiple module names");
    }
  }
  const uint32_t fields = cursor_.index();
  REPRISE_TRY(declare_all());
  cursor_.move_to(fields);
  for (; !at_end();) {
    if (cursor_.is_left("type") || cursor_.is_left("rec")) {
      REPRISE_TRY(scope_.types.define(cursor_));
    } else {
      REPRISE_TRY(cursor_.skip_form());
    }
  }
  cursor_.move_to(fields);
  while (!at_end()) {
    REPRISE_TRY(take_custom_sections());
    REPRISE_TRY(field());
  }
  REPRISE_TRY(take_custom_sections());
  REPRISE_TRY(annotations_.expect_all_used(cursor_, begin, cursor_.index()));
  return assemble();
}

// First pass: indices

IndexSpace& ModuleEncoder::space(ExternKind kind) {
  switch (kind) {
    case ExternKind::func:
      return scope_.functions;
    case ExternKind::table:
      return scope_.tables;
    case ExternKind::memory:
      return scope_.memories;
    case ExternKind::global:
      return scope_.globals;
    case ExternKind::tag:
      break;
  }
  return scope_.tags;
}

/// Binds what may stand after a field's keyword: a name, and a name for people.
Result<void> ModuleEncoder::bind(IndexSpace& space) {
  REPRISE_ASSIGN(const uint32_t index, space.bind(cursor_, cursor_.take_id()));
  if (const Annotation* annotation = annotations_.take("name", cursor_.index())) {
    REPRISE_ASSIGN(std::string name, parse_name(cursor_, *annotation));
    space.show_as(index, std::move(name));
  }
  return ok();
}

Result<void> ModuleEncoder::declare_all() {
  while (!at_end()) {
    const uint32_t start = cursor_.index();
    REPRISE_TRY(declare_field());
    cursor_.move_to(start);
    REPRISE_TRY(cursor_.skip_form());
  }
  return ok();
}

Result<void> ModuleEncoder::declare_field() {
  if (cursor_.is_left("type") || cursor_.is_left("rec")) return scope_.types.declare(cursor_);
  if (!cursor_.is_left()) return cursor_.unexpected("a field of a module");
  cursor_.next();
  const Token token = cursor_.peek();
  if (token.kind != TokenKind::keyword) return cursor_.unexpected("a field of a module");
  const std::string_view word = cursor_.text(token);
  if (const auto kind = extern_kind(word)) {
    cursor_.next();
    return declare_extern(*kind);
  }
  if (word == "import") return declare_import();
  if (word == "elem") return cursor_.next(), bind(scope_.elements);
  if (word == "data") return cursor_.next(), bind(scope_.data);
  if (word == "export" || word == "start") return ok();
  return cursor_.unexpected("a field of a module");
}

Result<void> ModuleEncoder::declare_extern(ExternKind kind) {
  const Token token = cursor_.peek();
  REPRISE_TRY(bind(space(kind)));
  while (cursor_.is_left("export")) REPRISE_TRY(cursor_.skip_form());
  if (cursor_.is_left("import")) return check_import_order(token);
  if (!first_definition_) first_definition_ = kind;
  return declare_inline_segment(kind);
}

/// A table or memory may bring its contents, which take an index among the segments.
Result<void> ModuleEncoder::declare_inline_segment(ExternKind kind) {
  if (kind == ExternKind::table) {
    take_address_type(cursor_);
    if (is_reference_type(cursor_)) scope_.elements.skip(1);
  } else if (kind == ExternKind::memory) {
    take_address_type(cursor_);
    if (cursor_.is_left("pagesize")) REPRISE_TRY(cursor_.skip_form());
    if (cursor_.is_left("data")) scope_.data.skip(1);
  }
  return ok();
}

Result<void> ModuleEncoder::check_import_order(const Token& token) {
  if (!first_definition_) return ok();
  return cursor_.error(token, fmt::format("import after {} definition",
                                          kExternNames[static_cast<uint8_t>(*first_definition_)]));
}

Result<void> ModuleEncoder::declare_import() {
  const Token token = cursor_.next();
  REPRISE_TRY(cursor_.expect_name("the name of a module"));
  REPRISE_TRY(cursor_.expect_name("the name of an import"));
  REPRISE_TRY(cursor_.expect_left());
  const Token kind_token = cursor_.peek();
  const auto kind =
      kind_token.kind == TokenKind::keyword ? extern_kind(cursor_.text(kind_token)) : std::nullopt;
  if (!kind) return cursor_.unexpected("func, table, memory, global or tag");
  cursor_.next();
  REPRISE_TRY(bind(space(*kind)));
  return check_import_order(token);
}

// Third pass

Result<void> ModuleEncoder::take_custom_sections() {
  while (const Annotation* annotation = annotations_.take("custom", cursor_.index())) {
    REPRISE_ASSIGN(CustomSection section, parse_custom(cursor_, *annotation));
    customs_.push_back(std::move(section));
  }
  if (const Annotation* hint = annotations_.take("metadata.code.branch_hint", cursor_.index())) {
    return cursor_.error(hint->whole, "@metadata.code.branch_hint annotation: not in a function");
  }
  return ok();
}

Result<void> ModuleEncoder::field() {
  if (cursor_.is_left("type") || cursor_.is_left("rec")) return cursor_.skip_form();
  if (cursor_.take_left("import")) return import();
  if (cursor_.take_left("func")) return function();
  if (cursor_.take_left("table")) return table();
  if (cursor_.take_left("memory")) return memory();
  if (cursor_.take_left("global")) return global();
  if (cursor_.take_left("tag")) return tag();
  if (cursor_.take_left("export")) return export_();
  if (cursor_.take_left("start")) return start();
  if (cursor_.take_left("elem")) return element();
  if (cursor_.take_left("data")) return data();
  return cursor_.unexpected("a field of a module");
}

Result<void> ModuleEncoder::import() {
  REPRISE_ASSIGN(const std::string module, cursor_.expect_name("the name of a module"));
  REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an import"));
  imports_.count++;
  imports_.body.name(module);
  imports_.body.name(name);
  REPRISE_TRY(cursor_.expect_left());
  const ExternKind kind = *extern_kind(cursor_.text(cursor_.next()));
  next_[static_cast<uint8_t>(kind)]++;
  cursor_.take_id();
  REPRISE_TRY(extern_type(kind));
  REPRISE_TRY(cursor_.expect_right());
  return cursor_.expect_right();
}

/// Kind and type of an import.
Result<void> ModuleEncoder::extern_type(ExternKind kind) {
  ByteWriter& out = imports_.body;
  out.u8(static_cast<uint8_t>(kind));
  switch (kind) {
    case ExternKind::table: {
      REPRISE_ASSIGN(const Limits limits, parse_limits(cursor_));
      REPRISE_ASSIGN(const ReferenceType type, parse_reference_type(cursor_, scope_.types.names));
      encode(type, out);
      encode(limits, out);
      return ok();
    }
    case ExternKind::memory: {
      REPRISE_ASSIGN(const Limits limits, parse_memory_type(cursor_));
      encode(limits, out);
      return ok();
    }
    case ExternKind::global:
      return encode_global_type(cursor_, scope_.types.names, out);
    case ExternKind::func:
    case ExternKind::tag:
      break;
  }
  if (kind == ExternKind::tag) out.u8(0);
  REPRISE_ASSIGN(const TypeUse use, parse_type_use(cursor_, scope_.types.names));
  REPRISE_ASSIGN(const uint32_t type, scope_.types.resolve(cursor_, use));
  out.leb_u32(type);
  return ok();
}

Result<void> ModuleEncoder::export_() {
  REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an export"));
  REPRISE_TRY(cursor_.expect_left());
  const Token token = cursor_.peek();
  const auto kind =
      token.kind == TokenKind::keyword ? extern_kind(cursor_.text(token)) : std::nullopt;
  if (!kind) return cursor_.unexpected("func, table, memory, global or tag");
  cursor_.next();
  REPRISE_ASSIGN(const uint32_t index, space(*kind).expect(cursor_));
  exports_.count++;
  exports_.body.name(name);
  exports_.body.u8(static_cast<uint8_t>(*kind));
  exports_.body.leb_u32(index);
  REPRISE_TRY(cursor_.expect_right());
  return cursor_.expect_right();
}

Result<void> ModuleEncoder::start() {
  const Token token = cursor_.peek();
  REPRISE_ASSIGN(const uint32_t index, scope_.functions.expect(cursor_));
  if (start_) return cursor_.error(token, "multiple start sections");
  start_ = index;
  return cursor_.expect_right();
}

/// `(export "n")* (import "m" "n")?`; true when the definition is an import.
Result<bool> ModuleEncoder::inline_exports_and_import(ExternKind kind, uint32_t index) {
  while (cursor_.take_left("export")) {
    REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an export"));
    REPRISE_TRY(cursor_.expect_right());
    exports_.count++;
    exports_.body.name(name);
    exports_.body.u8(static_cast<uint8_t>(kind));
    exports_.body.leb_u32(index);
  }
  if (!cursor_.take_left("import")) return false;
  REPRISE_ASSIGN(const std::string module, cursor_.expect_name("the name of a module"));
  REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an import"));
  REPRISE_TRY(cursor_.expect_right());
  imports_.count++;
  imports_.body.name(module);
  imports_.body.name(name);
  REPRISE_TRY(extern_type(kind));
  REPRISE_TRY(cursor_.expect_right());
  return true;
}

Result<void> ModuleEncoder::function() {
  cursor_.take_id();
  const uint32_t index = next_[static_cast<uint8_t>(ExternKind::func)]++;
  REPRISE_ASSIGN(const bool is_import, inline_exports_and_import(ExternKind::func, index));
  if (is_import) return ok();
  REPRISE_ASSIGN(const TypeUse use, parse_type_use(cursor_, scope_.types.names));
  REPRISE_ASSIGN(const uint32_t type, scope_.types.resolve(cursor_, use));
  functions_.count++;
  functions_.body.leb_u32(type);
  return function_body(index, use, type);
}

Result<void> ModuleEncoder::function_body(uint32_t index, const TypeUse& use, uint32_t type) {
  InstructionEncoder body(cursor_, scope_, annotations_);
  if (use.type && use.signature.empty()) {
    body.locals.skip(scope_.types.parameter_count(type));
  }
  for (const auto& name : use.signature.names) REPRISE_TRY(body.locals.bind(cursor_, name));
  ByteWriter out;
  REPRISE_TRY(parse_locals(body, out));
  REPRISE_TRY(body.encode_until_right());
  for (BranchHint hint : body.hints()) {
    hint.offset += static_cast<uint32_t>(out.size());
    hints_[index].push_back(hint);
  }
  out.bytes(body.code().view());
  out.u8(kEnd);
  code_.count++;
  code_.body.sized(out);
  if (!body.locals.shown_names().empty()) names_.locals[index] = body.locals.shown_names();
  return cursor_.expect_right();
}

Result<void> ModuleEncoder::parse_locals(InstructionEncoder& body, ByteWriter& out) {
  // Neighbours of the same type are written as one run.
  std::vector<std::pair<uint32_t, std::vector<uint8_t>>> runs;
  auto add = [&]() -> Result<void> {
    ByteWriter type;
    REPRISE_TRY(encode_value_type(cursor_, scope_.types.names, type));
    std::vector<uint8_t> bytes = type.take();
    if (runs.empty() || runs.back().second != bytes) runs.emplace_back(0, std::move(bytes));
    runs.back().first++;
    return ok();
  };
  while (cursor_.take_left("local")) {
    if (const auto id = cursor_.take_id()) {
      REPRISE_TRY(body.locals.bind(cursor_, id));
      REPRISE_TRY(add());
      REPRISE_TRY(cursor_.expect_right());
      continue;
    }
    while (!cursor_.take_right()) {
      body.locals.skip(1);
      REPRISE_TRY(add());
    }
  }
  out.leb_u32(static_cast<uint32_t>(runs.size()));
  for (const auto& [count, type] : runs) {
    out.leb_u32(count);
    out.bytes(type);
  }
  return ok();
}

Result<void> ModuleEncoder::table() {
  cursor_.take_id();
  const uint32_t index = next_[static_cast<uint8_t>(ExternKind::table)]++;
  REPRISE_ASSIGN(const bool is_import, inline_exports_and_import(ExternKind::table, index));
  if (is_import) return ok();
  tables_.count++;
  const uint32_t start = cursor_.index();
  const bool is_64 = take_address_type(cursor_);
  if (is_reference_type(cursor_)) return inline_elements(index, is_64);
  cursor_.move_to(start);
  REPRISE_ASSIGN(const Limits limits, parse_limits(cursor_));
  REPRISE_ASSIGN(const ReferenceType type, parse_reference_type(cursor_, scope_.types.names));
  ByteWriter& out = tables_.body;
  if (cursor_.is_right()) {
    encode(type, out);
    encode(limits, out);
    return cursor_.expect_right();
  }
  out.u8(0x40);
  out.u8(0);
  encode(type, out);
  encode(limits, out);
  return expression_until_right(out);
}

std::vector<uint8_t> zero_offset(bool is_64) {
  return {is_64 ? kI64Const : kI32Const, 0, kEnd};
}

Result<void> ModuleEncoder::inline_elements(uint32_t table, bool is_64) {
  REPRISE_ASSIGN(const ReferenceType type, parse_reference_type(cursor_, scope_.types.names));
  REPRISE_TRY(cursor_.expect_left("elem"));
  ElementList list;
  const bool is_funcref = type.nullable && type.heap == std::vector<uint8_t>{0x70};
  if (cursor_.is_left()) {
    list.type = type;
    REPRISE_TRY(element_expressions(list));
  } else {
    // Function indices have the type (ref func); where the table wants another, they are
    // expressions.
    if (!is_funcref) list.type = type;
    REPRISE_TRY(function_indices(list));
  }
  REPRISE_TRY(cursor_.expect_right());
  encode(type, tables_.body);
  encode(Limits{is_64, false, list.count, list.count, {}}, tables_.body);
  put_element({SegmentMode::active, table, zero_offset(is_64)}, list);
  return cursor_.expect_right();
}

Result<void> ModuleEncoder::memory() {
  cursor_.take_id();
  const uint32_t index = next_[static_cast<uint8_t>(ExternKind::memory)]++;
  REPRISE_ASSIGN(const bool is_import, inline_exports_and_import(ExternKind::memory, index));
  if (is_import) return ok();
  memories_.count++;
  const uint32_t start = cursor_.index();
  Limits limits;
  limits.is_64 = take_address_type(cursor_);
  if (cursor_.is_left("data") || cursor_.is_left("pagesize")) return inline_data(index, limits);
  cursor_.move_to(start);
  REPRISE_ASSIGN(limits, parse_memory_type(cursor_));
  encode(limits, memories_.body);
  return cursor_.expect_right();
}

Result<void> ModuleEncoder::inline_data(uint32_t memory, Limits limits) {
  uint64_t page = kPageSize;
  if (cursor_.take_left("pagesize")) {
    REPRISE_ASSIGN(page, cursor_.expect_nat(32));
    if (!std::has_single_bit(page)) return cursor_.error("invalid custom page size");
    limits.log_page_size = static_cast<uint32_t>(std::countr_zero(page));
    REPRISE_TRY(cursor_.expect_right());
  }
  REPRISE_TRY(cursor_.expect_left("data"));
  const std::string bytes = cursor_.take_strings();
  REPRISE_TRY(cursor_.expect_right());
  limits.minimum = (bytes.size() + page - 1) / page;
  limits.maximum = limits.minimum;
  encode(limits, memories_.body);
  put_data({SegmentMode::active, memory, zero_offset(limits.is_64)}, bytes);
  return cursor_.expect_right();
}

Result<void> ModuleEncoder::global() {
  cursor_.take_id();
  const uint32_t index = next_[static_cast<uint8_t>(ExternKind::global)]++;
  REPRISE_ASSIGN(const bool is_import, inline_exports_and_import(ExternKind::global, index));
  if (is_import) return ok();
  globals_.count++;
  REPRISE_TRY(encode_global_type(cursor_, scope_.types.names, globals_.body));
  return expression_until_right(globals_.body);
}

Result<void> ModuleEncoder::tag() {
  cursor_.take_id();
  const uint32_t index = next_[static_cast<uint8_t>(ExternKind::tag)]++;
  REPRISE_ASSIGN(const bool is_import, inline_exports_and_import(ExternKind::tag, index));
  if (is_import) return ok();
  REPRISE_ASSIGN(const TypeUse use, parse_type_use(cursor_, scope_.types.names));
  REPRISE_ASSIGN(const uint32_t type, scope_.types.resolve(cursor_, use));
  tags_.count++;
  tags_.body.u8(0);
  tags_.body.leb_u32(type);
  return cursor_.expect_right();
}

/// `(table $t)? (offset …)`, or a folded instruction in its place; nothing means passive.
/// The first edition of the specification had just the index: `(data 0 (i32.const 0) "")`.
Result<SegmentMode> ModuleEncoder::segment_mode(std::string_view use, const IndexSpace& space) {
  SegmentMode mode;
  const bool names_target = cursor_.take_left(use);
  if (names_target) {
    REPRISE_ASSIGN(mode.target, space.expect(cursor_));
    REPRISE_TRY(cursor_.expect_right());
  }
  const bool is_old =
      !names_target && cursor_.is(TokenKind::nat) && cursor_.peek(1).kind == TokenKind::left;
  if (is_old) {
    REPRISE_ASSIGN(mode.target, space.expect(cursor_));
  }
  if (!names_target && (!cursor_.is_left() || cursor_.is_left("ref"))) return mode;
  mode.kind = SegmentMode::active;
  ByteWriter offset;
  if (cursor_.take_left("offset")) {
    REPRISE_TRY(expression_until_right(offset));
  } else {
    REPRISE_TRY(folded_expression(offset));
  }
  mode.offset = offset.take();
  return mode;
}

Result<void> ModuleEncoder::element() {
  cursor_.take_id();
  SegmentMode mode;
  bool bare_indices = false;
  if (cursor_.take_keyword("declare")) {
    mode.kind = SegmentMode::declarative;
  } else {
    const bool names_table = cursor_.is_left("table");
    REPRISE_ASSIGN(mode, segment_mode("table", scope_.tables));
    bare_indices = mode.kind == SegmentMode::active && !names_table;
  }
  REPRISE_ASSIGN(const ElementList list, element_list(bare_indices));
  put_element(mode, list);
  return cursor_.expect_right();
}

/// `func $f…`, or a reference type and expressions, or (where that is allowed) just indices.
Result<ElementList> ModuleEncoder::element_list(bool bare_indices) {
  ElementList list;
  if (cursor_.take_keyword("func") ||
      (bare_indices && (cursor_.is_index() || cursor_.is_right()))) {
    REPRISE_TRY(function_indices(list));
    return list;
  }
  if (!is_reference_type(cursor_)) return cursor_.unexpected("`func` or a reference type");
  REPRISE_ASSIGN(list.type, parse_reference_type(cursor_, scope_.types.names));
  REPRISE_TRY(element_expressions(list));
  return list;
}

Result<void> ModuleEncoder::function_indices(ElementList& list) {
  for (; cursor_.is_index(); list.count++) {
    REPRISE_ASSIGN(const uint32_t function, scope_.functions.expect(cursor_));
    if (list.type) list.items.u8(kRefFunc);
    list.items.leb_u32(function);
    if (list.type) list.items.u8(kEnd);
  }
  return ok();
}

Result<void> ModuleEncoder::element_expressions(ElementList& list) {
  for (; cursor_.is_left(); list.count++) {
    if (cursor_.take_left("item")) {
      REPRISE_TRY(expression_until_right(list.items));
    } else {
      REPRISE_TRY(folded_expression(list.items));
    }
  }
  return ok();
}

/// Spec: binary/modules §element section. Bit 0: not active; bit 1: has a table index, or
/// declarative; bit 2: expressions instead of function indices.
void ModuleEncoder::put_element(const SegmentMode& mode, const ElementList& list) {
  elements_.count++;
  ByteWriter& out = elements_.body;
  const bool is_active = mode.kind == SegmentMode::active;
  const bool is_funcref =
      !list.type || (list.type->nullable && list.type->heap == std::vector<uint8_t>{0x70});
  const bool is_long =
      is_active ? mode.target != 0 || !is_funcref : mode.kind == SegmentMode::declarative;
  out.leb_u32((is_active ? 0u : 1u) | (is_long ? 2u : 0u) | (list.type ? 4u : 0u));
  if (is_active && is_long) out.leb_u32(mode.target);
  if (is_active) out.bytes(mode.offset);
  if (!is_active || is_long) {
    if (list.type) {
      encode(*list.type, out);
    } else {
      out.u8(0);
    }
  }
  out.leb_u32(list.count);
  out.bytes(list.items.view());
}

Result<void> ModuleEncoder::data() {
  cursor_.take_id();
  REPRISE_ASSIGN(const SegmentMode mode, segment_mode("memory", scope_.memories));
  put_data(mode, cursor_.take_strings());
  return cursor_.expect_right();
}

void ModuleEncoder::put_data(const SegmentMode& mode, std::string_view bytes) {
  data_.count++;
  ByteWriter& out = data_.body;
  const bool is_active = mode.kind == SegmentMode::active;
  out.leb_u32(is_active ? (mode.target ? 2 : 0) : 1);
  if (is_active && mode.target) out.leb_u32(mode.target);
  if (is_active) out.bytes(mode.offset);
  out.leb_u32(static_cast<uint32_t>(bytes.size()));
  out.bytes(as_bytes(bytes));
}

/// Instructions, the parenthesis that ends them, and the `end` that a binary wants.
Result<void> ModuleEncoder::expression_until_right(ByteWriter& out) {
  InstructionEncoder expression(cursor_, scope_, annotations_);
  REPRISE_TRY(expression.encode_until_right());
  out.bytes(expression.code().view());
  out.u8(kEnd);
  return cursor_.expect_right();
}

Result<void> ModuleEncoder::folded_expression(ByteWriter& out) {
  InstructionEncoder expression(cursor_, scope_, annotations_);
  REPRISE_TRY(expression.encode_one_folded());
  out.bytes(expression.code().view());
  out.u8(kEnd);
  return ok();
}

// The binary

void ModuleEncoder::put_customs(SectionPlace place, bool after, ByteWriter& out) {
  for (const CustomSection& custom : customs_) {
    if (custom.place != place || custom.after != after) continue;
    put_custom(custom.name, as_bytes(custom.bytes), out);
  }
}

void ModuleEncoder::put_section(SectionPlace place, uint8_t id, const Section& section,
                                ByteWriter& out) {
  put_customs(place, false, out);
  if (section.count > 0) {
    ByteWriter body;
    body.leb_u32(section.count);
    body.bytes(section.body.view());
    out.u8(id);
    out.sized(body);
  }
  put_customs(place, true, out);
}

std::vector<uint8_t> ModuleEncoder::assemble() {
  ByteWriter out;
  out.bytes(as_bytes(std::string_view("\0asm\1\0\0\0", 8)));
  put_customs(SectionPlace::first, false, out);
  put_customs(SectionPlace::first, true, out);
  put_section(SectionPlace::type, 1, {scope_.types.group_count(), scope_.types.groups()}, out);
  put_section(SectionPlace::import, 2, imports_, out);
  put_section(SectionPlace::func, 3, functions_, out);
  put_section(SectionPlace::table, 4, tables_, out);
  put_section(SectionPlace::memory, 5, memories_, out);
  put_section(SectionPlace::tag, 13, tags_, out);
  put_section(SectionPlace::global, 6, globals_, out);
  put_section(SectionPlace::export_, 7, exports_, out);
  put_customs(SectionPlace::start, false, out);
  if (start_) {
    ByteWriter body;
    body.leb_u32(*start_);
    out.u8(8);
    out.sized(body);
  }
  put_customs(SectionPlace::start, true, out);
  put_section(SectionPlace::elem, 9, elements_, out);
  put_customs(SectionPlace::datacount, false, out);
  if (scope_.needs_data_count) {
    ByteWriter body;
    body.leb_u32(data_.count);
    out.u8(12);
    out.sized(body);
  }
  put_customs(SectionPlace::datacount, true, out);
  if (!hints_.empty()) {
    put_custom("metadata.code.branch_hint", encode_branch_hints(hints_), out);
  }
  put_section(SectionPlace::code, 10, code_, out);
  put_section(SectionPlace::data, 11, data_, out);
  if (options_.names) {
    const std::vector<uint8_t> names = encode_names(scope_, names_);
    if (!names.empty()) put_custom("name", names, out);
  }
  put_customs(SectionPlace::last, false, out);
  put_customs(SectionPlace::last, true, out);
  return out.take();
}

}  // namespace

Result<std::vector<uint8_t>> encode_module_fields(Cursor& cursor, Annotations& annotations,
                                                  const EncodeOptions& options) {
  return ModuleEncoder(cursor, annotations, options).run();
}

}  // namespace reprise::text
