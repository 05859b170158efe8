#include "wasi/library.hpp"

#include <array>

#include "wasi/p1/imports.hpp"
#include "wasi/p2/bindings.hpp"

namespace reprise::wasi {

namespace {

struct ResourceRow {
  std::string_view interface;
  std::string_view name;
};

constexpr std::array kResources = {
    ResourceRow{"wasi:io/error", "error"},
    ResourceRow{"wasi:io/poll", "pollable"},
    ResourceRow{"wasi:io/streams", "input-stream"},
    ResourceRow{"wasi:io/streams", "output-stream"},
    ResourceRow{"wasi:cli/terminal-input", "terminal-input"},
    ResourceRow{"wasi:cli/terminal-output", "terminal-output"},
    ResourceRow{"wasi:filesystem/types", "descriptor"},
    ResourceRow{"wasi:filesystem/types", "directory-entry-stream"},
};

}  // namespace

Result<void> add_to_library(embed::HostLibrary& library, const std::shared_ptr<Host>& host) {
  for (const ResourceRow& row : kResources)
    REPRISE_TRY(
        library.resource(std::string(row.interface) + "@" + std::string(p2::kVersion), row.name));
  for (Binding& binding : p2::bindings(host))
    REPRISE_TRY(library.func(binding.interface, binding.name, std::move(binding.function)));
  library.trap_missing("wasi:sockets/", "this host gives no access to the network");
  library.trap_missing("wasi:http/", "this host does not serve HTTP");
  return ok();
}

Result<embed::CoreImports> core_imports_for_replay() {
  REPRISE_ASSIGN(std::shared_ptr<p1::Imports> imports, p1::Imports::create_for_replay());
  return embed::CoreImports(
      [imports](std::string_view module, std::string_view name, const wasm::FuncType& type) {
        return imports->find(module, name, type);
      });
}

}  // namespace reprise::wasi
