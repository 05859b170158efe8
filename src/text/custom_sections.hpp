// Custom sections that a text asks for: `(@custom "name" (after func) "bytes")`, the name section
// (from
// `$names` and `(@name "…")`), and branch hints (spec: appendix/custom).

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "text/annotations.hpp"
#include "text/cursor.hpp"
#include "text/instructions.hpp"
#include "text/module_scope.hpp"

namespace reprise::text {

/// Sections in the order in which they stand in a binary (spec: binary/modules §module).
enum class SectionPlace : uint8_t {
  first,
  type,
  import,
  func,
  table,
  memory,
  tag,
  global,
  export_,
  start,
  elem,
  datacount,
  code,
  data,
  last,
};

struct CustomSection {
  std::string name;
  std::string bytes;
  SectionPlace place = SectionPlace::last;
  bool after = true;
};

Result<CustomSection> parse_custom(const Cursor& cursor, const Annotation& annotation);

/// The text of `(@name "…")`.
Result<std::string> parse_name(const Cursor& cursor, const Annotation& annotation);

/// Writes a custom section: id, size, name, bytes.
void put_custom(std::string_view name, Bytes bytes, ByteWriter& out);

using NameMap = std::map<uint32_t, std::string>;

/// What the name section says beside the names in the scope.
struct ExtraNames {
  std::string module;
  std::map<uint32_t, NameMap> locals;  // by function
};

/// The name section's content; empty when there is nothing to say.
std::vector<uint8_t> encode_names(const ModuleScope& scope, const ExtraNames& extra);

/// The content of metadata.code.branch_hint: hints with offsets from the start of each body, by
/// function.
std::vector<uint8_t> encode_branch_hints(const std::map<uint32_t, std::vector<BranchHint>>& hints);

}  // namespace reprise::text
