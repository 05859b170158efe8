// WASI 0.1 as a module imports it: each function with its door's two sides, lift and lower.

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runtime/door.hpp"
#include "wasi/p1/abi.hpp"
#include "wasi/p1/preview1.hpp"
#include "wit/type.hpp"

namespace reprise::wasi::p1 {

inline constexpr std::string_view kModule = "wasi_snapshot_preview1";

/// The functions for the instances of one store; must outlive what is made of it. For a replay
/// there is no host: every function has its type, and none can be called.
class Imports {
 public:
  static Result<std::unique_ptr<Imports>> create(std::shared_ptr<Host> host);
  static Result<std::unique_ptr<Imports>> create_for_replay();

  /// The import of that name; null when WASI 0.1 has none. Fails with `link` if it has another
  /// type.
  Result<std::unique_ptr<runtime::HostImport>> find(std::string_view module, std::string_view name,
                                                    const wasm::FuncType& type) const;

  const std::vector<runtime::HostFunction>& functions() const { return functions_; }

 private:
  Imports() = default;
  Result<void> add(std::shared_ptr<Preview1> preview1);

  wit::TypeTable types_;
  std::vector<runtime::HostFunction> functions_;  // in the order of the table
};

}  // namespace reprise::wasi::p1
