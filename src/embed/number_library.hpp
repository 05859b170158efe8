// Host functions for core modules, whose parameters and results are numbers. As everywhere, their
// values are encoded at the door, so that they are recorded and replayed like those of components.

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "embed/module_program.hpp"
#include "replay/player.hpp"
#include "reprise/bind.hpp"

namespace reprise::embed {

class NumberLibrary {
 public:
  NumberLibrary() = default;
  NumberLibrary(const NumberLibrary&) = delete;
  NumberLibrary& operator=(const NumberLibrary&) = delete;

  /// Fails with `usage` if the name is taken, or a type is no number.
  Result<void> func(std::string_view module, std::string_view name, detail::BoundFunction function);
  /// The functions of numbers that the player's recording knows, without anything behind them.
  void add_recorded(replay::Player& player);

  /// Null when there is none of that name; fails with `link` when it has another type.
  Result<std::unique_ptr<runtime::HostImport>> find(std::string_view module, std::string_view name,
                                                    const wasm::FuncType& type) const;

 private:
  wit::TypeTable types_;
  std::deque<runtime::HostFunction> functions_;
  std::map<std::pair<std::string, std::string>, const runtime::HostFunction*, std::less<>> by_name_;
};

}  // namespace reprise::embed
