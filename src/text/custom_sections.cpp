#include "text/custom_sections.hpp"

#include <fmt/format.h>

#include <iterator>

namespace reprise::text {

namespace {

constexpr std::string_view kPlaces[] = {"first",  "type",      "import", "func",   "table",
                                        "memory", "tag",       "global", "export", "start",
                                        "elem",   "datacount", "code",   "data",   "last"};

std::unexpected<Error> annotation_error(const Cursor& cursor, const Annotation& annotation,
                                        std::string_view message) {
  return cursor.error(annotation.whole, fmt::format("@{} annotation: {}", annotation.id, message));
}

/// `(before func)`, of which the parenthesis is the next token.
Result<void> parse_place(const Cursor& cursor, const Annotation& annotation, Cursor& content,
                         CustomSection& section) {
  content.next();
  if (content.take_keyword("before")) {
    section.after = false;
  } else if (!content.take_keyword("after")) {
    return annotation_error(cursor, annotation, "malformed placement");
  }
  for (size_t i = 0; i < std::size(kPlaces); i++) {
    if (!content.take_keyword(kPlaces[i])) continue;
    section.place = static_cast<SectionPlace>(i);
    if (!content.take_right()) return annotation_error(cursor, annotation, "unexpected token");
    return ok();
  }
  return annotation_error(cursor, annotation, "malformed section kind");
}

void put_name_map(uint8_t id, const NameMap& names, ByteWriter& out) {
  if (names.empty()) return;
  ByteWriter map;
  map.leb_u32(static_cast<uint32_t>(names.size()));
  for (const auto& [index, name] : names) {
    map.leb_u32(index);
    map.name(name);
  }
  out.u8(id);
  out.sized(map);
}

void put_indirect_name_map(uint8_t id, const std::map<uint32_t, NameMap>& maps, ByteWriter& out) {
  if (maps.empty()) return;
  ByteWriter all;
  all.leb_u32(static_cast<uint32_t>(maps.size()));
  for (const auto& [index, names] : maps) {
    all.leb_u32(index);
    all.leb_u32(static_cast<uint32_t>(names.size()));
    for (const auto& [inner, name] : names) {
      all.leb_u32(inner);
      all.name(name);
    }
  }
  out.u8(id);
  out.sized(all);
}

std::map<uint32_t, NameMap> field_names(const TypeTable& types) {
  std::map<uint32_t, NameMap> all;
  for (uint32_t type = 0; type < types.size(); type++) {
    const NameMap& names = types.fields(type)->shown_names();
    if (!names.empty()) all[type] = names;
  }
  return all;
}

}  // namespace

Result<CustomSection> parse_custom(const Cursor& cursor, const Annotation& annotation) {
  Cursor content(cursor.source(), annotation.content);
  CustomSection section;
  if (!content.is(TokenKind::string)) {
    return annotation_error(cursor, annotation, "missing section name");
  }
  section.name = decode_string(cursor.source(), content.next());
  if (!is_utf8(as_bytes(section.name))) {
    return annotation_error(cursor, annotation, "malformed UTF-8 encoding");
  }
  if (content.is_left()) REPRISE_TRY(parse_place(cursor, annotation, content, section));
  section.bytes = content.take_strings();
  if (!content.is(TokenKind::end)) return annotation_error(cursor, annotation, "unexpected token");
  return section;
}

Result<std::string> parse_name(const Cursor& cursor, const Annotation& annotation) {
  Cursor content(cursor.source(), annotation.content);
  if (!content.is(TokenKind::string)) {
    return annotation_error(cursor, annotation, "missing name");
  }
  std::string name = decode_string(cursor.source(), content.next());
  if (!is_utf8(as_bytes(name))) {
    return annotation_error(cursor, annotation, "malformed UTF-8 encoding");
  }
  if (!content.is(TokenKind::end)) return annotation_error(cursor, annotation, "unexpected token");
  return name;
}

void put_custom(std::string_view name, Bytes bytes, ByteWriter& out) {
  ByteWriter body;
  body.name(name);
  body.bytes(bytes);
  out.u8(0);
  out.sized(body);
}

std::vector<uint8_t> encode_names(const ModuleScope& scope, const ExtraNames& extra) {
  ByteWriter out;
  if (!extra.module.empty()) {
    ByteWriter name;
    name.name(extra.module);
    out.u8(0);
    out.sized(name);
  }
  put_name_map(1, scope.functions.shown_names(), out);
  put_indirect_name_map(2, extra.locals, out);
  put_name_map(4, scope.types.names.shown_names(), out);
  put_name_map(5, scope.tables.shown_names(), out);
  put_name_map(6, scope.memories.shown_names(), out);
  put_name_map(7, scope.globals.shown_names(), out);
  put_name_map(8, scope.elements.shown_names(), out);
  put_name_map(9, scope.data.shown_names(), out);
  put_indirect_name_map(10, field_names(scope.types), out);
  put_name_map(11, scope.tags.shown_names(), out);
  return out.take();
}

std::vector<uint8_t> encode_branch_hints(const std::map<uint32_t, std::vector<BranchHint>>& hints) {
  ByteWriter out;
  out.leb_u32(static_cast<uint32_t>(hints.size()));
  for (const auto& [function, list] : hints) {
    out.leb_u32(function);
    out.leb_u32(static_cast<uint32_t>(list.size()));
    for (const BranchHint& hint : list) {
      out.leb_u32(hint.offset);
      out.leb_u32(1);
      out.u8(hint.likely);
    }
  }
  return out.take();
}

}  // namespace reprise::text
