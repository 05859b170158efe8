// WASI for the public API's Linker.

#include "embed/api_state.hpp"
#include "reprise/linker.hpp"
#include "wasi/library.hpp"
#include "wasi/p1/imports.hpp"
#include "wasi/p2/bindings.hpp"

namespace reprise::detail {

namespace {

/// The functions of WASI 0.1 that wait.
constexpr std::string_view kSuspending[] = {"fd_read", "fd_write", "poll_oneoff"};

}  // namespace

Result<void> add_wasi(LinkerCore& linker, WasiOptions options) {
  REPRISE_ASSIGN(auto created, wasi::Host::create(std::move(options)));
  const std::shared_ptr<wasi::Host> host = std::move(created);
  LinkerState& state = Access::state(linker);
  REPRISE_TRY(wasi::add_to_library(state.library, host));
  for (const wasi::Binding& binding : wasi::p2::bindings(host))
    if (binding.function.suspends) state.suspending.emplace(binding.interface, binding.name);
  REPRISE_ASSIGN(auto imports, wasi::p1::Imports::create(host));
  for (const std::string_view name : kSuspending) state.suspending.emplace(wasi::p1::kModule, name);
  state.core_imports.push_back(
      [imports = std::shared_ptr<wasi::p1::Imports>(std::move(imports))](
          std::string_view module, std::string_view name, const wasm::FuncType& type) {
        return imports->find(module, name, type);
      });
  return ok();
}

}  // namespace reprise::detail
