// Core types within component text: types of functions and their like, and types of modules, which
// have an index space of their own (component model: design/mvp/Explainer.md §Core Type
// Definitions).

#include <map>

#include "text/component_parser.hpp"
#include "text/core_types.hpp"

namespace reprise::text {

namespace {

constexpr uint8_t kModuleType = 0x50, kOpenSub = 0x50;

/// As in core modules: `kind type`. Shared by imports and exports of a module's type.
enum class CoreExtern : uint8_t { func, table, memory, global, tag };

/// A non-final `sub` starts like a module type, so it has a prefix here.
void put_core_type(const std::vector<uint8_t>& bytes, ByteWriter& out) {
  if (!bytes.empty() && bytes[0] == kOpenSub) out.u8(0);
  out.bytes(bytes);
}

class ModuleTypeParser {
 public:
  ModuleTypeParser(Cursor& cursor, const ComponentScope& outer) : cursor_(cursor), outer_(outer) {}

  Result<TypeBytes> run() {
    while (!cursor_.is_right() && !cursor_.is(TokenKind::end)) REPRISE_TRY(declaration());
    ByteWriter out;
    out.u8(kModuleType);
    out.leb_u32(count_);
    out.bytes(body_.view());
    return out.take();
  }

 private:
  Result<void> declaration() {
    if (cursor_.take_left("type")) return type();
    if (cursor_.take_left("alias")) return alias();
    ByteWriter item;
    if (cursor_.take_left("import")) {
      REPRISE_ASSIGN(const std::string module, cursor_.expect_name("the name of a module"));
      REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an import"));
      item.u8(0);
      item.name(module);
      item.name(name);
    } else if (cursor_.take_left("export")) {
      REPRISE_ASSIGN(const std::string name, cursor_.expect_name("the name of an export"));
      item.u8(3);
      item.name(name);
    } else {
      return cursor_.unexpected("`(type`, `(alias`, `(import` or `(export`");
    }
    REPRISE_TRY(cursor_.expect_left());
    REPRISE_TRY(extern_type(item));
    REPRISE_TRY(cursor_.expect_right());
    put(item);
    return cursor_.expect_right();
  }

  void put(const ByteWriter& item) {
    count_++;
    body_.bytes(item.view());
  }

  void put_type(const LooseType& type) {
    if (type.is_plain_function) functions_.emplace(type.bytes, types_.size());
    ByteWriter item;
    item.u8(1);
    put_core_type(type.bytes, item);
    put(item);
  }

  Result<void> type() {
    const auto id = cursor_.take_id();
    IndexSpace names = types_;
    REPRISE_TRY(names.bind(cursor_, id));
    REPRISE_ASSIGN(const LooseType type, parse_loose_type(cursor_, names));
    put_type(type);
    types_ = std::move(names);
    return cursor_.expect_right();
  }

  /// `outer $level $type (type $id?)`
  Result<void> alias() {
    if (!cursor_.take_keyword("outer")) return cursor_.unexpected("outer");
    // The innermost level is that of this type, which has no name.
    uint32_t level = 0;
    if (cursor_.is(TokenKind::nat)) {
      REPRISE_ASSIGN(level, cursor_.expect_u32());
    } else {
      REPRISE_ASSIGN(level, outer_.resolve_level(cursor_));
      level++;
    }
    uint32_t index = 0;
    if (level == 0) {
      REPRISE_ASSIGN(index, types_.expect(cursor_));
    } else {
      REPRISE_ASSIGN(index, outer_.resolve_at(cursor_, Sort::core_type, level - 1));
    }
    REPRISE_TRY(cursor_.expect_left("type"));
    REPRISE_TRY(types_.bind(cursor_, cursor_.take_id()));
    REPRISE_TRY(cursor_.expect_right());
    ByteWriter item;
    item.u8(2);
    item.u8(info(Sort::core_type).code);
    item.u8(1);
    item.leb_u32(level);
    item.leb_u32(index);
    put(item);
    return cursor_.expect_right();
  }

  Result<uint32_t> func_type() {
    REPRISE_ASSIGN(const TypeUse use, parse_type_use(cursor_, types_));
    if (use.type) return *use.type;
    LooseType type{use.signature.encoding(), true};
    const auto found = functions_.find(type.bytes);
    if (found != functions_.end()) return found->second;
    const uint32_t index = types_.size();
    put_type(type);
    types_.skip(1);
    return index;
  }

  Result<void> extern_type(ByteWriter& item) {
    if (cursor_.take_keyword("func") || cursor_.is_keyword("tag")) {
      const bool is_tag = cursor_.take_keyword("tag");
      cursor_.take_id();
      item.u8(static_cast<uint8_t>(is_tag ? CoreExtern::tag : CoreExtern::func));
      if (is_tag) item.u8(0);
      REPRISE_ASSIGN(const uint32_t type, func_type());
      return item.leb_u32(type), ok();
    }
    if (cursor_.take_keyword("table")) {
      cursor_.take_id();
      item.u8(static_cast<uint8_t>(CoreExtern::table));
      REPRISE_ASSIGN(const Limits limits, parse_limits(cursor_));
      REPRISE_ASSIGN(const ReferenceType type, parse_reference_type(cursor_, types_));
      encode(type, item);
      return encode(limits, item), ok();
    }
    if (cursor_.take_keyword("memory")) {
      cursor_.take_id();
      item.u8(static_cast<uint8_t>(CoreExtern::memory));
      REPRISE_ASSIGN(const Limits limits, parse_memory_type(cursor_));
      return encode(limits, item), ok();
    }
    if (!cursor_.take_keyword("global")) {
      return cursor_.unexpected("func, table, memory, global or tag");
    }
    cursor_.take_id();
    item.u8(static_cast<uint8_t>(CoreExtern::global));
    return encode_global_type(cursor_, types_, item);
  }

  Cursor& cursor_;
  const ComponentScope& outer_;
  IndexSpace types_{"type"};
  std::map<std::vector<uint8_t>, uint32_t> functions_;
  uint32_t count_ = 0;
  ByteWriter body_;
};

}  // namespace

/// The declarations of a module's type, up to the parenthesis.
Result<TypeBytes> ComponentParser::module_type() {
  return ModuleTypeParser(cursor_, *scope_).run();
}

/// `(module …)`, or a type as in core modules.
Result<TypeBytes> ComponentParser::core_type_definition(const Id& id) {
  if (cursor_.take_left("module")) {
    REPRISE_ASSIGN(TypeBytes bytes, module_type());
    REPRISE_TRY(cursor_.expect_right());
    return bytes;
  }
  IndexSpace names("type");
  for (const auto& [name, index] : scope_->names[static_cast<uint8_t>(Sort::core_type)]) {
    names.rebind(name, index);
  }
  if (id) names.rebind(decode_id(cursor_.source(), *id), scope_->encoder->size(Sort::core_type));
  REPRISE_ASSIGN(const LooseType type, parse_loose_type(cursor_, names));
  ByteWriter out;
  put_core_type(type.bytes, out);
  return out.take();
}

}  // namespace reprise::text
