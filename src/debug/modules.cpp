#include "debug/modules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/os/whole_file.hpp"
#include "debug/dwarf/names.hpp"
#include "debug/dwarf/rust_name.hpp"
#include "runtime/code.hpp"

namespace reprise::debug {

Result<ModuleSet> ModuleSet::open(const embed::ProgramFile& program,
                                  std::vector<std::string> symbol_directories) {
  const SymbolSearch search{std::move(symbol_directories),
                            [](const std::string& path) { return reprise::read_bytes(path); }};
  ModuleSet set;
  if (program.module) REPRISE_TRY(set.add(*program.module, search));
  if (program.component)
    for (const auto& code : program.component->modules()) REPRISE_TRY(set.add(*code, search));
  return set;
}

Result<void> ModuleSet::add(const runtime::ModuleCode& code, const SymbolSearch& search) {
  ModuleInfo made;
  made.number = static_cast<uint32_t>(modules_.size());
  made.module = code.shared_module();
  made.name = made.module->names().module();
  if (made.name.empty()) made.name = fmt::format("module {}", made.number);
  REPRISE_ASSIGN(FoundDebugInfo found, open_debug_info(made.module->bytes(), made.module, search));
  made.info = std::move(found.info);
  made.symbol_file = std::move(found.path);
  modules_.push_back(std::move(made));
  return ok();
}

std::optional<uint32_t> ModuleSet::number_of(const wasm::Module& module) const {
  for (const ModuleInfo& known : modules_)
    if (known.module.get() == &module) return known.number;
  return std::nullopt;
}

std::optional<uint32_t> ModuleSet::function_at(const CodeLocation& location) const {
  const wasm::Module& module = *modules_[location.module].module;
  const auto begin = module.functions.begin() + module.imported_functions;
  // Bodies stand in the file in the order of the functions.
  const auto behind = std::upper_bound(
      begin, module.functions.end(), location.offset,
      [](uint64_t offset, const wasm::Function& f) { return offset < f.body.begin; });
  if (behind == begin || location.offset >= std::prev(behind)->body.end) return std::nullopt;
  return static_cast<uint32_t>(std::prev(behind) - module.functions.begin());
}

std::string ModuleSet::function_name(uint32_t module, uint32_t function) const {
  const wasm::Module& in = *modules_[module].module;
  if (const std::string_view name = in.names().function(function); !name.empty())
    return rust_source_name(name);
  for (const wasm::Export& e : in.exports)
    if (e.kind == wasm::ExternKind::function && e.index == function) return std::string(e.name);
  return fmt::format("function {}", function);
}

std::string ModuleSet::describe(const CodeLocation& location) const {
  const auto frames = modules_[location.module].info->frames_at(location.offset);
  if (!frames.empty() && frames[0].location.line != 0)
    return fmt::format("{} at {}:{}", frames[0].function, frames[0].location.file,
                       frames[0].location.line);
  const auto function = function_at(location);
  if (!function) return fmt::format("{}+{:#x}", modules_[location.module].name, location.offset);
  return fmt::format("{} ({}+{:#x})", function_name(location.module, *function),
                     modules_[location.module].name, location.offset);
}

uint64_t first_instruction(const wasm::Module& module, uint32_t function) {
  const wasm::ByteRange body = module.functions[function].body;
  ByteReader in(module.bytes(body));
  auto groups = in.leb_u32();
  if (!groups) return 0;
  for (uint32_t i = 0; i < *groups; ++i) {
    if (!in.leb_u32()) return 0;
    auto type = in.u8();
    if (!type) return 0;
    // (ref null? heaptype): one more number.
    if ((*type == 0x63 || *type == 0x64) && !in.leb_s64()) return 0;
  }
  return body.begin + in.offset();
}

Result<std::vector<CodeLocation>> ModuleSet::resolve(const FunctionPlace& place) const {
  std::vector<CodeLocation> found;
  for (const ModuleInfo& m : modules_) {
    for (const CodePlace& at : m.info->places_of_function(place.function))
      found.push_back({m.number, at.offset});
    if (!found.empty()) continue;
    const auto count = static_cast<uint32_t>(m.module->functions.size());
    for (uint32_t f = m.module->imported_functions; f < count; ++f) {
      const std::string name = function_name(m.number, f);
      if (dwarf::name_matches(name, place.function) ||
          dwarf::name_matches(dwarf::without_template_arguments(name), place.function) ||
          m.module->names().function(f) == place.function)
        found.push_back({m.number, first_instruction(*m.module, f)});
    }
  }
  if (found.empty())
    return fail(ErrorKind::usage, fmt::format("there is no function `{}`", place.function));
  return found;
}

Result<std::vector<CodeLocation>> ModuleSet::resolve(const LinePlace& place) const {
  std::vector<CodeLocation> found;
  for (const ModuleInfo& m : modules_)
    for (const CodePlace& at : m.info->places_of_line(place.file, place.line))
      found.push_back({m.number, at.offset});
  if (found.empty())
    return fail(ErrorKind::usage, fmt::format("there is no code of {}:{}", place.file, place.line));
  return found;
}

Result<std::vector<CodeLocation>> ModuleSet::resolve(const CodeLocation& place) const {
  if (place.module >= modules_.size())
    return fail(ErrorKind::usage, fmt::format("there is no module {}", place.module));
  if (!function_at(place))
    return fail(ErrorKind::usage, fmt::format("there is no code at {:#x}", place.offset));
  return std::vector<CodeLocation>{place};
}

}  // namespace reprise::debug
