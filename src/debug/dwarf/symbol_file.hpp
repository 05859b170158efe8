// Debug information that was taken out of a production build and kept in a file of its own.
//
// A module and its symbol file belong together if both carry the same build id (a "build_id" custom
// section, which `wasm-ld --build-id` writes), or if the symbol file is called by the module's
// build id and has none itself. A module without build id may name its symbol file
// ("external_debug_info" section); then the file must have the very same code. Nothing else is
// believed: lines and variables of another build are worse than none.
//
// Files are looked for in the given directories only. A name that the module gives counts for its
// last part alone, for the module is a guest and must not choose what is read from the host.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "debug/dwarf/debug_info.hpp"
#include "debug/dwarf/sections.hpp"

namespace reprise::debug {

struct SymbolSearch {
  std::vector<std::string> directories;
  /// Reads a whole file. A file that isn't there is an error like any other.
  std::function<Result<std::vector<uint8_t>>(const std::string& path)> read;
};

struct FoundDebugInfo {
  std::shared_ptr<const DebugInfo> info;
  /// Of the symbol file; empty if the module's own debug information is used, or there is none.
  std::string path;
  /// Why files of the right name were passed over, one line each.
  std::vector<std::string> refused;
};

/// The module's own debug information if it has any, else that of its symbol file, else none (an
/// object without answers). Fails if `module` is no core module.
Result<FoundDebugInfo> open_debug_info(Bytes module, std::shared_ptr<const void> owner,
                                       const SymbolSearch& search);

/// The names that are tried in each directory, in this order; for build id 0xab12:
/// ".build-id/ab/12.debug" (as GDB and debuginfod lay them out), "ab12.debug.wasm", "ab12.wasm",
/// and the last part of the name that the module itself gives.
std::vector<std::string> symbol_file_names(const DebugSections& module);

}  // namespace reprise::debug
