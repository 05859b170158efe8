// The parser of component text: one pass, since a definition may only use what stands before it.
// Every abbreviation is written out as it is met: a type in place of an index becomes a type of its
// own, an export of an instance an alias, a name of an enclosing component an outer alias.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "text/annotations.hpp"
#include "text/component_encoder.hpp"
#include "text/component_scope.hpp"
#include "text/cursor.hpp"
#include "text/wat.hpp"

namespace reprise::text {

class ComponentParser {
 public:
  ComponentParser(Cursor& cursor, Annotations& annotations, const EncodeOptions& options)
      : cursor_(cursor), annotations_(annotations), options_(options) {}

  /// After `component`, up to the parenthesis.
  Result<std::vector<uint8_t>> component();

 private:
  using Id = std::optional<Token>;
  /// What may stand after a definition's keyword.
  struct Header {
    Id id;
    std::vector<ExternName> exports;
  };
  struct Extern {
    Id id;
    ExternType type;
  };

  bool at_end() const { return cursor_.is_right() || cursor_.is(TokenKind::end); }
  ComponentEncoder& encoder() { return *scope_->component; }

  // Definitions (component_parser.cpp)
  Result<void> definition();
  Result<void> custom_sections();
  Result<void> core_definition();
  Result<void> core_module();
  Result<void> core_instance();
  Result<void> core_type();
  Result<void> core_item(Sort sort);
  Result<void> component_definition();
  Result<void> instance();
  Result<void> func();
  Result<void> type();
  Result<void> alias();
  Result<void> import();
  Result<void> export_();
  Result<void> start();
  Result<std::vector<uint8_t>> component_body(std::optional<std::string> id);
  Result<std::vector<uint8_t>> core_module_body(uint32_t before_id);

  Result<Header> header();
  /// Binds the name and notes the exports of the definition, and takes its parenthesis.
  Result<void> finish(const Header& header, Sort sort, uint32_t index);
  bool is_inline_alias() const;
  Result<uint32_t> inline_alias(Sort sort);
  Result<uint32_t> alias_target(Sort sort);
  bool is_inline_import() const;
  Result<ExternName> inline_import();
  Result<ExternName> extern_name();
  Result<void> attributes(ExternName& name);
  Result<std::vector<InstanceExport>> inline_exports();
  Result<std::vector<NamedItem>> inline_core_exports();
  Result<std::vector<NamedItem>> arguments();
  Result<std::vector<NamedItem>> core_arguments();
  bool is_bundle() const;

  // Indices
  Result<Sort> sort();
  Result<SortIndex> item();
  Result<SortIndex> core_item_reference();
  Result<uint32_t> core_module_reference();
  /// An index, `(sort index)`, or a path through the exports of an instance.
  Result<uint32_t> reference(Sort sort);
  Result<uint32_t> path(Sort sort);

  // Canonical definitions (component_canon.cpp)
  Result<void> canon();
  Result<uint32_t> canon_lift_tail(uint32_t type);
  Result<uint32_t> canon_core(const CanonInfo& canon);
  Result<void> canon_operands(CanonOperands operands, ByteWriter& out);
  Result<const CanonInfo*> canon_word();
  Result<CanonOptions> canon_options();
  Result<bool> canon_option(CanonOptions& options);

  // Types (component_types.cpp)
  Result<TypeBytes> type_definition();
  Result<TypeBytes> value_type_definition();
  Result<ComponentValueType> value_type();
  Result<TypeBytes> record();
  Result<TypeBytes> variant();
  Result<TypeBytes> list();
  Result<TypeBytes> result();
  Result<TypeBytes> resource();
  Result<std::vector<std::string>> labels();
  Result<std::optional<ComponentValueType>> optional_value_type();
  Result<ComponentFuncType> func_type();
  /// `(type $t)` or a function type.
  Result<uint32_t> func_type_use();
  bool is_type_use() const;
  Result<uint32_t> type_use();
  Result<TypeBytes> type_scope(TypeScopeEncoder::Kind kind);
  Result<void> declaration(TypeScopeEncoder& encoder);
  /// `(func $f …)` and its like, with the parentheses.
  Result<Extern> extern_type();
  Result<ExternType> extern_type_of(Sort sort);
  Result<TypeBytes> module_type();
  Result<TypeBytes> core_type_definition(const Id& id);

  Cursor& cursor_;
  Annotations& annotations_;
  const EncodeOptions& options_;
  ComponentScope* scope_ = nullptr;
  uint32_t depth_ = 0;
};

}  // namespace reprise::text
