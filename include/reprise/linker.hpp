// Linker: what a host gives to components.
//
//   Linker<App> linker;
//   auto log = [](Call<App> call, std::string line) { call.data().lines.push_back(line); };
//   auto make = [](Call<App> call, std::string name) { return call.push(File(name)); };
//   auto size = [](Call<App> call, Borrow<File> file) { return call.get(file).size(); };
//   Result<void> added = linker.func("example:files/api@1.0.0", "log", log);
//   added = linker.resource<File>("example:files/api@1.0.0", "file");
//   added = linker.func("example:files/api@1.0.0", "[constructor]file", make);
//   added = linker.func("example:files/api@1.0.0", "[method]file.size", size);
//   linker.trap_missing("wasi:sockets/", "this host has no network");
//
//   Outcome<Instance> instance = linker.instantiate(store, component).run();
//
// The shapes that a host function can have are described in reprise/bind.hpp: it takes a Call<T>
// and its WIT parameters, and returns its WIT result, a TrapOr of it, or a Task of either. How C++
// types stand for WIT types: reprise/values.hpp. An exception that leaves it becomes a trap.
//
// Errors: func() and resource() fail with `usage` if the name is taken or the types make no WIT
// type. instantiate() fails with `link` and names everything that is missing or of another type.
//
// A Linker may be used for many stores and be destroyed before them. Thread rules: one thread at a
// time, and only one while it is being filled; its functions run on the threads of the stores.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "reprise/bind.hpp"
#include "reprise/component.hpp"
#include "reprise/instance.hpp"
#include "reprise/module.hpp"
#include "reprise/store.hpp"
#include "reprise/wasi.hpp"

namespace reprise {

template <class T>
class Linker;

/// Gives WASI to everything that is linked from now on: 0.2 to components, 0.1 to core modules. A
/// linker with WASI is for one store: what it grants is opened once.
template <class T>
Result<void> add_wasi(Linker<T>& linker, WasiOptions options);

namespace detail {

struct LinkerState;
class LinkerCore;

Result<void> add_wasi(LinkerCore& linker, WasiOptions options);

/// A linker as far as it does not depend on the type of the stores' data.
class LinkerCore {
 public:
  LinkerCore();
  Result<void> func(std::string_view interface, std::string_view name, BoundFunction function);
  Result<void> resource(std::string_view interface, std::string_view name,
                        std::string_view qualified_name);
  void trap_missing(std::string prefix, std::string message);
  Result<void> core_func(std::string_view module, std::string_view name, BoundFunction function);
  Operation<Instance> instantiate(AnyStore& store, const Component& component);
  Operation<CoreInstance> instantiate(AnyStore& store, const Module& module);

 private:
  friend struct Access;
  std::shared_ptr<LinkerState> state_;
};

}  // namespace detail

template <class T>
class Linker {
 public:
  Linker() = default;
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

  template <class F>
  Result<void> func(std::string_view interface, std::string_view name, F function) {
    return core_.func(interface, name, detail::bind<T>(std::move(function)));
  }

  /// For core modules: parameters and result are numbers.
  template <class F>
  Result<void> core_func(std::string_view module, std::string_view name, F function) {
    return core_.core_func(module, name, detail::bind<T>(std::move(function)));
  }

  /// A resource type of the host, whose objects are of the type R (see REPRISE_RESOURCE). An object
  /// is destroyed when the guest drops it.
  template <class R>
  Result<void> resource(std::string_view interface, std::string_view name) {
    return core_.resource(interface, name, ResourceName<R>::name);
  }

  /// What is missing in interfaces whose name begins with `prefix` links, and traps when called.
  void trap_missing(std::string prefix, std::string message) {
    core_.trap_missing(std::move(prefix), std::move(message));
  }

  /// Links the component with what was given so far and runs its start functions. The component
  /// need not outlive it.
  Operation<Instance> instantiate(Store<T>& store, const Component& component) {
    return core_.instantiate(store, component);
  }
  Operation<CoreInstance> instantiate(Store<T>& store, const Module& module) {
    return core_.instantiate(store, module);
  }

 private:
  template <class U>
  friend Result<void> add_wasi(Linker<U>& linker, WasiOptions options);

  detail::LinkerCore core_;
};

template <class T>
Result<void> add_wasi(Linker<T>& linker, WasiOptions options) {
  return detail::add_wasi(linker.core_, std::move(options));
}

}  // namespace reprise
