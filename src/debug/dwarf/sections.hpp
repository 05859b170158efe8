// Where a core module keeps its debug information: custom sections named as ELF sections are, and
// two that point to another file. Reading them needs no types and no validation, so that symbol
// files, which may have little else in them, are read the same way.

#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::debug {

struct DebugSections {
  Bytes abbrev, addr, info, line, line_str, loc, loclists, ranges, rnglists, str, str_offsets;
  /// The Code section's content, and where it starts in the module: what DWARF's addresses count
  /// from.
  uint64_t code_begin = 0;
  Bytes code;
  /// From the "build_id" section; empty if there is none.
  Bytes build_id;
  /// From the "external_debug_info" section: where the producer left the symbol file.
  std::string_view external_debug_info;

  bool has_debug_info() const { return !info.empty(); }
};

/// Finds the sections of a core module. The spans are parts of `module`. Fails if it isn't a core
/// module; a section cut off by the end of the file is as if it were not there.
Result<DebugSections> find_debug_sections(Bytes module);

}  // namespace reprise::debug
