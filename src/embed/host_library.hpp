// What a host offers to components, by interface and name: typed C++ functions (reprise/bind.hpp)
// and resources. For a replay, which calls no host, the same is made from what a component imports.

#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "component/host_imports.hpp"
#include "component/instance.hpp"
#include "replay/player.hpp"
#include "reprise/bind.hpp"
#include "wit/type.hpp"

namespace reprise::embed {

class HostLibrary {
 public:
  HostLibrary() = default;
  HostLibrary(const HostLibrary&) = delete;
  HostLibrary& operator=(const HostLibrary&) = delete;

  Result<void> func(std::string_view interface, std::string_view name,
                    detail::BoundFunction function);
  /// A resource whose objects live in the store's ResourceTable; dropped there when the guest drops
  /// its handle. `interface` may carry a version; `name` is the resource's own.
  Result<void> resource(std::string_view interface, std::string_view name);
  /// Interfaces whose name begins with `prefix` link, and trap when they are called.
  void trap_missing(std::string prefix, std::string message);

  /// Everything `component` imports that `player`'s recording knows, without anything behind it;
  /// what the recording doesn't know traps.
  Result<void> add_recorded(const component::Component& component, replay::Player& player);

  const component::HostImports& imports() const { return imports_; }

 private:
  Result<void> define(std::string_view interface, std::string_view name, wit::FuncType type,
                      decltype(runtime::HostFunction::start) start);
  Result<void> define_resource(std::string_view interface, std::string_view name,
                               decltype(runtime::HostFunction::start) on_drop);

  wit::TypeTable types_;
  std::deque<runtime::HostFunction> functions_;
  component::HostImports imports_;
};

}  // namespace reprise::embed
