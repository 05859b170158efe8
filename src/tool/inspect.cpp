// `reprise inspect FILE`: what a component or module needs, gives, consists of, and would run.

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "component/component.hpp"
#include "component/core_types.hpp"
#include "component/print.hpp"
#include "embed/program_file.hpp"
#include "tool/commands.hpp"
#include "tool/files.hpp"
#include "wasm/validate.hpp"

namespace reprise::tool {
namespace {

using component::ComponentCode;

std::string_view plural(size_t n) {
  return n == 1 ? "" : "s";
}

/// "3 imports, 2 exports, memory of 17 pages or more"
std::string summary(const wasm::Module& module) {
  std::string text = fmt::format(
      "{} bytes, {} function{}, {} import{}, {} export{}", module.bytes().size(),
      module.functions.size() - module.imported_functions,
      plural(module.functions.size() - module.imported_functions), module.imports.size(),
      plural(module.imports.size()), module.exports.size(), plural(module.exports.size()));
  if (module.memories.size() > module.imported_memories) {
    text += fmt::format(", memory of {} pages",
                        module.memories[module.imported_memories].limits.minimum);
  }
  if (module.start) text += ", start function";
  return text;
}

void print_parts(const ComponentCode& code, const std::string& indent, std::string& text) {
  for (const auto& module : code.modules) {
    const std::string_view name = module->names().module();
    text += fmt::format("{}core module{}{}: {}\n", indent, name.empty() ? "" : " ", name,
                        summary(*module));
  }
  for (const auto& nested : code.nested) {
    text += fmt::format("{}component{}{}: {} bytes\n", indent, nested->name.empty() ? "" : " ",
                        nested->name, nested->size);
    print_parts(*nested, indent + "  ", text);
  }
}

/// What `reprise run` would do with it.
std::string entry_of(const component::Component& component) {
  std::string run, handler;
  for (const component::Extern& item : component.type().exports.items()) {
    // Where a component has the entry point of several versions, the newest is meant.
    if (item.name.starts_with("wasi:cli/run@") && item.name > run) run = item.name;
    if (item.name.starts_with("wasi:http/incoming-handler@")) handler = item.name;
  }
  if (!run.empty()) return fmt::format("a command: runs {}", run);
  if (!handler.empty()) return fmt::format("a service: answers through {}", handler);
  return component.type().exports.size() == 0 ? "exports nothing"
                                              : "a library: its exports can be called";
}

std::string entry_of(const wasm::Module& module) {
  bool is_wasi = false;
  for (const wasm::Import& import : module.imports)
    is_wasi = is_wasi || import.module == "wasi_snapshot_preview1";
  if (module.find_export("_start"))
    return is_wasi ? "a WASI 0.1 command: runs _start" : "runs _start";
  if (module.find_export("_initialize"))
    return "a WASI 0.1 reactor: _initialize, then its exports can be called";
  return module.start ? "runs its start function" : "a library: its exports can be called";
}

std::string describe(const component::Component& component) {
  std::string text =
      fmt::format("component, {} bytes; {}\n", component.bytes().size(), entry_of(component));
  const component::ComponentType& type = component.type();
  component::ExternPrinter printer(component);
  text += fmt::format("imports ({}):\n", type.imports.size());
  text += printer.print(type.imports, "  ");
  text += fmt::format("exports ({}):\n", type.exports.size());
  text += printer.print(type.exports, "  ");
  text += "consists of:\n";
  print_parts(component.root(), "  ", text);
  return text;
}

std::string describe(const wasm::Module& module) {
  const wasm::TypeRegistry& registry = *module.registry;
  std::string text = fmt::format("core module, {}; {}\n", summary(module), entry_of(module));
  text += fmt::format("imports ({}):\n", module.imports.size());
  for (const wasm::Import& import : module.imports) {
    text += fmt::format("  {}.{}: {}\n", import.module, import.name,
                        component::to_string(registry, component::import_type(module, import)));
  }
  text += fmt::format("exports ({}):\n", module.exports.size());
  for (const wasm::Export& item : module.exports) {
    text += fmt::format("  {}: {}\n", item.name,
                        component::to_string(registry, component::export_type(module, item)));
  }
  return text;
}

Result<std::string> describe_file(const std::string& path) {
  REPRISE_ASSIGN(std::vector<uint8_t> bytes, embed::read_program(path));
  auto registry = std::make_shared<wasm::TypeRegistry>();
  if (component::binary_kind(bytes) == component::BinaryKind::component) {
    REPRISE_ASSIGN(const auto component,
                   component::read_component(std::move(bytes), std::move(registry)));
    REPRISE_TRY(component::validate_bodies(*component));
    return describe(*component);
  }
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  REPRISE_ASSIGN(
      const auto module,
      wasm::read_and_validate({.bytes = *owner, .owner = owner, .base = 0}, std::move(registry)));
  return describe(*module);
}

int inspect(const std::string& path) {
  auto text = describe_file(path);
  if (!text) return report(text.error(), path);
  std::fwrite(text->data(), 1, text->size(), stdout);
  return 0;
}

}  // namespace

void add_inspect(Tool& tool) {
  auto path = std::make_shared<std::string>();
  CLI::App* command = tool.app.add_subcommand(
      "inspect", "Show what a component or module imports, exports, contains and would run");
  command->add_option("FILE", *path, "A component or core module: .wasm or .wat")->required();
  command->callback([&tool, path] { tool.exit_code = inspect(*path); });
}

}  // namespace reprise::tool
