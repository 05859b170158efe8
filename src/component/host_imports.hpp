// What a host gives for the imports of a root component, by name.
//
// Interfaces are found by canonical name, so `wasi:io/streams@0.2.1` is served by what was defined
// for `@0.2.12`, and the reverse (spec: Explainer.md §Canonical Interface Name). Where several
// compatible versions are defined, the exact one is taken first, then the newest that has the item.

#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/names.hpp"
#include "runtime/door.hpp"
#include "wasm/module.hpp"

namespace reprise::component {

struct HostResource {
  /// Called with the one argument `own<name>` when a guest drops its own handle; may be null.
  const runtime::HostFunction* on_drop = nullptr;
};

class HostImports {
 public:
  /// By the function's own interface and name. The function must outlive what is linked with it.
  /// Fails with `usage` if the name is taken.
  Result<void> define(const runtime::HostFunction& function);
  /// A resource type of the host.
  Result<void> define_resource(std::string_view interface, std::string_view name,
                               HostResource resource = {});
  /// A core module, for a component that imports one.
  Result<void> define_module(std::string_view name, std::shared_ptr<const wasm::Module> module);

  /// A function that can be linked and traps when it is called.
  Result<void> define_trap(std::string_view interface, std::string_view name, std::string message);
  /// The same for everything that is not defined in interfaces whose name begins with `prefix`
  /// ("wasi:sockets/"); their resources are opaque.
  void trap_missing(std::string prefix, std::string message);

  struct Found {
    const runtime::HostFunction* function = nullptr;
    const HostResource* resource = nullptr;
    /// Of define_trap and trap_missing.
    const std::string* trap_message = nullptr;
  };
  /// `is_resource` tells what is looked for, since an interface can have both of one name.
  std::optional<Found> find_function(std::string_view interface, std::string_view name) const;
  std::optional<Found> find_resource(std::string_view interface, std::string_view name) const;
  const std::shared_ptr<const wasm::Module>* find_module(std::string_view name) const;

 private:
  struct Interface {
    std::string version;
    std::map<std::string, Found, std::less<>> functions;
    std::map<std::string, Found, std::less<>> resources;
  };
  using Table = std::map<std::string, Found, std::less<>> Interface::*;

  Interface& interface(std::string_view name);
  std::optional<Found> find(std::string_view interface, std::string_view name, Table table) const;
  Result<void> add(std::string_view interface, std::string_view name, Table table, Found found);

  /// By canonical name: the versions of it, newest first.
  std::map<std::string, std::vector<Interface>, std::less<>> interfaces_;
  std::map<std::string, std::shared_ptr<const wasm::Module>, std::less<>> modules_;
  std::vector<std::pair<std::string, std::string>> missing_;
  std::deque<HostResource> resources_;
  std::deque<std::string> messages_;
};

}  // namespace reprise::component
