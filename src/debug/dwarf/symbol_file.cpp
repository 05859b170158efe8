#include "debug/dwarf/symbol_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::debug {

namespace {

/// A hash has 20 bytes or so; file names have limits.
constexpr size_t kMaxBuildId = 64;

std::string hex(Bytes bytes) {
  std::string out;
  for (uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

/// Empty if the name has no last part that could be a file's.
std::string_view last_part(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of("/\\") + 1);
  const bool is_name = name != "." && name != ".." && name.find('\0') == std::string_view::npos;
  return is_name ? name : std::string_view{};
}

/// Why a symbol file is not the module's; empty if it is.
std::string mismatch(const DebugSections& module, const DebugSections& symbols,
                     bool is_named_by_id) {
  if (!symbols.has_debug_info()) return "it has no debug information";
  if (!module.build_id.empty()) {
    if (symbols.build_id.empty())
      return is_named_by_id ? "" : "it has no build id, and the module has one";
    if (!std::ranges::equal(module.build_id, symbols.build_id))
      return fmt::format("its build id is {}, the module's is {}", hex(symbols.build_id),
                         hex(module.build_id));
    return "";
  }
  return std::ranges::equal(module.code, symbols.code)
             ? ""
             : "its code is another, and the module has no build id";
}

}  // namespace

std::vector<std::string> symbol_file_names(const DebugSections& module) {
  std::vector<std::string> names;
  const Bytes id = module.build_id;
  if (id.size() >= 2 && id.size() <= kMaxBuildId) {
    names.push_back(fmt::format(".build-id/{}/{}.debug", hex(id.first(1)), hex(id.subspan(1))));
    names.push_back(hex(id) + ".debug.wasm");
    names.push_back(hex(id) + ".wasm");
  }
  const std::string_view given = last_part(module.external_debug_info);
  if (!given.empty()) names.emplace_back(given);
  return names;
}

Result<FoundDebugInfo> open_debug_info(Bytes module, std::shared_ptr<const void> owner,
                                       const SymbolSearch& search) {
  REPRISE_ASSIGN(const DebugSections sections, find_debug_sections(module));
  FoundDebugInfo found;
  REPRISE_ASSIGN(found.info, DebugInfo::open(module, std::move(owner)));
  if (sections.has_debug_info() || !search.read) return found;
  const std::string_view given = last_part(sections.external_debug_info);
  for (const std::string& directory : search.directories) {
    for (const std::string& name : symbol_file_names(sections)) {
      const std::string path = fmt::format("{}/{}", directory, name);
      auto bytes = search.read(path);
      if (!bytes) continue;
      const auto file = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
      auto symbols = find_debug_sections(*file);
      const std::string why =
          symbols ? mismatch(sections, *symbols, name != given) : symbols.error().to_string();
      if (!why.empty()) {
        found.refused.push_back(fmt::format("{}: {}", path, why));
        continue;
      }
      REPRISE_ASSIGN(found.info, DebugInfo::open_separate(module, *file, file));
      found.path = path;
      return found;
    }
  }
  return found;
}

}  // namespace reprise::debug
